"""A board is kept for some seconds, and no longer than its rows are the newest."""

from datetime import timedelta

from sqlalchemy.orm import Session

from models.enums import StakeChangeKind
from models.voting import StakeChange
from service.api.stake_shelf import KEPT, StakeShelf
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW


def test_a_board_serves_the_seconds_after_it_until_a_row_comes(session: Session) -> None:
    shelf = StakeShelf()
    first = shelf.get(session, NOW)
    assert shelf.get(session, NOW + KEPT - timedelta(seconds=1)) is first
    assert shelf.get(session, NOW + KEPT).at == NOW + KEPT
    # No board of later tells what was known before.
    assert shelf.get(session, NOW).at == NOW
    chain, later = Chain(session, 1), NOW + timedelta(seconds=1)
    chain.add(
        chain.block(NOW),
        StakeChange,
        bytes(20),
        kind=StakeChangeKind.STAKED,
        voter=bytes(20),
        amount=1,
    )
    assert shelf.get(session, later).at == later
