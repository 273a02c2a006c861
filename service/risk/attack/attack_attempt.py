"""How likely somebody tries. docs/methodology.md, "Whether somebody tries". All of it assumed."""

from dataclasses import dataclass
from math import exp, log10

from service.risk.attack.attack_parameters import AttackParameters, AttemptPriors
from service.risk.beta_quantiles import beta_quantile


@dataclass(frozen=True, slots=True)
class AttemptRate:
    """A chance a round and its 90 % interval."""

    mean: float
    p05: float
    p95: float


def raw_attempt(
    profit_usd: float, *, conflict: bool, new_stake: bool, parameters: AttackParameters
) -> float:
    """P(a bloc attacks a round), before past rounds set its level."""
    priors = parameters.attempt
    logit = priors.intercept
    logit += priors.profit * log10(1 + max(0.0, profit_usd) / priors.profit_unit_usd)
    logit += priors.conflict * conflict + priors.new_stake * new_stake
    return priors.cap / (1 + exp(-logit))


def base_attempt_rate(parameters: AttackParameters) -> AttemptRate:
    """Attacks a round as alleged so far: Jeffreys, 0.25 % (0.03 to 0.65 %)."""
    a, b = _jeffreys(parameters.attempt)
    return AttemptRate(a / (a + b), beta_quantile(a, b, 0.05), beta_quantile(a, b, 0.95))


def attempt_scale(past_mean: float | None, parameters: AttackParameters) -> float:
    """What raw chances are multiplied by so that past rounds attack at the alleged rate.

    ``past_mean``: mean over past rounds of the raw chance that any bloc attacks. None, where no
    round was assessed: a round with one bloc that gains nothing stands for them.
    """
    past = past_mean
    if past is None or past <= 0:
        past = raw_attempt(0.0, conflict=False, new_stake=False, parameters=parameters)
    return base_attempt_rate(parameters).mean / past


def with_interval(chance: float, parameters: AttackParameters) -> AttemptRate:
    """A chance that hangs on the level of attempts: as wide, relatively, as the alleged rate."""
    low, high = level_bounds(parameters)
    return AttemptRate(chance, chance * low, min(1.0, chance * high))


def level_bounds(parameters: AttackParameters) -> tuple[float, float]:
    """The 5 and 95 % ends of the alleged rate over its mean."""
    base = base_attempt_rate(parameters)
    return base.p05 / base.mean, base.p95 / base.mean


def any_attempt(chances: list[float]) -> float:
    """P(at least one of them attacks), each on its own."""
    none = 1.0
    for chance in chances:
        none *= 1 - chance
    return 1 - none


def _jeffreys(priors: AttemptPriors) -> tuple[float, float]:
    return priors.alleged + 0.5, priors.rounds - priors.alleged + 0.5
