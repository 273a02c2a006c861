"""Readings of a stored score and of a stored alert, in the shapes deciding and wording take. Pure.

The assessment's document is our own (docs/methodology.md, "Output"), but an older model version
may have written it: whatever is missing or of another type reads as unknown.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from models.enums import AlertReason, MarketState, OracleVersion
from service.alerts.decide import Decision, RaisedReason, StandingLine
from service.alerts.wording import AlertSubject, DriverLine
from service.protocol.money import to_usdc

_MICRO = 1_000_000


def request_timestamp(document: Mapping[str, object]) -> int | None:
    """The operative price request's timestamp."""
    chain_state = document.get("chain_state")
    value = chain_state.get("request_ts") if isinstance(chain_state, dict) else None
    return value if isinstance(value, int) else None


def is_managed(document: Mapping[str, object]) -> bool | None:
    """Whether the managed oracle answers, where a proposal stays disputable until settled."""
    value = document.get("oracle_version")
    if value not in set(OracleVersion):
        return None
    return value != OracleVersion.OOV2


def drivers(document: Mapping[str, object]) -> tuple[DriverLine, ...]:
    """The score's drivers."""
    found = document.get("drivers")
    read = [_driver(item) for item in found] if isinstance(found, list) else []
    return tuple(driver for driver in read if driver is not None)


def _driver(item: object) -> DriverLine | None:
    if not isinstance(item, dict):
        return None
    feature, value, contribution = (item.get(k) for k in ("feature", "value", "contribution_p"))
    if not isinstance(feature, str) or not isinstance(contribution, int | float):
        return None
    return DriverLine(
        feature, value if isinstance(value, str | int | float) else None, contribution
    )


def is_challenge_possible(
    *, challenge_open: bool, ends_at: datetime | None, managed: bool | None, now: datetime
) -> bool:
    """Whether a dispute is possible now, given what the last assessment saw.

    The score may be older than the window's end. On OptimisticOracleV2 that end is final; on the
    managed oracle it is only the earliest moment of settlement.
    """
    return challenge_open and (managed is not False or ends_at is None or now < ends_at)


def to_facts(line: StandingLine, subject: AlertSubject, decision: Decision) -> dict[str, object]:
    """What is kept of an alert for programs: the values told, money as USD decimal strings."""
    ends = subject.challenge_ends_at
    return {
        "state": line.state.value,
        "previous_state": None if line.previous_state is None else line.previous_state.value,
        "request_timestamp": line.request_timestamp,
        "p": {"mean": subject.p_mean, "p05": subject.p_low, "p95": subject.p_high},
        "expected_loss_usdc": to_usdc(subject.expected_loss),
        "open_interest_usdc": to_usdc(subject.open_interest),
        "challenge_open": subject.challenge_open,
        "challenge_ends_at": None if ends is None else f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "measure": None if decision.measure is None else decision.measure.value,
        "support": subject.support.value,
        "model_version": subject.model_version,
        "as_of": f"{subject.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "links": list(subject.links),
    }


def to_raised(reason: str, reason_key: str, facts: Mapping[str, object]) -> RaisedReason:
    """An alert of the past from its row and the facts `to_facts` kept."""
    p, timestamp, loss = (facts[k] for k in ("p", "request_timestamp", "expected_loss_usdc"))
    return RaisedReason(
        reason_key=reason_key,
        reason=AlertReason(reason),
        state=MarketState(str(facts["state"])),
        request_timestamp=timestamp if isinstance(timestamp, int) else None,
        p_mean=float(p["mean"]) if isinstance(p, dict) else 0.0,
        expected_loss=None if loss is None else int(Decimal(str(loss)) * _MICRO),
    )
