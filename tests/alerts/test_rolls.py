"""A roll pages once a request and only by few hands; disagreement is told in the digest."""

from datetime import UTC, datetime, timedelta

from models.enums import AlertReason
from service.alerts.attack import AttackDecision, Roll, roll_decision
from service.risk.attack_pages import Tier, Told

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
