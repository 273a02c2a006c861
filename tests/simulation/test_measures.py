"""Pages against the truth: what counts as caught, as early, as false."""

from typing import Any

import pytest

from service.simulation.detection_table import detection_table, poisson_limits, put_between
from service.simulation.measures import HOUR, WEEK, ScoreMeasure, ScoreTold, Told, measure

START = 1_000_000
ATTACK = {
    "starts_at": START + 3 * WEEK,
    "first_settled_at": START + 3 * WEEK + 100 * HOUR,
    "last_settled_at": START + 3 * WEEK + 120 * HOUR,
    "conditions": ["0xaa"],
    "rounds": [10_400],
    "requests": ["0xr1", "0xr2"],
}
ON = START + 3 * WEEK + 10 * HOUR


MARKETS = [
    {"condition_id": "0xaa", "settled_at": ATTACK["first_settled_at"], "is_wrong": True},
    {"condition_id": "0xbb", "settled_at": START + WEEK, "is_wrong": False},
    {"condition_id": "0xcc", "settled_at": START + 2 * WEEK, "is_wrong": True},
    {"condition_id": "0xdd", "settled_at": None, "is_wrong": False},
    # Paid before anything is measured.
    {"condition_id": "0xee", "settled_at": START - HOUR, "is_wrong": True},
]


def truth(attack: dict[str, Any] | None) -> dict[str, Any]:
    name = "calm" if attack is None else "sleeper_bloc"
    ends = START + 4 * WEEK
    return {"scenario": name, "seed": 1, "ends_at": ends, "attack": attack, "markets": MARKETS}


def page(at: int, kind: str, subject: str, tier: str = "page", **more: Any) -> Told:
    return Told(at, tier, "attack_score", kind, subject, **more)


@pytest.mark.parametrize(
    "hit",
    [
        page(ON, "market", "0xaa"),
        page(ON, "market", "0xbb", markets=("0xbb", "0xaa")),
        page(ON, "round", "10400"),
        page(ON, "round", "10400", requests=("0xr9", "0xr2")),
        page(ON, "group", "ring-1", named=("0xmember", "0xother")),
        page(ON - 2 * WEEK, "group", "ring-1", named=("0xmember",)),
        page(ON, "entity", "0xmember"),
        page(ON - 2 * WEEK, "entity", "0xmember"),
    ],
)
def test_a_page_about_the_attack_is_a_catch(hit: Told) -> None:
    found = measure(truth(ATTACK), [hit], ["0xmember"], START)
    assert (found.paged_at, found.false_pages) == (hit.at, 0)


@pytest.mark.parametrize(
    ("miss", "false"),
    [
        (page(ON, "market", "0xbb"), 0),
        (page(ON, "round", "10399"), 0),
        (page(ON, "entity", "0xother"), 0),
        # In the attack's time, or its round, and about others.
        (page(ON, "round", "10400", requests=("0xr9",)), 0),
        (page(ON, "entity", "0xother", round_id=10_400, markets=("0xaa",)), 0),
        (page(ON, "group", "ring-1"), 0),
        (page(ON, "group", "ring-1", named=("0xmember", "0xother", "0xthird")), 0),
        (page(ON, "platform", ""), 0),
        (page(ON + WEEK, "market", "0xaa"), 0),
        (page(START + WEEK, "market", "0xaa"), 1),
        (page(START + WEEK, "group", "ring-1"), 1),
        (page(START - WEEK, "group", "ring-1"), 0),
        (page(START + WEEK, "market", "0xaa", tier="digest"), 0),
    ],
)
def test_a_page_about_something_else_or_out_of_time_is_none(miss: Told, false: int) -> None:
    found = measure(truth(ATTACK), [miss], ["0xmember"], START)
    assert (found.paged_at, found.false_pages) == (None, false)
    assert found.quiet_weeks == pytest.approx(3)


def test_the_digest_is_told_apart_and_warning_runs_to_the_first_payout() -> None:
    told = [page(ON - HOUR, "market", "0xaa", tier="digest"), page(ON, "market", "0xaa")]
    found = measure(truth(ATTACK), told, [], START)
    assert (found.digested_at, found.paged_at, found.hours) == (ON - HOUR, ON, 90)


