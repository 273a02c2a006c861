"""Opened votes that decide: by one hand, or by many against the count of heads."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import log

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.watch_rounds import watch_rounds
from models.attack_enums import SignalSubject
from models.oracle import BridgedRequest
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.ids import to_hex
from service.risk.signs.structural_signs import FORCE_LINE, HEADS_LOG_LR
from tests.jobs.test_send_attack_alerts import DAY, ENTITY, NOW, ROUND, add, alerts, run, sign
from tests.store.scenes import add_market
from tests.store.voted import BOOK

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
LATER = timedelta(minutes=1)


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def test_votes_that_pass_against_the_heads_page_under_a_title_of_their_own(
    sessions: sessionmaker[Session],
) -> None:
    add(sessions, NOW, sign(FORCE_LINE, HEADS_LOG_LR))
    assert [run(sessions, NOW), run(sessions, NOW + LATER)] == [1, 0]
    [alert] = alerts(sessions)
    assert alert.facts["tier"] == "page"
    headline = "Opened votes that decide against the count of heads"
    assert alert.title == f"{headline}: voting round {ROUND}"
    # One hand turns out to decide: once more.
    add(sessions, NOW + 2 * LATER, sign(FORCE_LINE, log(20)))
    assert [run(sessions, NOW + 2 * LATER), run(sessions, NOW + 3 * LATER)] == [1, 0]
    paged = alerts(sessions)[-1]
    assert paged.facts["tier"] == "page"
    assert paged.title == f"A share of stake that decides alone: voting round {ROUND}"
    # And back: that was told.
    add(sessions, NOW + 4 * LATER, sign(FORCE_LINE, HEADS_LOG_LR))
    assert run(sessions, NOW + 4 * LATER) == 0


def test_an_entity_above_the_line_pages_as_before(sessions: sessionmaker[Session]) -> None:
    add(sessions, NOW, sign(FORCE_LINE, log(20), SignalSubject.ENTITY, ENTITY, None))
    assert run(sessions, NOW + DAY / 24) == 1
    assert alerts(sessions)[0].facts["tier"] == "page"


def test_a_page_of_forced_votes_names_the_markets_of_their_requests(
    whole: sessionmaker[Session],
) -> None:
    """Not those of other requests of the round that have some sign, nor none."""
    moment = datetime(2025, 3, 14, 1, 13, tzinfo=UTC)
    with whole.begin() as session:
        bridged = list(
            session.scalars(select(BridgedRequest).where(BridgedRequest.known_at <= moment))
        )
        hashes = sorted({one.ancillary_hash for one in bridged if one.ancillary_hash})
        markets = {
            one: add_market(session, number, uma_question_id=one, known_at=moment).condition_id
            for number, one in enumerate(hashes, 1)
        }
        of_request = {
            to_hex(one.parent_request_id): to_hex(markets[one.ancillary_hash])
            for one in bridged
            if one.parent_request_id and one.ancillary_hash
        }
    watch_rounds(whole, SetClock(moment), BOOK)
    run(whole, moment)
    [page] = [
        one
        for one in alerts(whole)
        if one.reason == FORCE_LINE and one.facts["subject_kind"] == SignalSubject.ROUND
    ]
    requests = page.facts["requests"]
    assert isinstance(requests, list)
    assert requests
    assert page.facts["markets"] == sorted({of_request[one] for one in requests})
    assert len(requests) < len(of_request)
