"""How signs print shares, lines and counts."""


def percent(share: float) -> str:
    """A share of 0..1 to a tenth of a percent."""
    return f"{100 * share:.1f} %"


def line_words(share: float) -> str:
    """A threshold, without digits it does not have."""
    return f"{round(100 * share, 1):g} %"


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"
