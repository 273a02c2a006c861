from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import AlertReason, MarketState
from service.alerts.decide import (
    AlertRule,
    Decision,
    Measure,
    RaisedReason,
    StandingLine,
    notify_reason,
)

RULE = AlertRule(probability=0.05, expected_loss=10_000_000_000)
OPEN = StandingLine(
    state=MarketState.PROPOSED,
    previous_state=MarketState.PRE_PROPOSAL,
    request_timestamp=1_700_000_000,
    p_mean=0.01,
    expected_loss=1_000_000_000,
    challenge_open=True,
)


def told(line: StandingLine, decision: Decision | None) -> RaisedReason:
    assert decision is not None
    return RaisedReason(
        decision.reason_key,
        decision.reason,
        line.state,
        line.request_timestamp,
        line.p_mean,
        line.expected_loss,
    )


def reason_of(line: StandingLine, *already: RaisedReason) -> AlertReason | None:
    decision = notify_reason(line, already, RULE)
    return None if decision is None else decision.reason


@pytest.mark.parametrize(
    ("p_mean", "expected_loss", "challenge_open", "expected"),
    [
        (0.0499999, 9_999_999_999, True, None),
        (0.05, 0, True, AlertReason.FIRST),
        (0.0, 10_000_000_000, True, AlertReason.FIRST),
        (0.05, None, True, AlertReason.FIRST),
        (0.04, None, True, None),
        (1.0, 10**15, True, AlertReason.FIRST),
        (1.0, 10**15, False, None),
    ],
)
def test_a_threshold_counts_only_while_a_challenge_is_possible(
    p_mean: float, expected_loss: int | None, *, challenge_open: bool, expected: AlertReason | None
) -> None:
    line = replace(OPEN, p_mean=p_mean, expected_loss=expected_loss, challenge_open=challenge_open)
    assert reason_of(line) is expected


S = MarketState


@pytest.mark.parametrize(
    ("previous", "state", "expected"),
    [
        (None, S.VOTING, None),
        (None, S.FLAGGED, None),
        (S.PRE_PROPOSAL, S.PROPOSED, None),
        (S.PROPOSED, S.DISPUTED_ONCE, AlertReason.STATE_WORSENED),
        (S.PROPOSED, S.VOTING, AlertReason.STATE_WORSENED),
        (S.PRE_PROPOSAL, S.DISPUTED_ONCE, AlertReason.STATE_WORSENED),
        (S.DISPUTED_ONCE, S.REPROPOSED, AlertReason.STATE_WORSENED),
        (S.REPROPOSED, S.VOTING, AlertReason.STATE_WORSENED),
        (S.VOTING, S.ANSWERED, AlertReason.STATE_WORSENED),
        (S.PROPOSED, S.ANSWERED, None),
        (S.PRE_PROPOSAL, S.ANSWERED, None),
        (S.PROPOSED, S.FLAGGED, AlertReason.STATE_WORSENED),
        (S.VOTING, S.FLAGGED, AlertReason.STATE_WORSENED),
        (S.ANSWERED, S.RESOLVED, None),
        (S.VOTING, S.RESOLVED, None),
        (S.REPROPOSED, S.DISPUTED_ONCE, None),
        (S.VOTING, S.REPROPOSED, None),
        (S.FLAGGED, S.VOTING, None),
        (S.VOTING, S.PRE_PROPOSAL, None),
    ],
)
def test_a_state_is_news_when_it_is_worse_than_the_one_before(
    previous: MarketState | None, state: MarketState, expected: AlertReason | None
) -> None:
    line = replace(OPEN, previous_state=previous, state=state, challenge_open=False)
    assert reason_of(line) is expected


def test_a_worse_state_is_told_once_in_its_round_even_when_the_round_gets_lost() -> None:
    voting = replace(OPEN, state=S.VOTING, previous_state=S.REPROPOSED, challenge_open=False)
    first = told(voting, notify_reason(voting, (), RULE))
    assert reason_of(voting, first) is None
    assert reason_of(replace(voting, request_timestamp=None), first) is None
    feed_only = replace(first, request_timestamp=None, reason_key="challenge:feed:state:voting")
    assert reason_of(voting, feed_only) is None


def test_the_same_state_in_another_round_is_news_again() -> None:
    voting = replace(OPEN, state=S.VOTING, previous_state=S.REPROPOSED, challenge_open=False)
    first = told(voting, notify_reason(voting, (), RULE))
    again = replace(voting, request_timestamp=1_700_090_000)
    assert reason_of(again, first) is AlertReason.STATE_WORSENED


def test_a_worse_state_above_the_threshold_is_one_alert_and_not_two() -> None:
    line = replace(OPEN, state=S.REPROPOSED, previous_state=S.DISPUTED_ONCE, p_mean=0.4)
    decision = notify_reason(line, (), RULE)
    assert decision is not None
    assert decision.reason is AlertReason.STATE_WORSENED
    assert reason_of(line, told(line, decision)) is None


def test_a_threshold_reached_after_a_quiet_state_alert_is_a_first() -> None:
    quiet = replace(OPEN, state=S.REPROPOSED, previous_state=S.DISPUTED_ONCE)
    state_alert = told(quiet, notify_reason(quiet, (), RULE))
    assert reason_of(replace(quiet, p_mean=0.05), state_alert) is AlertReason.FIRST


