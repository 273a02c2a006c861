"""One voter: its stake, and round by round what it sealed, opened, and with whom it stood."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import StakeChangeKind
from models.voting import Commit, Reveal, StakeChange
from service.protocol.rounds import round_at

# Finished rounds looked back at, and changes of stake listed: the newest.
MOST_ROUNDS = 30
MOST_CHANGES = 100

# A request in a round.
_Vote = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class VoterRound:
    """One finished round: requests with opened votes, and this voter's part in them.

    A vote where no answer has more heads than every other counts neither with nor against most.
    """

    round_id: int
    requests: int
    opened: int
    with_most: int
    against_most: int
    # Sealed and never opened; neither sealed nor opened.
    unopened: int
    missed: int


@dataclass(frozen=True, slots=True)
class VoterStakeChange:
    """One log about its stake; amounts in wei."""

    at: datetime
    kind: StakeChangeKind
    amount: int
    stake: int | None
    chain_id: int
    transaction: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class VoterHistory:
    """What was known of a voter; rounds and changes newest first."""

    rounds: tuple[VoterRound, ...]
    changes: tuple[VoterStakeChange, ...]
    has_more_changes: bool


def get_voter_history(session: Session, voter: bytes, at: datetime) -> VoterHistory | None:
    """The history known by a time; ``None`` of an address that neither staked nor voted."""
    changes = _changes(session, voter, at)
    first = _first_round(session, voter, at)
    if first is None and not changes:
        return None
    if changes:
        staked = round_at(int(changes[-1].at.timestamp()))
        first = staked if first is None else min(first, staked)
    rounds = _rounds(session, voter, first or 0, at)
    return VoterHistory(tuple(rounds), tuple(changes[:MOST_CHANGES]), len(changes) > MOST_CHANGES)


def _changes(session: Session, voter: bytes, at: datetime) -> list[VoterStakeChange]:
    query = (
        select(
            Block.mined_at,
            StakeChange.kind,
            StakeChange.amount,
            StakeChange.voter_stake,
            Block.chain_id,
            StakeChange.transaction_hash,
            StakeChange.log_index,
        )
        .join(Block, Block.id == StakeChange.block_id)
        .where(StakeChange.voter == voter, StakeChange.known_at <= at)
        .order_by(Block.number.desc(), StakeChange.log_index.desc())
        .limit(MOST_CHANGES + 1)
    )
    return [
        VoterStakeChange(mined, StakeChangeKind(kind), amount, stake, chain, transaction, index)
        for mined, kind, amount, stake, chain, transaction, index in session.execute(query)
    ]


def _first_round(session: Session, voter: bytes, at: datetime) -> int | None:
    firsts = [
        session.scalar(
            select(func.min(model.round_id)).where(model.voter == voter, model.known_at <= at)
        )
        for model in (Commit, Reveal)
    ]
    return min((first for first in firsts if first is not None), default=None)


def _rounds(session: Session, voter: bytes, first: int, at: datetime) -> list[VoterRound]:
    current = round_at(int(at.timestamp()))
    newest = (
        select(Reveal.round_id)
        .where(Reveal.round_id >= first, Reveal.round_id < current, Reveal.known_at <= at)
        .distinct()
        .order_by(Reveal.round_id.desc())
        .limit(MOST_ROUNDS)
    )
    rounds = list(session.scalars(newest))
    most = _most(session, rounds, at)
    opened = _own(session, rounds, voter, at)
    query = select(Commit.request_id, Commit.round_id).where(
        Commit.voter == voter, Commit.round_id.in_(rounds), Commit.known_at <= at
    )
    sealed = {(row[0], row[1]) for row in session.execute(query)}
    return [_round_of(round_id, most, opened, sealed) for round_id in rounds]


def _most(session: Session, rounds: Sequence[int], at: datetime) -> dict[_Vote, int | None]:
    """The answer most voters gave, by heads; ``None`` on a tie."""
    heads: dict[_Vote, Counter[int]] = defaultdict(Counter)
    query = (
        select(Reveal.request_id, Reveal.round_id, Reveal.price, func.count())
        .where(Reveal.round_id.in_(rounds), Reveal.known_at <= at)
        .group_by(Reveal.request_id, Reveal.round_id, Reveal.price)
    )
    for request, round_id, price, count in session.execute(query):
        heads[request, round_id][price] += count
    found: dict[_Vote, int | None] = {}
    for vote, by_price in heads.items():
        (price, top), *rest = by_price.most_common(2)
        found[vote] = None if rest and rest[0][1] == top else price
    return found


def _own(session: Session, rounds: Sequence[int], voter: bytes, at: datetime) -> dict[_Vote, int]:
    query = select(Reveal.request_id, Reveal.round_id, Reveal.price).where(
        Reveal.voter == voter, Reveal.round_id.in_(rounds), Reveal.known_at <= at
    )
    return {(request, round_id): price for request, round_id, price in session.execute(query)}


def _round_of(
    round_id: int,
    most: Mapping[_Vote, int | None],
    opened: Mapping[_Vote, int],
    sealed: set[_Vote],
) -> VoterRound:
    votes = [vote for vote in most if vote[1] == round_id]
    answered = [vote for vote in votes if vote in opened]
    decided = [vote for vote in answered if most[vote] is not None]
    agreed = sum(opened[vote] == most[vote] for vote in decided)
    unopened = sum(vote in sealed and vote not in opened for vote in votes)
    return VoterRound(
        round_id,
        requests=len(votes),
        opened=len(answered),
        with_most=agreed,
        against_most=len(decided) - agreed,
        unopened=unopened,
        missed=len(votes) - len(answered) - unopened,
    )
