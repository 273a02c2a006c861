"""The state table: from a situation to the ways it can end wrong.

docs/methodology.md, "States".
"""

from dataclasses import dataclass, replace

import numpy as np

from models.enums import MarketState, Outcome
from service.risk import belief
from service.risk.belief import OUTCOMES, Classes
from service.risk.draws import (
    HIGHEST_RATE,
    Transitions,
    Values,
    captured_vote,
    shifted_about,
    source_corruption,
    vote_error,
)
from service.risk.evidence import ln_against, ln_judged
from service.risk.hazard import remaining
from service.risk.parameters import Ambiguity, RiskParameters
from service.risk.path import (
    PATHS,
    SECOND_UNDISPUTED,
    UNDISPUTED,
    VOTE_ATTACK,
    VOTE_HONEST,
    PathSum,
    from_first,
    from_second,
    from_vote,
    vote_parts,
    with_source,
)
from service.risk.situation import SETTLED, Situation
from service.risk.vote_outlook import deletion_after, foresee
from service.risk.wording_features import load_points


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How a market's course stands: its wrong endings and what is believed on the way."""

    path: PathSum
    # Classes of the proposal in doubt, and of the first one; None before any proposal.
    classes: Classes | None = None
    # P(T = o) in the order of OUTCOMES; None where no proposal gives a side to believe.
    tau: Values | None = None
    # P(the vote answers o | it answers); only while voting.
    vote: Values | None = None
    # The transitions after the evidence, for what is derived from them.
    transitions: Transitions | None = None
    # From a second request on, where the first is still ahead.
    later: PathSum | None = None


def follow(t: Transitions, s: Situation, parameters: RiskParameters) -> Course:
    """The course of a market in a situation."""
    price = belief.price_of(s.proposed, s.price_yes)
    ambiguity = belief.ambiguity_of(price, s.stage, parameters)
    t = replace(_adjusted(t, s, parameters), vh=vote_error(parameters, ambiguity))
    course = _course(t, s, parameters)
    if s.fragile is None:
        return course
    prior = load_points().fragile[s.fragile]
    corrupted = source_corruption(parameters, s.fragile, prior)
    return replace(course, path=with_source(course.path, corrupted))


def _adjusted(t: Transitions, s: Situation, parameters: RiskParameters) -> Transitions:
    """The rates of a market with these features, under a proposal of this liveness."""
    if s.feature_logit or s.wrong_logit:
        a1w = shifted_about(t.a1w, s.wrong_logit, s.wrong_spread, parameters)
        a1e, d1c = (
            shifted_about(v, s.feature_logit, s.feature_spread, parameters) for v in (t.a1e, t.d1c)
        )
        a1w, a1e = (np.minimum(v, HIGHEST_RATE) for v in (a1w, a1e))
        t = replace(t, a1w=a1w, a1e=a1e, d1c=d1c)
    if s.window == 1:
        return t
    if s.stage == 0:
        return replace(t, d1w=t.d1w * s.window, d1e=t.d1e * s.window, d1c=t.d1c * s.window)
    return replace(t, d2w=t.d2w * s.window, d2c=t.d2c * s.window)


def _course(t: Transitions, s: Situation, parameters: RiskParameters) -> Course:
    if s.state in SETTLED and s.answer is not None:
        return _settled(t, s, parameters)
    match s.state:
        case MarketState.PROPOSED:
            return _proposed(t, s, parameters)
        case MarketState.DISPUTED_ONCE:
            return _disputed_once(t, s, parameters)
        case MarketState.REPROPOSED:
            return _reproposed(t, s, parameters)
        case MarketState.VOTING:
            return _voting(t, s, parameters)
        case _:
            later = from_second(t)
            return Course(from_first(t, later), transitions=t, later=later)


def _standing(
    classes: Classes, t: Transitions, s: Situation, parameters: RiskParameters
) -> Classes:
    """Belief in a standing proposal: its class and time, then all that speaks for or against it."""
    priced = belief.with_price(classes, ln_against(s, parameters), parameters.belief)
    return _weighed(priced, t, s, parameters)


def _disputed(
    disputed: Classes,
    standing: Classes,
    t: Transitions,
    s: Situation,
    parameters: RiskParameters,
) -> Classes:
    """Belief in a disputed proposal."""
    against = ln_against(s, parameters)
    classes = belief.after_dispute(disputed, standing, against, parameters.belief)
    return _weighed(classes, t, s, parameters)


def _weighed(classes: Classes, t: Transitions, s: Situation, parameters: RiskParameters) -> Classes:
    """What people judged, and what the siblings of an event leave room for."""
    classes = belief.with_price(classes, ln_judged(s, parameters), parameters.belief)
    if not (s.siblings_yes or s.siblings_missing) or s.proposed not in (Outcome.YES, Outcome.NO):
        return classes
    return belief.with_siblings(
        classes, t, s.siblings_yes, s.siblings_missing, proposes_yes=s.proposed is Outcome.YES
    )


def _proposed(t: Transitions, s: Situation, parameters: RiskParameters) -> Course:
    classes = _standing(belief.first_standing(t, s.seen), t, s, parameters)
    now = replace(
        t,
        a1w=classes.wrong,
        a1e=classes.early,
        d1w=remaining(t.d1w, s.seen),
        d1e=remaining(t.d1e, s.seen),
        d1c=remaining(t.d1c, s.seen),
    )
    tau, later = _tau(classes, t, s, parameters), from_second(now)
    return Course(from_first(now, later), classes, tau, transitions=now, later=later)


