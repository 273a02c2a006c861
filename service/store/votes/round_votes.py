"""The vote's requests of one round, with the votes on them, as known at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import ContractKind, VoteRequestChangeKind
from models.voting import Commit, DvmRequest, DvmRequestChange, Reveal
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM
from service.protocol.vote_history import VoteHistory
from service.protocol.vote_outcome import RoundOutcome, VoteRecords, work_out
from service.store.oracle.blocks import get_head
from service.store.upserts import IN_CHUNK, chunks
from service.store.votes.vote_records import Contract, get_records
from service.store.votes.votes import get_histories

# A request is rolled at most four times before it is deleted; governance's go on, and are looked
# for as far back as this.
LOOK_BACK_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class RoundRequest:
    """One request as it stands in the round asked about."""

    history: VoteHistory
    outcome: RoundOutcome
    # Rounds before this one that passed without an answer.
    rolls: int

    @property
    def request_id(self) -> bytes:
        """The vote's key."""
        return self.history.key.request_id


@dataclass(frozen=True, slots=True)
class RoundVote:
    """A round of one vote contract: its requests, and what decides beside them."""

    round_id: int
    contract: Contract
    # The newest block of the vote's chain that was known; None before the first.
    head: Block | None
    records: VoteRecords
    requests: tuple[RoundRequest, ...]


def get_round_vote(
    session: Session, round_id: int, book: ContractBook, at: datetime
) -> RoundVote | None:
    """The round as known at ``at``; ``None`` where no vote contract is known at all."""
    contract = _contract(session, round_id, book, at)
    if contract is None:
        return None
    head = get_head(session, contract[0], at)
    now = 0 if head is None else int(head.mined_at.timestamp())
    histories = get_histories(session, _candidates(session, round_id, at), at)
    asked = [h for h in histories.values() if (h.chain_id, h.contract) == contract]
    rounds = {round_id} | {r for h in asked for r in _named_rounds(h)}
    records = get_records(session, contract, rounds, at)
    found = [_in_round(history, round_id, records, now) for history in asked]
    requests = sorted(
        (request for request in found if request is not None), key=lambda r: r.request_id
    )
    return RoundVote(round_id, contract, head, records, tuple(requests))


def list_voted_rounds(session: Session, since: int, at: datetime) -> dict[int, int]:
    """Rounds from ``since`` on that logs known at ``at`` name, and how many logs name each."""
    counts: dict[int, int] = {}
    for model in (DvmRequest, Commit, Reveal):
        query = (
            select(model.round_id, func.count())
            .where(model.round_id >= since, model.known_at <= at)
            .group_by(model.round_id)
        )
        for round_id, count in session.execute(query):
            counts[round_id] = counts.get(round_id, 0) + count
    return counts


def list_asked_rounds(session: Session, at: datetime) -> set[int]:
    """Every round in which a request known at ``at`` was first put to the vote."""
    query = select(DvmRequest.round_id).where(DvmRequest.known_at <= at).distinct()
    return set(session.scalars(query))


def _contract(session: Session, round_id: int, book: ContractBook, at: datetime) -> Contract | None:
    """The contract that was asked in the round; else the newest of the book."""
    asked = session.execute(
        select(Block.chain_id, DvmRequest.address)
        .join(Block, Block.id == DvmRequest.block_id)
        .where(DvmRequest.round_id <= round_id, DvmRequest.known_at <= at)
        .order_by(DvmRequest.round_id.desc(), Block.number.desc())
        .limit(1)
    ).first()
    if asked is not None:
        return asked[0], asked[1]
    listed = book.addresses(ETHEREUM, [ContractKind.VOTING_V2])
    return (ETHEREUM, listed[-1]) if listed else None


def _candidates(session: Session, round_id: int, at: datetime) -> list[bytes]:
    """Requests that may be in the round: asked, voted on or not yet answered then."""
    asked = select(DvmRequest.request_id).where(
        DvmRequest.round_id.between(round_id - LOOK_BACK_ROUNDS, round_id),
        DvmRequest.known_at <= at,
    )
    found = set(session.scalars(asked))
    for model in (Commit, Reveal):
        found |= set(
            session.scalars(
                select(model.request_id)
                .where(model.round_id == round_id, model.known_at <= at)
                .distinct()
            )
        )
    return sorted(found - _answered_before(session, found, round_id, at))


def _answered_before(
    session: Session, ids: Collection[bytes], round_id: int, at: datetime
) -> set[bytes]:
    found: set[bytes] = set()
    for part in chunks(sorted(ids), IN_CHUNK):
        query = select(DvmRequestChange.request_id).where(
            DvmRequestChange.request_id.in_(part),
            DvmRequestChange.kind == VoteRequestChangeKind.RESOLVED,
            DvmRequestChange.round_id < round_id,
            DvmRequestChange.known_at <= at,
        )
        found.update(session.scalars(query))
    return found


def _named_rounds(history: VoteHistory) -> set[int]:
    named = {votes.round_id for votes in history.rounds}
    named |= {r for r in (history.first_round, history.last_round) if r is not None}
    return named


def _in_round(
    history: VoteHistory, round_id: int, records: VoteRecords, now: int
) -> RoundRequest | None:
    """The request in the round; ``None`` where it is not in it."""
    outcome = work_out(history, records, now)
    place = next((i for i, o in enumerate(outcome.rounds) if o.time.round_id == round_id), None)
    if place is None:
        return None
    rolls = max(place, 0)
    if place == len(outcome.rounds) - 1:
        # As the contract counts: rounds nobody voted in are not among those listed.
        rolls = max(rolls, history.roll_count)
    return RoundRequest(history, outcome.rounds[place], rolls)