@pytest.mark.parametrize(
    ("p_mean", "expected_loss", "measure", "last_told"),
    [
        (0.06, 0, None, None),
        (0.1199, 0, None, None),
        (0.12, 0, Measure.PROBABILITY, 0.06),
        (0.9, 0, Measure.PROBABILITY, 0.06),
        (0.01, 0, None, None),
        # The loss told was 2,000 USD: doubled, but still below the loss threshold.
        (0.06, 9_999_999_999, None, None),
        (0.06, 10_000_000_000, Measure.EXPECTED_LOSS, 2_000_000_000),
    ],
)
def test_worse_is_told_again_only_after_a_clear_step(
    p_mean: float, expected_loss: int, measure: Measure | None, last_told: float | None
) -> None:
    before = replace(OPEN, p_mean=0.06, expected_loss=2_000_000_000)
    first = told(before, notify_reason(before, (), RULE))
    decision = notify_reason(
        replace(before, p_mean=p_mean, expected_loss=expected_loss), (first,), RULE
    )
    if measure is None:
        assert decision is None
    else:
        assert decision is not None
        assert decision.reason is AlertReason.WORSENED
        assert (decision.measure, decision.last_told) == (measure, last_told)


def test_a_step_is_measured_from_the_worst_value_told_not_the_last_one() -> None:
    high = told(replace(OPEN, p_mean=0.3), notify_reason(replace(OPEN, p_mean=0.3), (), RULE))
    low = replace(high, reason_key="challenge:1700000000:other", p_mean=0.1)
    assert reason_of(replace(OPEN, p_mean=0.3), high, low) is None


def test_a_loss_that_becomes_known_above_the_threshold_is_news() -> None:
    unknown = replace(OPEN, p_mean=0.06, expected_loss=None)
    first = told(unknown, notify_reason(unknown, (), RULE))
    known = replace(unknown, expected_loss=10_000_000_000)
    worsened = notify_reason(known, (first,), RULE)
    assert worsened is not None
    assert (worsened.reason, worsened.last_told) == (AlertReason.WORSENED, None)
    assert reason_of(known, first, told(known, worsened)) is None


def test_recovering_and_rising_again_is_not_news() -> None:
    high = replace(OPEN, p_mean=0.06)
    first = told(high, notify_reason(high, (), RULE))
    assert reason_of(OPEN, first) is None
    assert reason_of(high, first) is None


def test_a_new_request_starts_over() -> None:
    high = replace(OPEN, p_mean=0.06)
    first = told(high, notify_reason(high, (), RULE))
    assert reason_of(replace(high, request_timestamp=1_700_090_000), first) is AlertReason.FIRST


def test_another_rules_alerts_do_not_silence_this_one() -> None:
    high = replace(OPEN, p_mean=0.06)
    other = AlertRule(probability=0.05, expected_loss=1, name="watchlist")
    first = told(high, notify_reason(high, (), other))
    assert reason_of(high, first) is AlertReason.FIRST


def test_thresholds_of_zero_do_not_repeat_themselves() -> None:
    rule = AlertRule(probability=0, expected_loss=0)
    calm = replace(OPEN, p_mean=0.0, expected_loss=0)
    first = told(calm, notify_reason(calm, (), rule))
    assert first.reason is AlertReason.FIRST
    assert notify_reason(calm, (first,), rule) is None


def test_a_factor_below_two_is_refused() -> None:
    with pytest.raises(ValueError, match="worsened_factor"):
        AlertRule(probability=0.05, expected_loss=1, worsened_factor=1.5)


def test_keys_fit_their_column() -> None:
    line = replace(OPEN, request_timestamp=2**63, p_mean=1e-300, expected_loss=2**62)
    first = told(line, notify_reason(line, (), RULE))
    worse = notify_reason(replace(line, p_mean=0.9), (first,), RULE)
    assert worse is not None
    assert len(worse.reason_key) <= 200


LINES = st.builds(
    StandingLine,
    state=st.sampled_from(MarketState),
    previous_state=st.none() | st.sampled_from(MarketState),
    request_timestamp=st.none() | st.integers(1, 3),
    p_mean=st.floats(0, 1),
    expected_loss=st.none() | st.integers(0, 10**14),
    challenge_open=st.booleans(),
)


@given(st.lists(LINES, max_size=40))
def test_no_history_of_lines_ever_repeats_a_key(lines: list[StandingLine]) -> None:
    already: list[RaisedReason] = []
    for line in lines:
        decision = notify_reason(line, already, RULE)
        if decision is not None:
            assert decision.reason_key not in {raised.reason_key for raised in already}
            already.append(told(line, decision))
        # The same line again is never news.
        assert notify_reason(line, already, RULE) is None


@given(st.lists(st.floats(0.95, 1.05), max_size=60), st.floats(0.03, 0.9))
def test_a_jittering_score_alerts_at_most_once(jitter: list[float], centre: float) -> None:
    already: list[RaisedReason] = []
    for factor in jitter:
        line = replace(OPEN, p_mean=min(1.0, centre * factor))
        decision = notify_reason(line, already, RULE)
        if decision is not None:
            already.append(told(line, decision))
    assert len(already) <= 1
