"""Opened votes that decide: by one hand, or by many against the count of heads."""

from datetime import timedelta
from math import log

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models.attack_enums import SignalSubject
from service.risk.structural_signs import FORCE_LINE, HEADS_LOG_LR
from tests.jobs.test_send_attack_alerts import DAY, ENTITY, NOW, ROUND, add, alerts, run, sign

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
LATER = timedelta(minutes=1)


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
