"""Many markets above the level at once: one page, which names them all; none is paged again."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models.attack_enums import SignalSubject
from tests.jobs.test_send_attack_alerts import DAY, HOUR, NOW, alerts, deliveries, keep, run

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def market(number: int) -> str:
    return f"0x{number:064x}"


def scored(scores: Iterable[float], first: int) -> dict[str, float]:
    return {market(first + place): score for place, score in enumerate(scores)}


@pytest.fixture
def calm(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Half a year of scores far below those of a burst."""
    for week in range(1, 27):
        at = NOW - timedelta(weeks=week)
        scores = scored([0.01 * i + 0.001 * week for i in range(20)], 100 * week)
        keep(sessions, at, scores, SignalSubject.MARKET)
    return sessions


def test_markets_above_the_level_at_once_are_one_page_that_names_them(
    calm: sessionmaker[Session],
) -> None:
    burst = scored([2.5 - 0.1 * i for i in range(8)], 1)
    keep(calm, NOW, burst, SignalSubject.MARKET)
    assert run(calm, NOW) == 8
    lead, *others = alerts(calm)
    assert lead.facts["tier"] == "page"
    assert lead.facts["markets"] == list(burst)
    assert lead.title == f"Unusual signs together: market {market(1)}, and 7 more markets"
    assert f"as unusual: {market(2)}; {market(3)};" in lead.body
    assert "and 2 more." in lead.body
    assert {one.facts["tier"] for one in others} == {"digest"}
    assert {one.facts["follows"] for one in others} == {lead.reason_key}
    assert deliveries(calm) == 1


def test_a_market_that_was_named_is_not_paged_again_within_a_week_nor_in_the_days_digest(
    calm: sessionmaker[Session],
) -> None:
    keep(calm, NOW, scored([2.5, 2.4], 1), SignalSubject.MARKET)
    assert run(calm, NOW) == 2
    keep(calm, NOW + HOUR, scored([2.6, 2.7, 2.4], 1), SignalSubject.MARKET)
    assert run(calm, NOW + HOUR) == 1
    assert alerts(calm)[-1].facts["subject"] == market(3)
    assert run(calm, NOW + DAY) == 0
    # What is told a week later is a page of its own.
    keep(calm, NOW + 7 * DAY, scored([2.8], 2), SignalSubject.MARKET)
    assert run(calm, NOW + 7 * DAY + HOUR) == 1
    assert alerts(calm)[-1].facts["tier"] == "page"
    assert deliveries(calm) == 3
