from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.enums import AlertReason, MarketState, Support
from service.alerts.decide import Decision, StandingLine
from service.alerts.subject import (
    drivers,
    is_challenge_possible,
    is_managed,
    request_timestamp,
    to_facts,
    to_raised,
)
from service.alerts.wording import AlertSubject, DriverLine

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LINE = StandingLine(
    state=MarketState.VOTING,
    previous_state=MarketState.REPROPOSED,
    request_timestamp=1_700_000_000,
    p_mean=0.1,
    expected_loss=123_456_789,
    challenge_open=False,
)
SUBJECT = AlertSubject(
    title="t",
    state=MarketState.VOTING,
    previous_state=MarketState.REPROPOSED,
    p_mean=0.1,
    p_low=0.05,
    p_high=0.2,
    expected_loss=123_456_789,
    open_interest=None,
    challenge_open=False,
    challenge_ends_at=NOW,
    is_managed=None,
    drivers=(),
    support=Support.MIXED,
    as_of=NOW,
    model_version="1",
    links=("/markets/0x",),
)


def test_facts_read_back_as_what_was_told() -> None:
    facts = to_facts(LINE, SUBJECT, Decision(AlertReason.STATE_WORSENED, "key"))
    assert facts["expected_loss_usdc"] == "123.456789"
    assert facts["open_interest_usdc"] is None
    raised = to_raised("state_worsened", "key", facts)
    assert raised.reason is AlertReason.STATE_WORSENED
    assert raised.state is LINE.state
    assert raised.request_timestamp == LINE.request_timestamp
    assert raised.p_mean == LINE.p_mean
    assert raised.expected_loss == LINE.expected_loss


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"chain_state": None, "drivers": None, "oracle_version": None},
        {"chain_state": {"request_ts": "soon"}, "drivers": {"a": 1}, "oracle_version": "v9"},
        {"chain_state": [], "drivers": [None, {"feature": 1}, {"feature": "x"}]},
    ],
)
def test_a_document_of_another_shape_reads_as_unknown(document: dict[str, Any]) -> None:
    assert request_timestamp(document) is None
    assert is_managed(document) is None
    assert drivers(document) == ()


def test_a_document_gives_its_request_oracle_and_drivers() -> None:
    document = {
        "chain_state": {"request_ts": 5},
        "oracle_version": "managed_resolver",
        "drivers": [{"feature": "price", "value": 0.1, "contribution_p": -0.2, "evidence": []}],
    }
    assert request_timestamp(document) == 5
    assert is_managed(document) is True
    assert is_managed({"oracle_version": "oov2"}) is False
    assert drivers(document) == (DriverLine("price", 0.1, -0.2),)


@pytest.mark.parametrize(
    ("challenge_open", "ends_in_seconds", "managed", "expected"),
    [
        (True, 1, False, True),
        (True, 0, False, False),
        (True, -1, False, False),
        (True, None, False, True),
        (True, -1, True, True),
        (True, -1, None, True),
        (False, 1, True, False),
        (False, None, None, False),
    ],
)
def test_a_window_that_ended_since_the_score_is_closed_except_on_the_managed_oracle(
    *, challenge_open: bool, ends_in_seconds: int | None, managed: bool | None, expected: bool
) -> None:
    ends = None if ends_in_seconds is None else NOW + timedelta(seconds=ends_in_seconds)
    possible = is_challenge_possible(
        challenge_open=challenge_open, ends_at=ends, managed=managed, now=NOW
    )
    assert possible is expected
