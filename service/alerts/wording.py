"""What an alert says: a title and a short text, from values that are already decided. Pure.

It reports numbers, states and links. It names no person and suggests no intent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.enums import AlertReason, MarketState, Support
from service.alerts.decide import Decision, Measure
from service.alerts.plain import money, one_line, percent, points, utc

TITLE_LENGTH = 120
MAX_DRIVERS = 3
# A contribution below this share of the largest says nothing in a chat line.
_FAINT = 0.05

_STATES = {
    MarketState.PRE_PROPOSAL: "no answer proposed yet",
    MarketState.PROPOSED: "answer proposed",
    MarketState.DISPUTED_ONCE: "disputed once, waiting for a new proposal",
    MarketState.REPROPOSED: "answer proposed again after a dispute",
    MarketState.VOTING: "disputed, going to the UMA vote",
    MarketState.ANSWERED: "answered by the oracle, not paid yet",
    MarketState.FLAGGED: "flagged or paused by the adapter's administrators",
    MarketState.RESOLVED: "paid",
}
_HEADLINES = {
    MarketState.PRE_PROPOSAL: "State changed",
    MarketState.PROPOSED: "Answer proposed",
    MarketState.DISPUTED_ONCE: "Disputed",
    MarketState.REPROPOSED: "Proposed again",
    MarketState.VOTING: "Going to a vote",
    MarketState.ANSWERED: "Answered, not paid yet",
    MarketState.FLAGGED: "Flagged or paused",
    MarketState.RESOLVED: "Paid",
}
_SUPPORTS = {
    Support.MEASURED: "measured",
    Support.MIXED: "mixed (data and assumptions)",
    Support.ASSUMED: "assumed (no data of its own behind the main numbers)",
}


@dataclass(frozen=True, slots=True)
class DriverLine:
    """One reason behind the score; ``contribution`` is signed, in probability."""

    feature: str
    value: str | float | None
    contribution: float


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """All an alert tells of a market. Money is micro-USDC, probabilities are in 0..1."""

    title: str
    state: MarketState
    previous_state: MarketState | None
    p_mean: float
    p_low: float
    p_high: float
    expected_loss: int | None
    # None: unknown, and the expected loss rests on an assumed value.
    open_interest: int | None
    challenge_open: bool
    challenge_ends_at: datetime | None
    # Whether the managed oracle keeps challenges open until settlement; None: not known.
    is_managed: bool | None
    drivers: tuple[DriverLine, ...]
    support: Support
    as_of: datetime
    model_version: str
    # Where to look: our page, Polymarket's, the newest oracle transaction.
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one alert."""

    title: str
    body: str


def compose(subject: AlertSubject, decision: Decision) -> Wording:
    """The words for a market and the reason it is news."""
    lines = [
        _probability_line(subject, decision),
        _money_line(subject, decision),
        f"State: {_STATES[subject.state]}{_before(subject)}.",
        _challenge_line(subject),
        *_why_lines(subject.drivers),
        f"Support: {_SUPPORTS[subject.support]}.",
        f"As of {utc(subject.as_of)}, model {subject.model_version}.",
        *subject.links,
    ]
    title = f"{_headline(subject, decision)}: {one_line(subject.title, TITLE_LENGTH)}"
    return Wording(title, "\n".join(lines))


def _headline(subject: AlertSubject, decision: Decision) -> str:
    match decision.reason:
        case AlertReason.FIRST:
            return "Risk of a wrong payout"
        case AlertReason.WORSENED:
            return "Risk of a wrong payout has risen"
        case AlertReason.STATE_WORSENED:
            return _HEADLINES[subject.state]
        case _:
            message = f"an alert of reason {decision.reason} has a wording of its own"
            raise ValueError(message)


def _probability_line(subject: AlertSubject, decision: Decision) -> str:
    interval = f"90 % interval {percent(subject.p_low)} to {percent(subject.p_high)}"
    line = f"P(paid out wrong): {percent(subject.p_mean)} ({interval})"
    if decision.measure is Measure.PROBABILITY and decision.last_told is not None:
        return f"{line}, last told {percent(decision.last_told)}."
    return f"{line}."


def _money_line(subject: AlertSubject, decision: Decision) -> str:
    if subject.expected_loss is None:
        return "Expected loss: unknown (neither open interest nor volume is known)."
    loss = money(subject.expected_loss)
    if decision.measure is Measure.EXPECTED_LOSS and decision.last_told is not None:
        loss = f"{loss} (last told {money(int(decision.last_told))})"
    if subject.open_interest is None:
        return f"Expected loss: {loss}, on an assumed open interest (the real one is unknown)."
    return f"Expected loss: {loss} of {money(subject.open_interest)} open interest."


def _before(subject: AlertSubject) -> str:
    if subject.previous_state is None:
        return ""
    return f" (before: {_STATES[subject.previous_state]})"


def _challenge_line(subject: AlertSubject) -> str:
    if not subject.challenge_open:
        return "A challenge is not possible at this moment."
    ends = subject.challenge_ends_at
    if subject.is_managed:
        if ends is None or ends <= subject.as_of:
            return "A challenge is still possible: open past its minimum window until settled."
        return f"A challenge is possible at least until {utc(ends)}, then until settled."
    if ends is None:
        return "A challenge is possible; its end is not known."
    return f"A challenge is possible until {utc(ends)}."


def _why_lines(drivers: Sequence[DriverLine]) -> list[str]:
    ranked = sorted(drivers, key=lambda driver: -abs(driver.contribution))[:MAX_DRIVERS]
    if not ranked or ranked[0].contribution == 0:
        return []
    faintest = _FAINT * abs(ranked[0].contribution)
    words = [_driver_words(d) for d in ranked if abs(d.contribution) >= faintest]
    return [f"Why: {'; '.join(words)}."]


def _driver_words(driver: DriverLine) -> str:
    feature = one_line(driver.feature.replace("_", " "), 60)
    return f"{feature}{_value_words(driver.value)} {points(driver.contribution)}"


def _value_words(value: str | float | None) -> str:
    if value is None:
        return ""
    text = one_line(value, 40) if isinstance(value, str) else f"{value:.4g}"
    return f" {text}"
