"""Every finished vote by entity, as known at a time: what groups of voters are looked for in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import VotePhase
from models.voting import Commit, Reveal
from models.wallet_enums import LinkKind
from service.protocol.ids import parse_hex32, to_hex
from service.protocol.rounds import RoundTime, round_at
from service.protocol.vote_control import VotingEntity, group_voters
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.vote_matrix import ABSENT, VoteMatrix
from service.store.upserts import IN_CHUNK, chunks
from service.store.wallets.wallet_links import sure_links_around

# A vote is a request in one round; of more than these the newest are read.
MOST_VOTES = 4_000
# A key that opened votes of several voters in one round must have done so in this many.
SERVED_ROUNDS = 3

# One opened vote: request, round, voter, caller, price, tokens.
_Opened = tuple[bytes, int, bytes, bytes, int, int]
_Column = tuple[int, bytes]
# When a key first sent something for a voter in a round.
_Sent = Mapping[tuple[bytes, bytes, int], datetime]


@dataclass(frozen=True, slots=True)
class VoteRecord:
    """The record, whose addresses each entity's are, and what joins them."""

    matrix: VoteMatrix
    # By the entity's id, 0x-hex.
    entities: Mapping[str, VotingEntity]
    # The round under way, and the entities that sealed a vote in it.
    current_round: int
    sealing: frozenset[str]


def load_vote_record(session: Session, as_of: datetime) -> VoteRecord:
    """Finished rounds as known at ``as_of``; votes of one entity count once."""
    current = round_at(int(as_of.timestamp()))
    opened = _opened(session, current, as_of)
    voters = {row[2] for row in opened}
    entities = get_entities(session, voters, opened, as_of)
    entity_of = {voter: to_hex(entity.entity) for entity in entities for voter in entity.voters}
    rounds = {row[1] for row in opened}
    sealed = _first_sent(session, Commit, rounds | {current}, as_of)
    times = (sealed, _first_sent(session, Reveal, rounds, as_of))
    matrix = _to_matrix(opened, entity_of, times)
    sealing = {entity_of[v] for v, _, r in sealed if r == current and v in entity_of}
    by_id = {to_hex(entity.entity): entity for entity in entities}
    return VoteRecord(matrix, by_id, current, frozenset(sealing))


def get_entities(
    session: Session, voters: Collection[bytes], opened: Iterable[_Opened], as_of: datetime
) -> list[VotingEntity]:
    """Voters joined by ownership, live delegation, or one key that often served several at once."""
    links = sure_links_around(session, voters, as_of, (LinkKind.OWN, LinkKind.VOTE))
    return group_voters(voters, links, _callers(opened), as_of)


def _callers(opened: Iterable[_Opened]) -> dict[bytes, set[bytes]]:
    """The keys that served a voter beside others in one round, in enough rounds."""
    served: dict[tuple[bytes, int], set[bytes]] = defaultdict(set)
    for _, round_id, voter, caller, _, _ in opened:
        if caller != voter:
            served[caller, round_id].add(voter)
    together: dict[tuple[bytes, bytes], int] = defaultdict(int)
    for (caller, _), voters in served.items():
        if len(voters) > 1:
            for voter in voters:
                together[caller, voter] += 1
    found: dict[bytes, set[bytes]] = defaultdict(set)
    for (caller, voter), rounds in together.items():
        if rounds >= SERVED_ROUNDS:
            found[voter].add(caller)
    return found


def _opened(session: Session, before: int, as_of: datetime) -> list[_Opened]:
    counts = session.execute(
        select(Reveal.round_id, func.count(Reveal.request_id.distinct()))
        .where(Reveal.known_at <= as_of, Reveal.round_id < before)
        .group_by(Reveal.round_id)
        .order_by(Reveal.round_id.desc())
    )
    first, votes = before, 0
    for round_id, count in counts:
        votes += count
        if votes > MOST_VOTES and first < before:
            break
        first = round_id
    query = select(
        Reveal.request_id, Reveal.round_id, Reveal.voter, Reveal.caller, Reveal.price, Reveal.tokens
    ).where(Reveal.known_at <= as_of, Reveal.round_id < before, Reveal.round_id >= first)
    rows = session.execute(query.order_by(Reveal.round_id, Reveal.request_id))
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


