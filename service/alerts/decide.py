"""Whether a market's current line is news, and under which name. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.enums import AlertReason, MarketState

# States that are news by themselves. A proposal is not one: every market gets one, and the
# thresholds speak for those that matter. A payout ends the story; it is no alarm.
ALARMING_STATES = frozenset(
    {
        MarketState.DISPUTED_ONCE,
        MarketState.REPROPOSED,
        MarketState.VOTING,
        MarketState.ANSWERED,
        MarketState.FLAGGED,
    }
)
# The reasons this module gives; other alerts of a market are decided elsewhere.
SCORE_REASONS = frozenset({AlertReason.FIRST, AlertReason.WORSENED, AlertReason.STATE_WORSENED})
_CONTESTED = frozenset({MarketState.DISPUTED_ONCE, MarketState.REPROPOSED, MarketState.VOTING})
_ORDER = {state: place for place, state in enumerate(MarketState)}
# A smaller step could end in the same band as the one before, and then share its key.
_SMALLEST_FACTOR = 2.0


class Measure(StrEnum):
    """What a rule sets a threshold on."""

    PROBABILITY = "probability"
    EXPECTED_LOSS = "expected_loss"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """From which values on people are told. ``expected_loss`` is micro-USDC."""

    probability: float
    expected_loss: int
    name: str = "challenge"
    # How many times the value last told a value must reach to be told again.
    worsened_factor: float = _SMALLEST_FACTOR

    def __post_init__(self) -> None:
        """Refuse a factor that would let a jittering score repeat itself."""
        if self.worsened_factor < _SMALLEST_FACTOR:
            message = (
                f"worsened_factor must be at least {_SMALLEST_FACTOR}, got {self.worsened_factor}"
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A market's current line, as far as deciding needs it. Money is micro-USDC."""

    state: MarketState
    # The last other state we assessed it in; None for a market first seen in this one.
    previous_state: MarketState | None
    # The operative price request's timestamp; None where only Polymarket's feed is known.
    request_timestamp: int | None
    p_mean: float
    expected_loss: int | None
    # Whether a dispute is still possible at this moment.
    challenge_open: bool


@dataclass(frozen=True, slots=True)
class RaisedReason:
    """What was told of the market before, with the values told."""

    reason_key: str
    reason: AlertReason
    state: MarketState
    request_timestamp: int | None
    p_mean: float
    expected_loss: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A named reason to tell people, and the key under which it is told once."""

    reason: AlertReason
    reason_key: str
    # With WORSENED: which value rose, and the one last told (None: it was unknown).
    measure: Measure | None = None
    last_told: float | None = None


def notify_reason(
    now_line: StandingLine, already: Sequence[RaisedReason], rule: AlertRule
) -> Decision | None:
    """Why people should be told of the market now; ``None`` where there is no news.

    ``already`` are the market's alerts so far, in any order and of any rule.
    """
    told = [
        raised
        for raised in already
        if raised.reason_key.startswith(f"{rule.name}:") and _is_same_round(raised, now_line)
    ]
    decision = _state_worsened(now_line, told, rule)
    if decision is None and now_line.challenge_open:
        decision = _threshold_reached(now_line, told, rule)
    if decision is None or any(raised.reason_key == decision.reason_key for raised in already):
        return None
    return decision


def _state_worsened(
    line: StandingLine, told: Sequence[RaisedReason], rule: AlertRule
) -> Decision | None:
    previous = line.previous_state
    if previous is None or line.state not in ALARMING_STATES:
        return None
    if _ORDER[line.state] <= _ORDER[previous]:
        return None
    # Undisputed answers pass through this state on their way to a payout, thousands a day.
    if line.state is MarketState.ANSWERED and previous not in _CONTESTED:
        return None
    if any(t.reason is AlertReason.STATE_WORSENED and t.state is line.state for t in told):
        return None
    return Decision(AlertReason.STATE_WORSENED, _key(rule, line, "state", line.state.value))


def _threshold_reached(
    line: StandingLine, told: Sequence[RaisedReason], rule: AlertRule
) -> Decision | None:
    levels = (
        (Measure.PROBABILITY, line.p_mean, rule.probability, [t.p_mean for t in told]),
        (
            Measure.EXPECTED_LOSS,
            line.expected_loss,
            rule.expected_loss,
            [t.expected_loss for t in told if t.expected_loss is not None],
        ),
    )
    reached = [level for level in levels if level[1] is not None and level[1] >= level[2]]
    if not reached:
        return None
    if not any(_was_above(raised, rule) for raised in told):
        return Decision(AlertReason.FIRST, _key(rule, line, "first"))
    for measure, value, _, before in reached:
        assert value is not None  # noqa: S101  # `reached` holds known values only
        last = max(before, default=None)
        if last is None or (value > last and value >= rule.worsened_factor * last):
            key = _key(rule, line, "worsened", measure.value, str(_band(value)))
            return Decision(AlertReason.WORSENED, key, measure, last)
    return None


def _was_above(raised: RaisedReason, rule: AlertRule) -> bool:
    loss = raised.expected_loss
    return raised.p_mean >= rule.probability or (loss is not None and loss >= rule.expected_loss)


def _is_same_round(raised: RaisedReason, line: StandingLine) -> bool:
    # A lost chain makes the round unknown; that must not make old news new.
    rounds = {raised.request_timestamp, line.request_timestamp}
    return None in rounds or len(rounds) == 1


def _band(value: float) -> int:
    # The binary exponent: doubling moves it by exactly one, whatever the unit.
    return math.frexp(value)[1]


def _key(rule: AlertRule, line: StandingLine, *parts: str) -> str:
    request = "feed" if line.request_timestamp is None else str(line.request_timestamp)
    return ":".join((rule.name, request, *parts))
