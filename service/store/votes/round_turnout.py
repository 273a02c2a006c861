"""How much of all stake voted in the rounds of the last 30 days."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import StakeChangeKind
from models.voting import Reveal, StakeChange
from service.protocol.finality import known_at
from service.protocol.rounds import ROUND_SECONDS, RoundTime
from service.store.votes.vote_records import Contract

# 30 days of rounds.
ROUNDS = 30 * 86_400 // ROUND_SECONDS
# One round in which a large voter stays away says nothing of the next one.
LEAST_ROUNDS = 5


def rounds_before(
    session: Session, contract: Contract, current: int, as_of: datetime
) -> list[tuple[int, bytes]]:
    """The rounds of the last 30 days with opened votes, each with its most voted request."""
    chain_id, address = contract
    query = (
        select(Reveal.round_id, Reveal.request_id, func.count())
        .join(Block, Block.id == Reveal.block_id)
        .where(
            Block.chain_id == chain_id,
            Reveal.address == address,
            Reveal.round_id.between(current - ROUNDS, current - 1),
            Reveal.known_at <= as_of,
        )
        .group_by(Reveal.round_id, Reveal.request_id)
    )
    most: dict[int, tuple[int, bytes]] = {}
    for round_id, request_id, count in session.execute(query):
        most[round_id] = max(most.get(round_id, (0, b"")), (count, request_id))
    return [(round_id, most[round_id][1]) for round_id in sorted(most)]


def mean_turnout(
    session: Session,
    contract: Contract,
    rounds: Sequence[tuple[int, bytes]],
    as_of: datetime,
) -> float | None:
    """Mean share of all stake that was opened; None where fewer than five rounds tell.

    Signs and assessed rounds read the same. A round whose votes weigh more than all stake tells
    nothing: a log of it is missing.
    """
    shares: list[float] = []
    for round_id, request_id in rounds:
        total = stake_before(session, contract, RoundTime(round_id).reveal_starts_at, as_of)
        if not total:
            continue
        query = select(Reveal.tokens).where(
            Reveal.request_id == request_id,
            Reveal.address == contract[1],
            Reveal.round_id == round_id,
            Reveal.known_at <= as_of,
        )
        opened = sum(int(tokens) for tokens in session.scalars(query))
        if 0 < opened <= total:
            shares.append(opened / total)
    return sum(shares) / len(shares) if len(shares) >= LEAST_ROUNDS else None


def stake_before(session: Session, contract: Contract, at: int, as_of: datetime) -> int | None:
    """All stake in wei as it was frozen for votes opened from a unix time on.

    By the last ``Staked`` mined before it, less what was asked back since: none can be while votes
    are opened, and what is staked then does not count.
    """
    chain_id, address = contract
    before = datetime.fromtimestamp(at, UTC)
    number, index, known = Block.number, StakeChange.log_index, StakeChange.known_at
    changes = (
        select(StakeChange.amount, StakeChange.cumulative_stake, number, index, known)
        .join(Block, Block.id == StakeChange.block_id)
        .where(
            Block.chain_id == chain_id,
            Block.mined_at < before,
            StakeChange.address == address,
            known < known_at(chain_id, before),
            known <= as_of,
        )
    )
    staked = changes.where(StakeChange.kind == StakeChangeKind.STAKED)
    # A chain's logs become known in the order of its blocks.
    newest = staked.order_by(known.desc(), number.desc(), index.desc()).limit(1)
    last = session.execute(newest).first()
    if last is None or last.cumulative_stake is None:
        return None
    asked_back = changes.where(
        StakeChange.kind == StakeChangeKind.UNSTAKE_REQUESTED,
        known >= last.known_at,
        or_(number > last.number, and_(number == last.number, index > last.log_index)),
    )
    left = sum(int(row.amount) for row in session.execute(asked_back))
    return int(last.cumulative_stake) + left
