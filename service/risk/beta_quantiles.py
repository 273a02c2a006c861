"""Quantiles of the Beta distribution, without any table or solver.

The regularised incomplete beta function by Lentz's continued fraction, inverted by bisection;
tests hold it against draws and closed forms.
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p

from service.risk.log_odds import expit

_TINY = 1e-300
_STEPS = 1_000_000
_STEPS_AT_MOST = 200
_PRECISION = 1e-13
# Log odds beyond which a share is 0 or 1 in floating point.
_LOWEST, _HIGHEST = -700.0, 36.0


@lru_cache(maxsize=4096)
def beta_quantile(a: float, b: float, share: float) -> float:
    """Where the lower ``share`` of Beta(a, b) ends; ``ValueError`` unless a, b > 0, 0 < share < 1.

    Newton's steps in log odds, so that rates of one in a billion keep their digits; halving the
    bracket where a step would leave it.
    """
    if not (a > 0 and b > 0 and 0 < share < 1):
        message = f"no such quantile: Beta({a}, {b}) at {share}"
        raise ValueError(message)
    low, high, at = _LOWEST, _HIGHEST, log(a) - log(b)
    constant = lgamma(a + b) - lgamma(a) - lgamma(b)
    for _ in range(_STEPS_AT_MOST):
        x = expit(at)
        above = beta_share_below(a, b, x) - share
        low, high = (low, at) if above > 0 else (at, high)
        # The density by log odds: x^a (1 - x)^b / B(a, b).
        slope = exp(constant + a * log(x) + b * log1p(-x))
        step = above / slope if slope > _TINY else high - low
        following = at - step if low < at - step < high else (low + high) / 2
        if abs(following - at) <= _PRECISION * max(abs(at), 1.0):
            return expit(following)
        at = following
    return expit(at)


def beta_share_below(a: float, b: float, x: float) -> float:
    """The share of Beta(a, b) at or below ``x``, in 0..1."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return min(1.0, front * _fraction(a, b, x) / a)
    return max(0.0, 1 - front * _fraction(b, a, 1 - x) / b)


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away(1 + even * d), _away(1 + even / c)
        found *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away(1 + odd * d), _away(1 + odd / c)
        found *= d * c
        if abs(d * c - 1) < 1e-14:  # noqa: PLR2004  # rounding's own size
            break
    return found


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
