"""A roll pages once a request and only by few hands; disagreement is told in the digest."""

from datetime import UTC, datetime, timedelta

import pytest

from models.attack_enums import SignalSubject
from models.enums import AlertReason
from service.alerts.attack import AttackDecision, Repeated, Roll, roll_decision
from service.alerts.attack_wording import AttackSubject, compose_attack
from service.risk.signs.attack_pages import Tier, Told

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROUND = timedelta(days=2)


def roll(round_id: int, *requests: str, by_few: bool = True) -> Roll:
    return Roll(round_id, frozenset(requests), by_few, NOW + (round_id - 7) * ROUND)


def decide(told: list[Told], one: Roll) -> AttackDecision | None:
    decision = roll_decision(one, told, one.onset)
    if decision is not None:
        assert decision.reason is AlertReason.ROLL_BLOCKED
        told.append(Told(decision.reason_key, decision.tier, one.onset, True, one.requests))  # noqa: FBT003
    return decision


def tier(told: list[Told], one: Roll) -> Tier | None:
    decision = decide(told, one)
    return None if decision is None else decision.tier


def test_a_request_that_rolls_again_continues_its_page_in_the_digest() -> None:
    told: list[Told] = []
    assert tier(told, roll(7, "a", "b")) is Tier.PAGE
    assert tier(told, roll(7, "a", "b")) is None
    again = decide(told, roll(8, "a"))
    assert again is not None
    assert (again.tier, again.follows) == (Tier.DIGEST, told[0].reason_key)
    assert tier(told, roll(8, "a")) is None
    # Another request is news, whatever rolls beside it.
    assert tier(told, roll(9, "a", "c")) is Tier.PAGE
    assert tier(told, roll(10, "a", "b", "c")) is Tier.DIGEST


def test_a_request_that_joins_a_roll_already_told_is_news_of_its_own() -> None:
    told: list[Told] = []
    assert tier(told, roll(7, "a")) is Tier.PAGE
    joined = decide(told, roll(7, "a", "b"))
    assert joined is not None
    assert joined.tier is Tier.PAGE
    assert joined.reason_key.startswith(f"{told[0].reason_key}:")
    assert joined.repeated == Repeated(1, 2)
    # Told once, in whatever order they are named, and not when one of them is gone.
    assert tier(told, roll(7, "b", "a")) is None
    assert tier(told, roll(7, "b")) is None
    # One on which voters disagree goes to the digest, as a second one does.
    assert tier(told, roll(7, "a", "c", by_few=False)) is Tier.DIGEST
    assert tier(told, roll(7, "a", "c", by_few=False)) is None
    assert tier(told, roll(7, "c", "d", by_few=False)) is Tier.DIGEST
    assert tier(told, roll(7, "a", "c", "d", by_few=False)) is None
    assert len({one.reason_key for one in told}) == len(told) == 4


def test_the_key_of_many_that_join_is_short_and_always_the_same() -> None:
    many = [f"0x{number:064x}" for number in range(200)]
    keys = set()
    for names in (many, many[::-1]):
        told: list[Told] = []
        decide(told, roll(10_079, "a"))
        joined = decide(told, roll(10_079, *names))
        assert joined is not None
        keys.add(joined.reason_key)
    [key] = keys
    assert len(key) <= 200


def test_requests_that_join_where_the_budget_is_spent_are_told_once_in_the_digest() -> None:
    told = [
        Told(f"attack:roll_blocked:round:{n}:x", Tier.PAGE, NOW, True, frozenset({str(n)}))  # noqa: FBT003
        for n in range(100, 120)
    ]
    assert tier(told, roll(7, "a")) is Tier.DIGEST
    assert tier(told, roll(7, "a")) is None
    assert tier(told, roll(7, "a", "b")) is Tier.DIGEST
    assert tier(told, roll(7, "a", "b")) is None


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        ("a", "This request was paged before, first in voting round 7."),
        ("ab", "All 2 requests were paged before, the first of them in voting round 7."),
        ("bcd", "1 of these 3 requests was paged before, the first in voting round 7."),
        ("abc", "2 of these 3 requests were paged before, the first in voting round 7."),
        ("cd", None),
    ],
)
def test_how_many_of_the_requests_were_paged_before_is_said(
    requests: str, said: str | None
) -> None:
    told: list[Told] = []
    decide(told, roll(7, "a", "b"))
    decision = decide(told, roll(8, *requests))
    assert decision is not None
    subject = AttackSubject(SignalSubject.ROUND, "8", None, (), None, None, NOW, "structural-1", ())
    earlier = [
        line for line in compose_attack(subject, decision).body.split("\n") if "paged" in line
    ]
    assert earlier == ([] if said is None else [said])


def test_voters_who_disagree_page_nobody_and_few_hands_seen_later_do() -> None:
    told: list[Told] = []
    assert tier(told, roll(7, "a", by_few=False)) is Tier.DIGEST
    assert tier(told, roll(7, "a", by_few=False)) is None
    assert tier(told, roll(7, "a")) is Tier.PAGE
    assert tier(told, roll(8, "b", by_few=False)) is Tier.DIGEST
    assert told[-1].reason_key.endswith(":digest")


def test_a_sign_without_its_requests_is_told_once_a_round() -> None:
    """As rows of an earlier release are."""
    told: list[Told] = []
    assert tier(told, roll(7)) is Tier.PAGE
    assert tier(told, roll(7)) is None
    assert tier(told, roll(8)) is Tier.PAGE
