"""The voting round under way, and the one just over, as the structural signs read them.

Only what was known by the time is read, and a round counts as over when a block after its end is
known. docs/methodology.md, "Structural signs".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models import oracle, voting
from models.attack_enums import SignalSubject
from models.chain import Block
from models.enums import ContractKind, StakeChangeKind, VotePhase, VoteRequestChangeKind
from models.market import Market
from service.protocol.contracts import ContractBook
from service.protocol.finality import known_at
from service.protocol.ids import parse_address, to_hex
from service.protocol.prices import TOO_EARLY, outcome_of
from service.protocol.rounds import RoundTime, phase_at, round_at
from service.protocol.tally import Pending, RoundTerms
from service.protocol.vote_history import VoteHistory
from service.protocol.vote_outcome import RoundOutcome, VoteRecords, work_out
from service.protocol.voting_parameters import SHARE
from service.risk.attack_signs import SignEvidence
from service.risk.standing_blocs import StandingBloc
from service.risk.structural_signs import BLOCK_LINE, FORCE_LINE
from service.risk.watched_round import (
    Ballot,
    EntityStake,
    Inflow,
    OpenedAnswer,
    WatchedRequest,
    WatchedRound,
)
from service.store.blocks import get_head
from service.store.blocs import standing_blocs
from service.store.entity_stakes import HeldStake, entities_of, held_by_entity
from service.store.newest_stakes import get_stakes
from service.store.round_turnout import mean_turnout, rounds_before
from service.store.standing_signs import find_standing, standing_of
from service.store.upserts import IN_CHUNK, chunks
from service.store.vote_hands import Hand, hands_of, largest_holdouts
from service.store.vote_records import Contract, get_records, rounds_of
from service.store.votes import get_histories

_WEI = 10**18
# A request that rolled more often is deleted everywhere so far (four rolls, five rounds).
_ROUNDS_BACK = 6
# Whoever holds less of all stake crosses no line.
_SMALL = 100
# Whoever holds less than this part of all stake is looked at without its links.
_DUST = 10_000
_ENDED = (VoteRequestChangeKind.RESOLVED, VoteRequestChangeKind.DELETED)


@dataclass(frozen=True, slots=True)
class _Stakes:
    """Newest stakes in wei by voter, and whose voters they are."""

    by_voter: Mapping[bytes, int]
    entities: Mapping[bytes, bytes]
    hands: tuple[Hand, ...]

    def entity(self, voter: bytes) -> str:
        return to_hex(self.entities.get(voter, voter))


def load_watched_rounds(
    session: Session, book: ContractBook, as_of: datetime
) -> tuple[WatchedRound, ...]:
    """Of each vote contract the round just over, then the one under way."""
    contracts = dict.fromkeys(
        (entry.chain_id, entry.address)
        for entry in book.entries
        if entry.kind is ContractKind.VOTING_V2
    )
    return tuple(
        watched for contract in contracts for watched in _of_contract(session, contract, as_of)
    )


def _of_contract(session: Session, contract: Contract, as_of: datetime) -> Iterable[WatchedRound]:
    head = get_head(session, contract[0], as_of)
    if head is None:
        return
    now = int(head.mined_at.timestamp())
    current = round_at(now)
    histories = get_histories(session, _open_requests(session, contract, current, as_of), as_of)
    earlier = rounds_before(session, contract, current, as_of)
    rounds = {r for history in histories.values() for r in rounds_of(history)}
    records = get_records(session, contract, rounds | {current}, as_of)
    by_voter = get_stakes(session, contract, None, as_of)
    if not by_voter:
        return
    least = sum(by_voter.values()) // _DUST
    linked = sorted(voter for voter, stake in by_voter.items() if stake > least)
    entities, groups = entities_of(session, linked, as_of), standing_blocs(session, as_of)
    stakes = _Stakes(by_voter, entities, hands_of(by_voter, entities, groups))
    markets = _markets_of(session, [h.key.request_id for h in histories.values()], as_of)
    asked = {
        round_id: _requests(histories.values(), records, round_id, now, stakes, markets)
        for round_id in (current - 1, current)
    }
    spat = records.parameters.latest.spat
    line = None if spat is None else spat / SHARE
    turnout = mean_turnout(session, contract, earlier, as_of)
    yield WatchedRound(
        round_id=current - 1,
        is_over=True,
        reveal_seconds_left=0,
        stake=None,
        spat=line,
        turnout=turnout,
        requests=asked[current - 1][1],
    )
    total = _total(records, asked[current][1])
    is_reveal = phase_at(now) is VotePhase.REVEAL
    yield WatchedRound(
        round_id=current,
        is_over=False,
        reveal_seconds_left=RoundTime(current).ends_at - now if is_reveal else None,
        stake=total,
        spat=line,
        turnout=turnout,
        requests_in_vote=asked[current][0],
        inflows=_inflows(session, contract, current, as_of),
        entities=(
            *_entities(session, contract, stakes, total, as_of),
            *_groups(session, contract, stakes, total, groups, as_of),
        ),
        requests=asked[current][1],
        standing=standing_of(session, SignalSubject.ROUND, str(current), as_of),
    )


def _open_requests(
    session: Session, contract: Contract, current: int, as_of: datetime
) -> list[bytes]:
    """Requests that may be voted on in this round or were in the last, still without an end."""
    chain_id, address = contract
    change = voting.DvmRequestChange
    has_ended = exists().where(
        change.request_id == voting.DvmRequest.request_id,
        change.kind.in_(_ENDED),
        change.known_at <= as_of,
    )
    query = (
        select(voting.DvmRequest.request_id)
        .join(Block, Block.id == voting.DvmRequest.block_id)
        .where(
            Block.chain_id == chain_id,
            voting.DvmRequest.address == address,
            voting.DvmRequest.round_id.between(current - _ROUNDS_BACK, current),
            voting.DvmRequest.known_at <= as_of,
            ~has_ended,
        )
    )
    return sorted(set(session.scalars(query)))


def _requests(  # a round of each history, with whose votes they are
    histories: Iterable[VoteHistory],
    records: VoteRecords,
    round_id: int,
    now: int,
    stakes: _Stakes,
    markets: Mapping[bytes, str],
) -> tuple[int, tuple[WatchedRequest, ...]]:
    """How many requests are put to a vote in a round, and those whose terms are frozen."""
    found: list[tuple[VoteHistory, RoundOutcome]] = []
    for history in histories:
        outcome = work_out(history, records, now)
        if not outcome.is_deleted:
            found += [(history, one) for one in outcome.rounds if one.time.round_id == round_id]
    requests = (_to_request(h, o, stakes, markets.get(h.key.request_id)) for h, o in found)
    return len(found), tuple(request for request in requests if request is not None)


def _to_request(
    history: VoteHistory, outcome: RoundOutcome, stakes: _Stakes, market: str | None
) -> WatchedRequest | None:
    if not isinstance(outcome.terms, RoundTerms):
        return None
    sealed = outcome.votes.unrevealed if isinstance(outcome.result, Pending) else ()
    ballots: dict[int, list[Ballot]] = {}
    behind: dict[int, list[bytes]] = {}
    for reveal in outcome.votes.reveals:
        at = reveal.at
        evidence = SignEvidence(
            "VoteRevealed", at.chain_id, to_hex(at.transaction_hash), at.log_index
        )
        ballot = Ballot(stakes.entity(reveal.voter), _to_uma(reveal.tokens), evidence)
        ballots.setdefault(reveal.price, []).append(ballot)
        behind.setdefault(reveal.price, []).append(reveal.voter)
    voted = {stakes.entity(commit.voter) for commit in outcome.votes.commits}
    voted |= {ballot.entity_id for cast in ballots.values() for ballot in cast}
    # As ``WatchedRequest.leader`` chooses.
    leading = max(ballots, key=lambda price: sum(b.stake for b in ballots[price]), default=None)
    return WatchedRequest(
        request_id=to_hex(history.key.request_id),
        stake=_to_uma(outcome.terms.stake),
        spat=outcome.terms.spat / SHARE,
        answers=tuple(
            OpenedAnswer(_answer_words(price), tuple(cast)) for price, cast in ballots.items()
        ),
        sealed=sum(_to_uma(stakes.by_voter.get(voter, 0)) for voter in sealed),
        sealed_entities=len({stakes.entity(voter) for voter in sealed}),
        voted_entities=len(voted),
        sealed_unknown=sum(voter not in stakes.by_voter for voter in sealed),
        market=market,
        holdouts=() if leading is None else largest_holdouts(stakes.hands, set(behind[leading])),
    )


def _answer_words(price: int) -> str:
    outcome = outcome_of(price)
    if outcome is not None:
        return outcome.value
    return "TOO EARLY" if price == TOO_EARLY else f"the price {price}"


def _markets_of(
    session: Session, request_ids: Sequence[bytes], as_of: datetime
) -> dict[bytes, str]:
    """Condition ids by the vote's request id; since adapter v2 a text's hash is its question."""
    bridge = oracle.BridgedRequest
    found: dict[bytes, str] = {}
    for part in chunks(request_ids, IN_CHUNK):
        query = (
            select(bridge.parent_request_id, Market.condition_id)
            .join(Market, Market.uma_question_id == bridge.ancillary_hash)
            .where(
                bridge.parent_request_id.in_(part),
                bridge.known_at <= as_of,
                Market.known_at <= as_of,
            )
        )
        found.update((request, to_hex(condition)) for request, condition in session.execute(query))
    return found


def _total(records: VoteRecords, requests: Sequence[WatchedRequest]) -> float | None:
    """All stake: as frozen for the round, until then as it stands."""
    if requests:
        return requests[0].stake
    total = records.ledger.totals[-1] if records.ledger.totals else None
    return None if total is None else _to_uma(total)


def _inflows(
    session: Session, contract: Contract, round_id: int, as_of: datetime
) -> tuple[Inflow, ...]:
    """What was staked in the round's commit phase; rewards that were staked again are no news."""
    chain_id, address = contract
    time, change = RoundTime(round_id), voting.StakeChange
    query = (
        select(change)
        .join(Block, Block.id == change.block_id)
        .where(
            Block.chain_id == chain_id,
            Block.mined_at >= _instant(time.starts_at),
            Block.mined_at < _instant(time.reveal_starts_at),
            change.address == address,
            change.kind == StakeChangeKind.STAKED,
            change.known_at >= known_at(chain_id, _instant(time.starts_at)),
            change.known_at < known_at(chain_id, _instant(time.reveal_starts_at)),
            change.known_at <= as_of,
        )
        .order_by(Block.number, change.log_index)
    )
    return tuple(
        Inflow(
            to_hex(row.voter),
            _to_uma(row.amount),
            SignEvidence("Staked", chain_id, to_hex(row.transaction_hash), row.log_index),
        )
        for row in session.scalars(query)
        if row.source != address
    )


