"""How often something happens to a question: by count, and by money.

docs/methodology.md, "Base rates". Pure: arrays of finished questions in, estimates out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.enums import Support
from models.rate_enums import RateMethod, RateStatus
from service.risk.draws import Values
from service.risk.rates.rate_clusters import (
    Clustering,
    Codes,
    cluster_by,
    design_effect,
    round_codes,
)
from service.risk.rates.rate_estimate import NO_WEIGHTED_RATE, RateEstimate, without_rate
from service.risk.rates.rate_intervals import (
    HIGH,
    LOW,
    Span,
    bootstrap_rates,
    jeffreys,
    kish_size,
    linearised_error,
    wilson,
)
from service.risk.rates.rate_parameters import RateParameters


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Finished questions with the label of one target, one value each.

    ``outcomes`` in 0..1 (soft labels are fractions); ``groups`` a code a group of markets;
    ``rounds`` the round of the vote a question's first dispute fell to, -1 without one.
    """

    outcomes: Values
    groups: Codes
    rounds: Codes

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together, and outcomes outside 0..1."""
        if not len(self.outcomes) == len(self.groups) == len(self.rounds):
            raise ValueError("outcomes, groups and rounds differ in length")
        # Written so that a nan is refused, too.
        if not bool(np.all((self.outcomes >= 0) & (self.outcomes <= 1))):
            raise ValueError("an outcome lies outside 0..1")

    def kept(self, mask: np.ndarray) -> "Labelled":
        """The questions where ``mask`` is true."""
        return Labelled(self.outcomes[mask], self.groups[mask], self.rounds[mask])

    def cluster(self) -> tuple[Clustering, ...]:
        """By group, and by round of the vote where there was one; the wider interval counts."""
        groups = cluster_by(self.groups)
        if not bool((self.rounds >= 0).any()):
            return (groups,)
        return groups, cluster_by(round_codes(self.groups, self.rounds))


def count_rate(questions: Labelled, parameters: RateParameters) -> RateEstimate:
    """The share of questions it happened to, every question counting for one."""
    n = len(questions.outcomes)
    if n == 0:
        return without_rate(RateStatus.BOUND_ONLY, "no finished question")
    positives = float(questions.outcomes.sum())
    clusterings = questions.cluster()
    effect = common_design_effect(questions, clusterings, parameters)
    n_eff = n / effect
    span = jeffreys(positives / n * n_eff, n_eff)
    reason = None
    if positives < parameters.minimum.positives:
        reason = "nothing of the kind among them: only the upper bound is known"
    elif n < parameters.minimum.questions:
        reason = f"fewer than {parameters.minimum.questions} questions: only a bound is known"
    return RateEstimate(
        status=RateStatus.ESTIMATED if reason is None else RateStatus.BOUND_ONLY,
        method=RateMethod.JEFFREYS,
        value=positives / n if reason is None else None,
        low=span.low if reason is None else None,
        high=span.high,
        wilson=wilson(positives, n),
        n=n,
        missing=0,
        positives=positives,
        clusters=clusterings[0].count,
        n_eff=n_eff,
        design_effect=effect,
        largest_share=_largest(questions.outcomes),
        standard_error=_error(questions, np.ones(n), clusterings),
        reason=reason,
    )


def weighted_rate(questions: Labelled, weights: Values, parameters: RateParameters) -> RateEstimate:
    """The ratio sum w y / sum w; a weight that is not known is ``nan``, its question left out."""
    if len(weights) != len(questions.outcomes):
        raise ValueError("weights and questions differ in length")
    known = ~np.isnan(weights)
    missing = int((~known).sum())
    questions, weights = questions.kept(known), weights[known]
    if bool((weights < 0).any()):
        raise ValueError("a weight is negative")
    if float(weights.sum()) <= 0:
        why = "no weight at all" if len(weights) else "the weight is known of no question"
        return without_rate(RateStatus.MISSING, why, missing=missing)
    positives = float(questions.outcomes[weights > 0].sum())
    # By cluster: alike questions of a group are no more than one big one.
    clusterings = questions.cluster()
    n_eff = min(kish_size(c.sums(weights)) for c in clusterings)
    rate = float((weights * questions.outcomes).sum() / weights.sum())
    reason, minimum = _refusal(positives, n_eff, parameters), parameters.minimum
    is_drawn = reason is None and positives >= minimum.bootstrap_positives
    span = (
        _bootstrapped(questions, weights, clusterings, parameters)
        if is_drawn
        else jeffreys(n_eff * rate, n_eff)
    )
    return RateEstimate(
        status=RateStatus.ESTIMATED if reason is None else RateStatus.REFUSED,
        method=RateMethod.CLUSTER_BOOTSTRAP if is_drawn else RateMethod.KISH_BETA,
        value=rate if reason is None else None,
        low=min(span.low, rate) if reason is None else None,
        high=max(span.high, rate),
        wilson=None,
        n=len(weights),
        missing=missing,
        positives=positives,
        clusters=clusterings[0].count,
        n_eff=n_eff,
        design_effect=None,
        largest_share=_largest(weights * questions.outcomes),
        standard_error=_error(questions, weights, clusterings) if reason is None else None,
        reason=reason,
    )


def common_design_effect(
    questions: Labelled, clusterings: Sequence[Clustering], parameters: RateParameters
) -> float:
    """How much wider than of unlike questions the interval is; at least 1.

    By groups 1 + (m - 1) rho, or by groups or rounds of the vote the linearised variance over the
    plain one, whichever is largest: the first falls short where large groups are the alike ones.
    Only disputed questions have a round, so that rho within rounds would say nothing.
    """
    least = parameters.minimum.likeness_positives
    outcomes, n = questions.outcomes, len(questions.outcomes)
    found = design_effect(outcomes, clusterings[0], least)
    plain = float(outcomes.var(ddof=1)) / n if n > 1 else 0.0
    if plain > 0 and float(outcomes.sum()) >= least:
        errors = [linearised_error(outcomes, np.ones(n), c) for c in clusterings]
        found = max([found, *(error**2 / plain for error in errors if error is not None)])
    return min(found, float(n))


def misresolved_bound(
    disputed: RateEstimate, flipped: RateEstimate, parameters: RateParameters
) -> RateEstimate:
    """An upper bound of misresolution without an audited sample; it rests on an assumption.

    Wrong answers are among the disputed questions, or nobody disputed them. The first are at most
    all that were disputed. Where a share d of wrong first proposals is disputed, the second are
    (1 - d) / d times those that a dispute corrected, read off the flips of the outcome.
    """
    if disputed.high is None or flipped.high is None or disputed.n == 0:
        return without_rate(RateStatus.UNCALIBRATED, "no finished question")
    share = parameters.disputed_given_wrong
    unseen = flipped.high * (1 - share) / share
    reason = (
        "no audited sample: uncalibrated. The bound takes every disputed question for wrong, and "
        f"assumes that at least {share:.0%} of wrong first proposals are disputed"
    )
    return _conditional(disputed, min(1.0, disputed.high + unseen), reason)


def contested_bound(disputed: RateEstimate) -> RateEstimate:
    """Without an audited sample nothing bounds how many questions have no clear answer."""
    reason = (
        "no audited sample: uncalibrated. Questions nobody disputed may be unclear, too, so that "
        "nothing stored bounds this below 1"
    )
    return _conditional(disputed, 1.0, reason)


def _conditional(like: RateEstimate, high: float, reason: str) -> RateEstimate:
    return RateEstimate(
        status=RateStatus.UNCALIBRATED,
        method=RateMethod.CONDITIONAL_BOUND,
        value=None,
        low=None,
        high=high,
        wilson=None,
        n=like.n,
        missing=like.missing,
        positives=0.0,
        clusters=like.clusters,
        n_eff=0.0,
        design_effect=None,
        largest_share=None,
        standard_error=None,
        reason=reason,
        support=Support.ASSUMED,
    )


def _refusal(positives: float, n_eff: float, parameters: RateParameters) -> str | None:
    minimum = parameters.minimum
    if positives < minimum.weighted_positives:
        return f"{NO_WEIGHTED_RATE}: {positives:g} positives, {minimum.weighted_positives} needed"
    if n_eff < minimum.weighted_n_eff:
        return (
            f"{NO_WEIGHTED_RATE}: effective sample size {n_eff:.1f}, "
            f"{minimum.weighted_n_eff:g} needed"
        )
    return None


def _bootstrapped(
    questions: Labelled,
    weights: Values,
    clusterings: Sequence[Clustering],
    parameters: RateParameters,
) -> Span:
    spans = []
    for clustering in clusterings:
        drawn = bootstrap_rates(
            questions.outcomes,
            weights,
            clustering,
            parameters.bootstrap,
            parameters.seed,
            parameters.exact_clusters,
        )
        low, high = np.quantile(drawn, (LOW, HIGH))
        spans.append(Span(float(low), float(high)))
    return spans[0] if len(spans) == 1 else spans[0].around(spans[1])


def _error(questions: Labelled, weights: Values, clusterings: Sequence[Clustering]) -> float | None:
    errors = [linearised_error(questions.outcomes, weights, c) for c in clusterings]
    return max((e for e in errors if e is not None), default=None)


def _largest(weighted: Values) -> float | None:
    total = float(weighted.sum())
    return float(weighted.max()) / total if total > 0 else None
