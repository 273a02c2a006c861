"""Every opened vote, streamed in chain order."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from models.chain import Block
from models.voting import Reveal
from service.protocol.vote_facts import VoteRevealed
from service.store.oracle.fact_reader import dated, position_of
from service.store.oracle.fact_shapes import fact_of

_PAGE = 5_000


def iterate_reveals(
    session: Session, as_of: datetime | None = None
) -> Iterator[tuple[VoteRevealed, datetime]]:
    """Opened votes with the time of their block, whatever request they are about."""
    query = dated(Reveal, as_of).order_by(Block.chain_id, Block.number, Reveal.log_index)
    rows = session.execute(query.execution_options(yield_per=_PAGE))
    for row, chain_id, number, block_hash, mined_at in rows:
        fact = fact_of(row, position_of(row, chain_id, number, block_hash))
        assert isinstance(fact, VoteRevealed)  # noqa: S101  # a Reveal's row
        yield fact, mined_at
