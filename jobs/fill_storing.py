"""Trades of watched markets into rows, beside the blocks they hang on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.ingest import BlockConflict
from service.protocol.fills import Fill
from service.protocol.finality import known_at
from service.protocol.log_position import BlockHeader, LogPosition
from service.store.money.fills import TokenOwner, add_fills
from service.store.oracle.blocks import add_blocks, first_conflict


def store_fills(
    session: Session,
    blocks: Sequence[BlockHeader],
    fills: Sequence[Fill],
    owners: Mapping[int, TokenOwner],
) -> int:
    """Store blocks and the fills in them; returns how many fills were new.

    Where a stored block contradicts these, :class:`BlockConflict` is raised: the oracle's reader
    follows forks, this one waits for it.
    """
    if not blocks:
        return 0
    fork = first_conflict(session, blocks)
    if fork is not None:
        raise BlockConflict(blocks[0].chain_id, fork, is_deep=False)
    block_ids = add_blocks(session, blocks)
    mined = {block.hash: block.mined_at for block in blocks}

    def times(position: LogPosition) -> tuple[datetime, datetime]:
        mined_at = mined[position.block_hash]
        return mined_at, known_at(position.chain_id, mined_at)

    return add_fills(session, fills, owners, block_ids, times)
