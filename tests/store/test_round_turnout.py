"""When the mean turnout of past rounds is said, on the recorded vote."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.voting import Reveal
from service.database import open_engine, open_sessions
from service.protocol.finality import ETHEREUM
from service.store.votes.round_turnout import LEAST_ROUNDS, mean_turnout

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def recorded(whole_chain_url: str) -> Iterator[Session]:
    engine = open_engine(whole_chain_url)
    with open_sessions(engine)() as session:
        yield session
    engine.dispose()


def test_fewer_than_five_rounds_tell_no_turnout(recorded: Session) -> None:
    address = recorded.scalars(select(Reveal.address)).first()
    assert address is not None
    query = select(Reveal.round_id, func.min(Reveal.request_id)).group_by(Reveal.round_id)
    rounds = [(int(r), q) for r, q in recorded.execute(query.order_by(Reveal.round_id))]
    vote = ETHEREUM, address
    assert mean_turnout(recorded, vote, rounds[: LEAST_ROUNDS - 1], LATER) is None
    assert mean_turnout(recorded, vote, rounds[:LEAST_ROUNDS], LATER) == pytest.approx(0.895454)
