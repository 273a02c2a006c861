"""Numbers and foreign text as plain words for chat. Pure."""

from datetime import datetime
from decimal import Decimal

_MICRO = 1_000_000
# Above it rounding would claim a certainty that is not there.
_ALMOST_SURE = 0.999
_CENTS_MATTER_BELOW = 100
_ZERO_WIDTH_SPACE = "\u200b"


def percent(p: float) -> str:
    """A probability with two significant digits: 0.000023 is "0.0023 %"."""
    if _ALMOST_SURE < p < 1:
        return f"over {100 * _ALMOST_SURE:g} %"
    return f"{_two_digits(100 * p)} %"


def points(p: float) -> str:
    """A signed change of probability in percentage points."""
    sign = "\u2212" if p < 0 else "+"
    return f"{sign}{_two_digits(100 * abs(p))} pp"


def _two_digits(value: float) -> str:
    if value in (0, 100):
        return f"{value:.0f}"
    # Two digits would hide most of the doubt that is left.
    digits = f"{value:.3g}" if value > 99 else f"{value:.2g}"  # noqa: PLR2004  # see above
    return f"{Decimal(digits):f}"


def money(micro_usdc: int) -> str:
    """An amount of micro-USDC in USD."""
    usd = Decimal(micro_usdc) / _MICRO
    return f"{usd:,.2f} USD" if abs(usd) < _CENTS_MATTER_BELOW else f"{usd:,.0f} USD"


def utc(at: datetime) -> str:
    """An instant to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def one_line(text: str, length: int) -> str:
    """Foreign text made harmless for chat: one short line that calls nobody.

    Market titles are written by others. Control and direction characters go, and what chats take
    for a mention ("@everyone", "<!channel>") is broken by a space nobody sees.
    """
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(words) > length:
        words = words[: length - 1].rstrip() + "\u2026"
    for opening in ("@", "<"):
        words = words.replace(opening, opening + _ZERO_WIDTH_SPACE)
    return words