def _first_sent(
    session: Session, model: type[Commit | Reveal], rounds: Collection[int], as_of: datetime
) -> _Sent:
    """When each key first sealed, or opened, a vote of a voter in a round."""
    found: dict[tuple[bytes, bytes, int], datetime] = {}
    for part in chunks(sorted(rounds), IN_CHUNK):
        query = (
            select(model.voter, model.caller, model.round_id, func.min(Block.mined_at))
            .join(Block, Block.id == model.block_id)
            .where(model.known_at <= as_of, model.round_id.in_(part))
            .group_by(model.voter, model.caller, model.round_id)
        )
        found.update(
            ((voter, caller, round_id), at)
            for voter, caller, round_id, at in session.execute(query)
        )
    return found


def _to_matrix(
    opened: list[_Opened], entity_of: Mapping[bytes, str], times: tuple[_Sent, _Sent]
) -> VoteMatrix:
    entities = sorted(set(entity_of.values()))
    columns = sorted({(round_id, request) for request, round_id, *_ in opened})
    rounds = sorted({round_id for round_id, _ in columns})
    row_of = {entity: row for row, entity in enumerate(entities)}
    answers = np.full((len(entities), len(columns)), ABSENT, dtype=np.int16)
    for (row, column), code in _heaviest(opened, entity_of, row_of, columns).items():
        answers[row, column] = code
    sealed, revealed = times
    return VoteMatrix(
        entities=tuple(entities),
        requests=tuple(to_hex(request) for _, request in columns),
        answers=answers,
        round_of=np.array([round_id for round_id, _ in columns], dtype=np.int64),
        rounds=np.array(rounds, dtype=np.int64),
        sealed_at=_clock(sealed, entity_of, row_of, rounds, VotePhase.COMMIT),
        opened_at=_clock(revealed, entity_of, row_of, rounds, VotePhase.REVEAL),
    )


def _clock(
    sent: _Sent,
    entity_of: Mapping[bytes, str],
    row_of: Mapping[str, int],
    rounds: Sequence[int],
    phase: VotePhase,
) -> np.ndarray:
    """(E, K) seconds into the phase of each entity's first; what comes after may follow from it.

    What one key sent for several entities in a round says nothing of when each of them acts.
    """
    found = np.full((len(row_of), len(rounds)), np.nan)
    place_of = {round_id: place for place, round_id in enumerate(rounds)}
    served: dict[tuple[bytes, int], set[str]] = defaultdict(set)
    for voter, caller, round_id in sent:
        if voter in entity_of:
            served[caller, round_id].add(entity_of[voter])
    for (voter, caller, round_id), at in sent.items():
        if voter in entity_of and round_id in place_of and len(served[caller, round_id]) == 1:
            time = RoundTime(round_id)
            is_seal = phase is VotePhase.COMMIT
            starts = time.starts_at if is_seal else time.reveal_starts_at
            cell = row_of[entity_of[voter]], place_of[round_id]
            found[cell] = np.fmin(found[cell], at.timestamp() - starts)
    return found


def _heaviest(
    opened: list[_Opened],
    entity_of: Mapping[bytes, str],
    row_of: Mapping[str, int],
    columns: list[_Column],
) -> dict[tuple[int, int], int]:
    """The answer of each entity that has most of its stake behind it, numbered by request."""
    column_of = {column: place for place, column in enumerate(columns)}
    codes: dict[int, dict[int, int]] = defaultdict(dict)
    weights: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for request, round_id, voter, _, price, tokens in opened:
        column = column_of[round_id, request]
        code = codes[column].setdefault(price, len(codes[column]))
        weights[row_of[entity_of[voter]], column][code] += tokens
    return {
        cell: max(sorted(by_code), key=lambda code: by_code[code])
        for cell, by_code in weights.items()
    }


def reveal_evidence(
    session: Session, request: str, round_id: int, voters: Collection[bytes], as_of: datetime
) -> list[SignEvidence]:
    """The logs by which these voters opened their votes on a request in a round."""
    query = (
        select(Block.chain_id, Reveal.transaction_hash, Reveal.log_index)
        .join(Block, Block.id == Reveal.block_id)
        .where(
            Reveal.request_id == parse_hex32(request),
            Reveal.round_id == round_id,
            Reveal.voter.in_(sorted(voters)[:IN_CHUNK]),
            Reveal.known_at <= as_of,
        )
        .order_by(Block.number, Reveal.log_index)
    )
    return [
        SignEvidence(f"opened vote on {request}", chain_id, to_hex(transaction), index)
        for chain_id, transaction, index in session.execute(query)
    ]
