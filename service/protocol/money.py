"""Money as people and programs read it: exact, with every decimal of its token."""

from decimal import Decimal

MICRO_DIGITS = 6
WEI_DIGITS = 18


def to_usdc(micro: int | None) -> str | None:
    """Micro-USDC as an exact decimal string in USDC; ``None`` stays absent."""
    return None if micro is None else _decimal(micro, MICRO_DIGITS)


def to_uma(wei: int) -> str:
    """Wei as an exact decimal string in UMA; a share scaled by 1e18 reads the same way."""
    return _decimal(wei, WEI_DIGITS)


def _decimal(value: int, decimals: int) -> str:
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).zfill(decimals + 1)
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def exact(number: Decimal) -> str:
    """A decimal number with all its digits, without exponent or trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
