"""Money as people and programs read it: exact, with all six decimals of USDC."""

MICRO_DIGITS = 6


def to_usdc(micro: int | None) -> str | None:
    """Micro-USDC as an exact decimal string in USDC; ``None`` stays absent."""
    if micro is None:
        return None
    sign, digits = ("-" if micro < 0 else ""), str(abs(micro)).zfill(MICRO_DIGITS + 1)
    return f"{sign}{digits[:-MICRO_DIGITS]}.{digits[-MICRO_DIGITS:]}"
