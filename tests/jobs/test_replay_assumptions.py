"""What an alert of a replay rests on that nobody published, and how the page tells it."""

from datetime import UTC, datetime

import pytest

from jobs.replay import Replay, find_case
from jobs.replay_assumptions import Assumed
from jobs.replay_page import document_of, page_of
from jobs.replay_reading import Alarm, Look
from jobs.replay_table import page_of_all
from models.enums import AlertReason
from service.protocol.last_chance import ChanceKind, LastChance

# As stored in a whole replay of the case: when, by which measure, and what it rests on.
RAISED = {
    "astronomer-ceo-2025": (
        datetime(2025, 7, 19, 1, 11, tzinfo=UTC),
        "standing",
        (Assumed.BOOK, Assumed.PRICE_HOUR),
    ),
    "astros-dodgers-2025": (
        datetime(2025, 7, 5, 5, 1, tzinfo=UTC),
        "gap",
        (Assumed.PRICE, Assumed.TIME),
    ),
    "ukraine-mineral-deal-2025": (
        datetime(2025, 3, 22, 21, 59, tzinfo=UTC),
        "gap",
        (Assumed.PRICE_HOUR,),
    ),
}


def _replay(name: str, reason: AlertReason = AlertReason.CONTRADICTED) -> Replay:
    at, measure, _ = RAISED[name]
    alarm = Alarm(at, reason, "Told", "watch:1:first", measure)
    end = at.replace(day=28)
    return Replay(
        case=find_case(name),
        until=end,
        looks=(Look(at=at, known=(), score=None, alarms=(alarm,), signs=()),),
        alarms=(alarm,),
        chance=LastChance(ChanceKind.CHALLENGE, end),
        paid_at=None,
        answered_at=None,
    )


@pytest.mark.parametrize("name", RAISED)
def test_an_alert_names_what_it_rests_on_wherever_it_is_told(name: str) -> None:
    replay, marks = _replay(name), RAISED[name][2]
    [alarm] = replay.alarms

    assert replay.assumptions(alarm) == marks
    told = f"(contradicted; {', '.join(marks)})"
    page = " ".join(page_of(replay).split())
    assert told in page
    assert "".join(f" [{mark}]" for mark in marks) in page
    assert told in page_of_all([replay])
    first = document_of(replay)["first_alert"]
    assert isinstance(first, dict)
    assert first["assumed"] == list(marks)


def test_a_change_of_state_rests_on_the_hour_of_its_step_alone() -> None:
    known = _replay("astronomer-ceo-2025", AlertReason.STATE_WORSENED)
    dated = _replay("astros-dodgers-2025", AlertReason.STATE_WORSENED)

    assert known.assumptions(known.alarms[0]) == ()
    assert dated.assumptions(dated.alarms[0]) == (Assumed.TIME,)


def test_the_headline_tells_apart_what_rests_on_assumptions() -> None:
    page = page_of_all([_replay(name) for name in RAISED])

    assert "Of 3 incidents 3 were told of in time, 3 of them by more" in page
    assert (
        "- 2 rest on a price, an order book or a step that nobody published: "
        "`astronomer-ceo-2025`, `astros-dodgers-2025`."
    ) in page
    assert "- 1 rest on published prices and steps, at an hour that is assumed: `ukraine" in page
    assert "- 0 rest on nothing assumed." in page
    assert "**No replay holds votes or stake**" in page
