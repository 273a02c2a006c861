"""One crossing, one page: whoever is above several lines, or is told of in several ways."""

from dataclasses import replace
from datetime import timedelta
from math import log

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models.attack_enums import SignalSubject
from service.protocol.rounds import round_at
from service.risk.signs.attack_signs import AttackSign
from service.risk.signs.context_signs import FORCE_PAYS
from service.risk.signs.structural_signs import BLOCK_LINE, FORCE_LINE
from tests.jobs.test_send_attack_alerts import DAY, ENTITY, HOUR, NOW, add, alerts, run, sign

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
BLOC = "co-voting-12ab"
WEEK = timedelta(days=7)


def line(name: str, subject: str = ENTITY, *, is_above: bool = True) -> AttackSign:
    kind = SignalSubject.ENTITY if subject == ENTITY else SignalSubject.GROUP
    return sign(name, log(2) if is_above else 0.0, kind, subject, None)


def told(sessions: sessionmaker[Session]) -> list[tuple[str, object, object]]:
    return [(str(a.reason), a.facts["subject"], a.facts["tier"]) for a in alerts(sessions)]


def test_who_decides_alone_is_not_told_to_hold_back_as_well(
    sessions: sessionmaker[Session],
) -> None:
    # In whatever order they are stored.
    add(sessions, NOW, line(BLOCK_LINE), line(FORCE_LINE))
    assert run(sessions, NOW) == 1
    assert told(sessions) == [(FORCE_LINE, ENTITY, "page")]
    # Nor when it has less again.
    add(sessions, NOW + DAY, line(FORCE_LINE, is_above=False), replace(line(BLOCK_LINE), value=0.5))
    assert run(sessions, NOW + DAY) == 0
    # Long after, what it crosses is news.
    add(sessions, NOW + 2 * DAY, line(BLOCK_LINE, is_above=False))
    add(sessions, NOW + 3 * WEEK, line(BLOCK_LINE))
    assert run(sessions, NOW + 3 * WEEK) == 1
    assert told(sessions)[-1] == (BLOCK_LINE, ENTITY, "page")


def test_who_could_hold_back_and_comes_to_decide_is_told_twice(
    sessions: sessionmaker[Session],
) -> None:
    add(sessions, NOW, line(BLOCK_LINE))
    assert run(sessions, NOW) == 1
    add(sessions, NOW + DAY, line(FORCE_LINE))
    assert run(sessions, NOW + DAY) == 1
    assert [reason for reason, *_ in told(sessions)] == [BLOCK_LINE, FORCE_LINE]


def test_a_line_that_stands_for_longer_than_alerts_are_read_is_no_news(
    sessions: sessionmaker[Session],
) -> None:
    add(sessions, NOW, line(BLOCK_LINE), line(FORCE_LINE))
    assert run(sessions, NOW) == 1
    later = NOW + 30 * WEEK
    add(sessions, later, replace(line(BLOCK_LINE), value=0.7))
    assert run(sessions, later) == 0


def test_a_group_that_one_of_its_entities_lifts_above_a_line_is_told_with_it(
    sessions: sessionmaker[Session],
) -> None:
    led = replace(line(FORCE_LINE, BLOC), hand=ENTITY)
    add(sessions, NOW, led, line(FORCE_LINE))
    assert run(sessions, NOW) == 1
    assert told(sessions) == [(FORCE_LINE, ENTITY, "page")]
    # Above it without that entity, it is news.
    add(sessions, NOW + DAY, line(FORCE_LINE, is_above=False), line(FORCE_LINE, BLOC))
    assert run(sessions, NOW + DAY) == 1
    assert told(sessions)[-1] == (FORCE_LINE, BLOC, "page")


def test_a_group_that_could_gain_by_round_after_round_is_paged_once_a_week(
    sessions: sessionmaker[Session],
) -> None:
    def pays(days: int, hand: str) -> None:
        at = NOW + days * DAY
        there = round_at(int(at.timestamp()))
        one = sign(FORCE_PAYS, log(2), SignalSubject.ROUND, str(there), there)
        add(sessions, at, replace(one, hand=hand))
        assert run(sessions, at + HOUR) == 1

    for days in (0, 2, 4, 6, 8):
        pays(days, BLOC)
    assert [tier for *_, tier in told(sessions)] == ["page", "digest", "digest", "digest", "page"]
    # Another one is news.
    pays(10, "alone:" + ENTITY)
    assert told(sessions)[-1][2] == "page"
