"""When a market that trades against its proposal is news, how it is told, and when it is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import AlertReason
from service.alerts.contradiction import (
    Against,
    ContradictionDecision,
    ContradictionRule,
    Measure,
    contradiction_reason,
    to_facts,
    to_told,
)
from service.alerts.contradiction_wording import ContradictionSubject, compose_contradiction

USD = 10**6
RULE = ContradictionRule(stake=1_000 * USD)
CALM = Against(1_700_000_000, 10**18, standing=0, traded=0, gap=Decimal("0.01"))
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def decide(now: Against, *already: Against) -> ContradictionDecision | None:
    return contradiction_reason(now, already, RULE)


def standing(usd: int) -> Against:
    return replace(CALM, standing=usd * USD)


@pytest.mark.parametrize(
    ("now", "measure"),
    [
        (standing(1_000), Measure.STANDING),
        (replace(CALM, traded=1_000 * USD), Measure.TRADED),
        (replace(CALM, gap=Decimal("0.2")), Measure.GAP),
    ],
)
def test_the_first_time_a_threshold_is_reached_is_news(now: Against, measure: Measure) -> None:
    decision = decide(now)
    assert decision is not None
    assert (decision.reason, decision.measure) == (AlertReason.CONTRADICTED, measure)
    assert decision.reason_key == f"watch:1700000000:{10**18}:first"


@pytest.mark.parametrize(
    "now",
    [
        CALM,
        standing(999),
        replace(CALM, gap=Decimal("0.19")),
        replace(CALM, standing=None, traded=None, gap=None),
    ],
)
def test_below_every_threshold_or_unknown_is_no_news(now: Against) -> None:
    assert decide(now) is None


def test_a_book_that_turns_bad_after_the_first_notice_is_told_again() -> None:
    traded = replace(CALM, traded=1_500 * USD)
    worse = replace(traded, standing=20_000 * USD, gap=Decimal("0.55"))
    decision = decide(worse, traded)
    assert decision is not None
    assert decision.reason is AlertReason.CONTRADICTED_MORE
    assert decision.reason_key == f"watch:1700000000:{10**18}:standing:2"
    further = decide(worse, traded, replace(worse, gap=Decimal("0.01")))
    assert further is not None
    assert (further.measure, further.last_told) == (Measure.GAP, Decimal("0.01"))


def test_what_empties_and_fills_again_is_not_told_twice() -> None:
    told = [standing(5_000)]
    for usd in (0, 5_000, 900, 9_999, 4_000):
        assert decide(standing(usd), *told) is None


def test_the_edge_of_a_level_is_no_news_by_itself() -> None:
    # 3,900 to 4,100 USD crosses a level and says nothing new.
    assert decide(standing(4_100), standing(3_900)) is None
    assert decide(standing(7_800), standing(3_900)) is not None


def test_another_proposal_begins_anew_and_a_lost_chain_does_not() -> None:
    told = standing(5_000)
    assert decide(replace(told, request_timestamp=1_700_009_000), told) is not None
    assert decide(replace(told, proposed_price=0), told) is not None
    assert decide(replace(told, request_timestamp=None), told) is None


def test_facts_kept_of_an_alert_read_back_the_same() -> None:
    for against in (CALM, Against(None, -(2**255), None, None, None)):
        assert to_told(to_facts(against)) == against


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=30))
def test_no_key_is_given_twice_and_what_is_told_only_rises(values: list[int]) -> None:
    told: list[Against] = []
    keys: list[str] = []
    for usd in values:
        decision = decide(standing(usd), *told)
        if decision is not None:
            assert all((one.standing or 0) < usd * USD for one in told)
            told.append(standing(usd))
            keys.append(decision.reason_key)
    assert len(keys) == len(set(keys))


def test_a_rule_without_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        ContradictionRule(stake=0)


SUBJECT = ContradictionSubject(
    title="Will it rain in Paris?",
    proposed="Yes",
    against=replace(CALM, standing=12_000 * USD, traded=3_000 * USD, gap=Decimal("0.62")),
    trades=7,
    last_trade_at=AT - timedelta(minutes=3),
    implied=Decimal("0.38"),
    open_interest=450_000 * USD,
    challenge_ends_at=AT + timedelta(minutes=20),
    is_managed=True,
    seen_at=AT,
    as_of=AT - timedelta(minutes=1),
    links=("/markets/0xab",),
)
FIRST = ContradictionDecision(AlertReason.CONTRADICTED, "k", Measure.STANDING)


def test_an_alert_says_all_that_is_needed_to_act() -> None:
    words = compose_contradiction(SUBJECT, FIRST)
    assert words.title == "The market trades against the proposed answer: Will it rain in Paris?"
    assert words.body.splitlines() == [
        "Proposed answer: Yes.",
        "Orders against it stand to lose 12,000 USD if it is paid.",
        (
            "Trades against it since it was proposed stand to lose 3,000 USD "
            "(7 fills, the last at 2026-03-01 11:57 UTC)."
        ),
        (
            "At a size that counts the price is 62 cents from what it would pay; "
            "the proposed answer trades at 38 cents."
        ),
        "Open interest: 450,000 USD.",
        "A dispute is possible at least until 2026-03-01 12:20 UTC, then until it is settled.",
        "Seen 2026-03-01 12:00 UTC, books as of 2026-03-01 11:59 UTC.",
        "/markets/0xab",
    ]


def test_a_late_alert_is_named_late() -> None:
    late = replace(SUBJECT, challenge_ends_at=AT - timedelta(minutes=12))
    words = compose_contradiction(late, FIRST)
    assert words.title.startswith("Late: the market trades against")
    assert "This is late: the minimum window ended 12 minutes before" in words.body
    assert "still possible until it is settled" in words.body


def test_what_is_not_known_is_said_and_never_zero() -> None:
    unknown = replace(
        SUBJECT,
        against=Against(None, 0, None, None, None),
        trades=None,
        implied=None,
        open_interest=None,
        challenge_ends_at=None,
        as_of=None,
    )
    body = compose_contradiction(unknown, FIRST).body
    assert body.count("unknown") == 3
    assert "its end is not known" in body
    assert "0 USD" not in body


def test_an_escalation_names_what_was_told_before() -> None:
    more = ContradictionDecision(AlertReason.CONTRADICTED_MORE, "k", Measure.TRADED, 1_000 * USD)
    words = compose_contradiction(SUBJECT, more)
    assert words.title.startswith("The market trades further against the proposed answer")
    assert "Last told: 1,000 USD (traded)." in words.body


def test_the_words_accuse_nobody() -> None:
    text = compose_contradiction(SUBJECT, FIRST).body.lower()
    for word in ("manipul", "attack", "fraud", "scam", "cheat", "steal", "whale", "insider"):
        assert word not in text