def test_where_nobody_is_at_it_every_page_is_false() -> None:
    told = [page(ON, "market", "0xaa"), page(ON, "platform", ""), page(START - 1, "market", "0xb")]
    found = measure(truth(None), told, [], START)
    assert (found.false_pages, found.quiet_weeks, found.is_attack) == (2, 4.0, False)


def test_a_market_is_told_of_by_its_score_where_that_came_before_it_was_paid() -> None:
    paid = int(str(ATTACK["first_settled_at"]))
    scored = [
        ScoreTold(ON + HOUR, "0xaa"),
        ScoreTold(ON, "0xaa"),
        # Of the same market before the attack began: no word about the attack.
        ScoreTold(ON - 2 * WEEK, "0xaa"),
        ScoreTold(START + HOUR, "0xbb"),
        ScoreTold(START + 2 * WEEK, "0xcc"),
        ScoreTold(START, "0xdd"),
        ScoreTold(START - 2 * HOUR, "0xee"),
    ]
    found = measure(truth(ATTACK), [], [], START, scored).scores
    assert found == ScoreMeasure(told=2, told_wrong=1, wrong=2, paid=3, attacked_at=ON)
    late = measure(truth(ATTACK), [], [], START, [ScoreTold(paid, "0xaa")]).scores
    assert (late.told_wrong, late.attacked_at) == (0, None)
    assert measure(truth(None), [], [], START, scored).scores.attacked_at is None


def test_the_table_states_intervals_and_what_was_not_measured() -> None:
    runs = [
        measure(truth(ATTACK), [page(ON, "market", "0xaa")], [], START),
        measure(truth(ATTACK), [], [], START, [ScoreTold(ON, "0xaa"), ScoreTold(START, "0xbb")]),
        measure(truth(None), [], [], START),
    ]
    table = detection_table(runs, ["find_blocs"])
    assert "| `sleeper_bloc` | 2 | 1 of 2 (1% to 99%) | 1 of 2 (1% to 99%) |" in table
    assert "| 0 of 2 (0% to 84%) | 1 of 2 (1% to 99%) | 90 (90 to 90) |" in table
    assert "| `sleeper_bloc` | 6 | 2 | 1 of 2 (1% to 99%) | 4 | 1 of 4 (1% to 81%) |" in table
    assert "| `calm` | 3 | 0 | - | 2 | 0 of 2 (0% to 84%) |" in table
    assert "90 (90 to 90) | `attack_score (market)` |" in table
    assert "| calm | 4.0 | 0 | 0.00 (0.00 to 0.92) |" in table
    assert "| all together | 10.0 | 0 | 0.00 (0.00 to 0.37) |" in table
    assert "Not measured, for this version does not have them: `find_blocs`." in table


def test_poisson_limits_are_those_of_the_tables() -> None:
    # Garwood 1936, 95 %.
    assert poisson_limits(0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert poisson_limits(1) == pytest.approx((0.025, 5.572), abs=1e-3)
    assert poisson_limits(10) == pytest.approx((4.795, 18.390), abs=1e-3)


def test_the_table_replaces_the_one_before_and_nothing_else() -> None:
    text = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n"
    assert put_between(text, "<!-- a -->", "<!-- /a -->", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="not there"):
        put_between("no markers", "<!-- a -->", "<!-- /a -->", "new")


def test_an_attack_whose_markets_never_settle_is_on_to_the_end() -> None:
    attack = ATTACK | {"first_settled_at": None, "last_settled_at": None}
    found = measure(truth(attack), [page(ON + WEEK, "market", "0xaa")], [], START)
    assert (found.paged_at, found.hours) == (ON + WEEK, None)


@pytest.mark.parametrize(("after", "is_late"), [(12 * HOUR, True), (25 * HOUR, False)])
def test_a_page_soon_after_the_last_payout_is_late_and_no_miss(
    after: int, *, is_late: bool
) -> None:
    at = int(str(ATTACK["last_settled_at"])) + after
    found = measure(truth(ATTACK), [page(at, "market", "0xaa")], [], START)
    assert (found.paged_at is not None) == is_late
    assert found.hours is None or found.hours < 0