def _disputed_once(t: Transitions, s: Situation, parameters: RiskParameters) -> Course:
    first, standing = belief.first_disputed_classes(t), belief.first_standing(t, 0)
    classes = _disputed(first, standing, t, s, parameters)
    return Course(from_second(t), classes, _tau(classes, t, s, parameters), transitions=t)


def _reproposed(t: Transitions, s: Situation, parameters: RiskParameters) -> Course:
    classes = _standing(belief.second_standing(t, s.seen), t, s, parameters)
    now = replace(
        t,
        a2w=classes.wrong,
        d2w=remaining(t.d2w, s.seen),
        d2c=remaining(t.d2c, s.seen),
    )
    return Course(from_second(now), classes, _tau(classes, t, s, parameters), transitions=now)


def _voting(t: Transitions, s: Situation, parameters: RiskParameters) -> Course:
    classes = _twice_disputed(t, s, parameters)
    tau = _tau(classes, t, s, parameters)
    # Of this vote alone: one that a "too early" leads to is as likely captured as any.
    later = from_second(t)
    if s.captured is not None:
        t = replace(t, va=captured_vote(t.va, s.captured))
    honest, attack = vote_parts(t)
    now = t
    if s.vote is not None:
        now = replace(t, r=deletion_after(t.r, s.vote, parameters))
    if tau is None or s.proposed is None:
        return Course(from_vote(now, honest + attack, later), classes, transitions=now)
    vote = belief.vote_answers(tau, honest + attack, parameters.belief.half_error_share)
    if s.vote is not None and s.vote.can_be_played:
        price = belief.price_of(s.proposed, s.price_yes)
        ambiguity = belief.ambiguity_of(price, s.stage, parameters)
        outlook = foresee(s.vote, tau, t, ambiguity, s.proposed, parameters)
        now, vote = outlook.moved(t), outlook.given
    known = np.stack([_vote_known(tau[row], o, t, s, parameters) for row, o in enumerate(OUTCOMES)])
    wrong: Values = (vote * (1 - known)).sum(axis=0)
    return Course(from_vote(now, wrong, later), classes, tau, vote, now)


def _settled(t: Transitions, s: Situation, parameters: RiskParameters) -> Course:
    """P(T differs from the answer given), on the one path that led there."""
    if s.stage == 0:
        classes = _standing(belief.first_standing(t, 1), t, s, parameters)
    elif s.stage == 1:
        classes = _standing(belief.second_standing(t, 1), t, s, parameters)
    else:
        classes = _twice_disputed(t, s, parameters)
    tau = _tau(classes, t, s, parameters)
    wrong = np.zeros((len(PATHS), *t.a1w.shape))
    none = np.zeros_like(t.a1w)
    if tau is None or s.answer is None:
        return Course(PathSum(wrong, none, none, none), classes, tau, transitions=t)
    if s.refund_speaks:
        tau = belief.after_refund(tau, s.answer, parameters.belief)
    true = tau[OUTCOMES.index(s.answer)]
    if s.stage > 1:
        honest, attack = vote_parts(t)
        share = attack / np.maximum(honest + attack, 1e-300)
        doubt = 1 - _vote_known(true, s.answer, t, s, parameters)
        wrong[VOTE_HONEST], wrong[VOTE_ATTACK] = doubt * (1 - share), doubt * share
    else:
        wrong[SECOND_UNDISPUTED if s.stage else UNDISPUTED] = 1 - true
    path = PathSum(wrong, none + (s.stage > 0), none + (s.stage > 1), none)
    return Course(path, classes, tau, transitions=t)


def _twice_disputed(t: Transitions, s: Situation, parameters: RiskParameters) -> Classes:
    second, standing = belief.second_disputed_classes(t), belief.second_standing(t, 0)
    return _disputed(second, standing, t, s, parameters)


def _vote_known(
    tau: Values, outcome: Outcome, t: Transitions, s: Situation, parameters: RiskParameters
) -> Values:
    """tau_oo: lam by how contested the answer ``outcome`` is, or by how rare a mistake it is.

    Adjudicators read what the voters read: with their word the vote tells nothing more.
    """
    if s.ln_adjudicated:
        return tau
    if outcome is Outcome.HALF and s.proposed is not Outcome.HALF:
        honest, attack = vote_parts(t)
        share = parameters.belief.half_error_share
        return belief.informed(tau, belief.half_information(honest + attack, share))
    price = belief.price_of(outcome, s.price_yes)
    ambiguity: Ambiguity = belief.ambiguity_of(price, s.stage, parameters)
    return belief.informed(tau, parameters.vote_information[ambiguity])


def _tau(
    classes: Classes, t: Transitions, s: Situation, parameters: RiskParameters
) -> Values | None:
    # A settled answer without a known proposal is believed as its own proposal.
    proposed = s.proposed
    if proposed is None and s.state in SETTLED:
        proposed = s.answer
    if proposed is None:
        return None
    true = belief.proposed_true(classes, t)
    if s.stage > 0:
        priors = parameters.belief
        k = priors.k_stale if s.stale else priors.k
        k = priors.k_adjudicated if s.is_adjudicated else k
        true = belief.spread(true, k, parameters)
    return belief.over_outcomes(proposed, true, s.price_yes, parameters.belief)
