"""How well a share is known from so many runs."""

from scipy.special import betaincinv

# Both ends of a 95 % interval.
_TAIL = 0.025


def share_interval(hits: int, runs: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval of a share; 0..1 where nothing was run."""
    low = 0.0 if hits == 0 else float(betaincinv(hits, runs - hits + 1, _TAIL))
    high = 1.0 if hits == runs else float(betaincinv(hits + 1, runs - hits, 1 - _TAIL))
    return low, high
