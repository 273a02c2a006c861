"""Single values as Polymarket sends them: times in three forms, money, ids. Pure.

Each function raises ``ValueError`` with a reason fit to be shown.
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal

from service.protocol.ids import parse_address, parse_hex32

MICRO = 6
# The stored column is a signed 64-bit integer.
MOST_MICRO_USDC = 2**63 - 1
# Above this an epoch counts milliseconds (as seconds it would be the year 5138).
FIRST_MILLISECOND_EPOCH = 10**11
UNSET_PRICE = "69"
INT256 = 2**255
_EPOCH = re.compile(r"\d{9,14}\Z", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,78}\Z", re.ASCII)
# Combination ids seen in feeds: a 31-byte id padded with zeros, which no condition has.
_PADDED = "0" * 20


def to_time(text: str | None) -> datetime | None:
    """An instant in UTC from RFC 3339, the space form, a bare date or an epoch (s or ms)."""
    if text is None:
        return None
    text = text.strip()
    try:
        if _EPOCH.match(text):
            seconds = int(text)
            if seconds >= FIRST_MILLISECOND_EPOCH:
                return datetime.fromtimestamp(seconds / 1000, UTC)
            return datetime.fromtimestamp(seconds, UTC)
        at = datetime.fromisoformat(text)
        # A time without zone is UTC here: the bare dates and the legacy rows are.
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        message = f"not a time: {text[:40]!r}"
        raise ValueError(message) from error


def to_micro_usdc(value: Decimal | None) -> int | None:
    """Micro-USDC from dollars, digits below a millionth dropped."""
    if value is None:
        return None
    # The exponent first: "1e999999999" must not become an integer of that many digits.
    if value and value.adjusted() > len(str(MOST_MICRO_USDC)):
        raise _out_of_range(value)
    micro = int(value.scaleb(MICRO).to_integral_value(ROUND_DOWN))
    if not 0 <= micro <= MOST_MICRO_USDC:
        raise _out_of_range(value)
    return micro


def to_raw_price(text: str | None) -> int | None:
    """A price scaled by 1e18; ``None`` where absent or the feed's "69" (unset)."""
    if text is None or text == UNSET_PRICE:
        return None
    if not _INTEGER.match(text) or not -INT256 <= int(text) < INT256:
        message = f"not a price: {text[:40]!r}"
        raise ValueError(message)
    return int(text)


def to_condition_id(text: str | None) -> bytes:
    """A condition id: 32 bytes, and not a padded combination id."""
    if text is None:
        message = "no condition id"
        raise ValueError(message)
    value = to_id(text)
    if value is None or text.endswith(_PADDED):
        message = f"not a condition id: {text[:80]!r}"
        raise ValueError(message)
    return value


def to_id(text: str | None) -> bytes | None:
    """A 32-byte id from 0x-hex."""
    return None if text is None else parse_hex32(text.strip())


def to_address(text: str | None) -> bytes | None:
    """A 20-byte address from 0x-hex."""
    return None if text is None else parse_address(text.strip())


def _out_of_range(value: Decimal) -> ValueError:
    return ValueError(f"money out of range: {str(value)[:40]}")