def _entities(
    session: Session, contract: Contract, stakes: _Stakes, total: float | None, as_of: datetime
) -> tuple[EntityStake, ...]:
    """Entities with a percent of all stake or more, and those a line sign stands for."""
    if not total:
        return ()
    standing = find_standing(session, SignalSubject.ENTITY, (FORCE_LINE, BLOCK_LINE), as_of)
    wanted = _large(stakes, int(total) * _WEI // _SMALL, standing)
    held = held_by_entity(session, contract, wanted, stakes.entities, as_of)
    found = [_to_entity(one, standing) for one in held]
    gone = standing.keys() - {one.entity_id for one in found}
    return (*found, *(EntityStake(e, 0.0, 0, standing[e]) for e in sorted(gone)))


def _groups(  # as entities, and the groups themselves
    session: Session,
    contract: Contract,
    stakes: _Stakes,
    total: float | None,
    blocs: Sequence[StandingBloc],
    as_of: datetime,
) -> Iterable[EntityStake]:
    """Groups that vote as one, those that always did too, and those a line sign stands for."""
    if not total:
        return
    standing = find_standing(session, SignalSubject.GROUP, (FORCE_LINE, BLOCK_LINE), as_of)
    group, found = SignalSubject.GROUP, set()
    for bloc in blocs:
        members = {parse_address(address) for address in bloc.addresses}
        held = {voter: stakes.by_voter[voter] for voter in members & stakes.by_voter.keys()}
        found.add(bloc.bloc_id)
        were = standing.get(bloc.bloc_id, frozenset())
        parts = held_by_entity(session, contract, held, stakes.entities, as_of)
        evidence = tuple(log for part in parts for log in part.evidence)
        stake = _to_uma(sum(held.values()))
        yield EntityStake(bloc.bloc_id, stake, len(held), were, evidence, group)
    for gone in sorted(standing.keys() - found):
        yield EntityStake(gone, 0.0, 0, standing[gone], (), group)


def _large(stakes: _Stakes, least: int, standing: Collection[str]) -> dict[bytes, int]:
    totals: dict[bytes, int] = {}
    for voter, stake in stakes.by_voter.items():
        entity = stakes.entities.get(voter, voter)
        totals[entity] = totals.get(entity, 0) + stake
    return {
        voter: stake
        for voter, stake in stakes.by_voter.items()
        if totals[entity := stakes.entities.get(voter, voter)] >= least
        or to_hex(entity) in standing
    }


def _to_entity(held: HeldStake, standing: Mapping[str, frozenset[str]]) -> EntityStake:
    entity = to_hex(held.entity_id)
    return EntityStake(
        entity,
        _to_uma(held.stake),
        len(held.addresses),
        standing.get(entity, frozenset()),
        held.evidence,
    )


def _to_uma(wei: int) -> float:
    """Whole UMA: a sign sees stake in no finer grain."""
    return float(wei // _WEI)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
