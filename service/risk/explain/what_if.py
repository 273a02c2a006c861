"""Questions of the kind "what if …", read from words. docs/methodology.md, "What if"."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from models.enums import Outcome

MOST_MINUTES = 7 * 24 * 60
# More than all the collateral there is; a mistyped unit, surely.
MOST_USDC = 10**12
_LONGEST = 40
_SHOWN = 60


class Change(StrEnum):
    """Which input a question replaces."""

    OPEN_INTEREST = "open_interest"
    VOLUME = "volume"
    PRICE_BEFORE = "price_before"
    PROPOSED = "proposed"
    UNDISPUTED_MINUTES = "undisputed_minutes"
    DISPUTED = "disputed"
    ANSWER = "answer"


# What follows the equals sign, for whoever asks wrongly.
TAKES: Mapping[Change, str] = {
    Change.OPEN_INTEREST: "an amount in USDC",
    Change.VOLUME: "an amount in USDC",
    Change.PRICE_BEFORE: "a price of Yes from 0 to 1",
    Change.PROPOSED: "yes, no or half",
    Change.UNDISPUTED_MINUTES: f"whole minutes from 1 to {MOST_MINUTES}",
    Change.DISPUTED: "now",
    Change.ANSWER: "yes, no or half",
}
_OUTCOMES = {
    "yes": Outcome.YES,
    "no": Outcome.NO,
    "half": Outcome.HALF,
    "50-50": Outcome.HALF,
}
WhatIfValue = int | Decimal | Outcome | None


class BadWhatIf(ValueError):
    """A question that cannot be read; the message says which part, and what it takes."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One replaced input. ``value``: micro-USDC, a price, minutes or an outcome; None: ``now``."""

    change: Change
    value: WhatIfValue

    @property
    def text(self) -> str:
        """The question as it is asked, e.g. ``open_interest=50000``."""
        match self.value:
            case None:
                return f"{self.change}=now"
            case Outcome():
                words = {Outcome.YES: "yes", Outcome.NO: "no", Outcome.HALF: "half"}
                return f"{self.change}={words[self.value]}"
            case int() if self.change in (Change.OPEN_INTEREST, Change.VOLUME):
                return f"{self.change}={Decimal(self.value) / 10**6:f}"
            case _:
                return f"{self.change}={self.value}"


def parse_what_if(text: str) -> WhatIf:
    """Read ``name=value``; :class:`BadWhatIf` where it is no question we can answer."""
    name, equals, value = text.partition("=")
    names = ", ".join(f"{change}=…" for change in Change)
    try:
        change = Change(name.strip())
    except ValueError:
        message = f"{name.strip()[:_SHOWN]!r} cannot be replaced. Choose one of: {names}"
        raise BadWhatIf(message) from None
    shown = value.strip()
    found = _value(change, shown.lower()) if equals and len(shown) <= _LONGEST else _BAD
    if isinstance(found, _Bad):
        message = f"{change}={shown[:_SHOWN]}: takes {TAKES[change]}"
        raise BadWhatIf(message)
    return WhatIf(change, found)


class _Bad:
    """What no value is."""


_BAD = _Bad()


def _value(change: Change, text: str) -> WhatIfValue | _Bad:
    match change:
        case Change.DISPUTED:
            return None if text in {"now", "yes"} else _BAD
        case Change.PROPOSED | Change.ANSWER:
            return _OUTCOMES.get(text, _BAD)
        case Change.UNDISPUTED_MINUTES:
            is_whole = text.isascii() and text.isdigit()
            return int(text) if is_whole and 1 <= int(text) <= MOST_MINUTES else _BAD
        case Change.PRICE_BEFORE:
            price = _decimal(text)
            return price if price is not None and 0 <= price <= 1 else _BAD
        case Change.OPEN_INTEREST | Change.VOLUME:
            amount = _decimal(text)
            if amount is None or not 0 <= amount <= MOST_USDC:
                return _BAD
            return int(amount * 10**6)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
