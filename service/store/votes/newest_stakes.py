"""The newest stake a log tells of each voter, as it was known at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, select
from sqlalchemy.orm import Session, aliased

from models.chain import Block
from models.voting import StakeChange
from service.store.upserts import IN_CHUNK, chunks
from service.store.votes.vote_records import Contract

# Made once: SQLAlchemy takes longer to make an alias than a database to answer.
_FIRST, _AFTER = aliased(StakeChange), aliased(StakeChange)


def get_stakes(
    session: Session, contract: Contract, voters: Collection[bytes] | None, at: datetime
) -> dict[bytes, int]:
    """The newest stake of each voter (or of all) that a log known by ``at`` tells, in wei.

    What it costs grows with the voters, not with their logs: each one's is a look at the end of
    the index of ``address``, ``voter`` and ``known_at``.
    """
    every = _every_voter(contract[1])
    newest = _newest_stake(contract, every, at).scalar_subquery()
    query = select(every.c.voter, newest).where(every.c.voter.is_not(None))
    found: dict[bytes, int] = {}
    for part in [None] if voters is None else chunks(sorted(voters), IN_CHUNK):
        asked = query if part is None else query.where(every.c.voter.in_(part))
        rows = session.execute(asked)
        found.update((voter, int(stake)) for voter, stake in rows if stake is not None)
    return found


def _every_voter(address: bytes) -> CTE:
    """Each voter of a contract, from one to the next through the index; ends with a NULL."""
    least = select(_FIRST.voter).where(_FIRST.address == address).order_by(_FIRST.voter).limit(1)
    every = select(least.scalar_subquery().label("voter")).cte("every_voter", recursive=True)
    following = (
        select(_AFTER.voter)
        .where(_AFTER.address == address, _AFTER.voter > every.c.voter)
        .order_by(_AFTER.voter)
        .limit(1)
        .correlate(every)
    )
    return every.union_all(select(following.scalar_subquery()).where(every.c.voter.is_not(None)))


def _newest_stake(contract: Contract, every: CTE, at: datetime) -> Select[Any]:
    """The stake by the newest log of the voter in a row of ``every``.

    Logs of a chain become known in the order of its blocks: by the time they became known the
    index has them in order, and only those of one instant are left to be sorted.
    """
    chain_id, address = contract
    return (
        select(StakeChange.voter_stake)
        .join(Block, Block.id == StakeChange.block_id)
        .where(
            Block.chain_id == chain_id,
            StakeChange.address == address,
            StakeChange.voter == every.c.voter,
            StakeChange.voter_stake.is_not(None),
            StakeChange.known_at <= at,
        )
        .order_by(StakeChange.known_at.desc(), Block.number.desc(), StakeChange.log_index.desc())
        .limit(1)
        .correlate(every)
    )
