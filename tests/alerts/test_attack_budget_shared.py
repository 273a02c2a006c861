"""Scores of rounds and structural signs spend one budget of false pages; nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest

from models.attack_enums import SignalSubject
from service.alerts.attack import score_decision, structural_decision
from service.risk.signs.alert_threshold import Method, Threshold
from service.risk.signs.attack_pages import Tier, Told

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WEEK = timedelta(weeks=1)
LOW = Threshold(Method.CONFORMAL, 0.0, 0.01, 100, 26)


def told(key: str, number: int, *, is_false: bool = True, tier: Tier = Tier.PAGE) -> list[Told]:
    return [
        Told(f"{key}:{i}:x", tier, NOW - (i + 1) * WEEK, is_false=is_false) for i in range(number)
    ]


SCORES = told("attack:score:round", 3)


@pytest.mark.parametrize(
    ("before", "pages"),
    [
        # One structural page is free: 1 + 3 + 3 leaves room for one more page, 1 + 4 + 3 for none.
        ([*told("attack:force_line_crossed:entity", 4), *SCORES], True),
        ([*told("attack:force_line_crossed:entity", 5), *SCORES], False),
        (told("attack:score:round", 6), True),
        (told("attack:score:round", 7), False),
        (told("attack:score:market", 20), True),
        (told("attack:score:round", 20, is_false=False), True),
        (told("attack:score:round", 20, tier=Tier.DIGEST), True),
    ],
)
def test_a_sign_and_a_score_of_a_round_page_while_their_common_budget_lasts(
    before: list[Told], *, pages: bool
) -> None:
    about = SignalSubject.ROUND, "7"
    sign = structural_decision("roll_blocked", about, NOW, before, NOW)
    assert sign is not None
    assert (sign.tier is Tier.PAGE) is pages
    assert (score_decision(about, 1.0, LOW, before, NOW) is not None) is pages
    # Rings and markets have their own.
    assert score_decision((SignalSubject.GROUP, "ring"), 1.0, LOW, before, NOW) is not None
