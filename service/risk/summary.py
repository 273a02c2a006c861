"""From a course to the numbers of a score: overrides, intervals, components.

docs/methodology.md, "Overrides" and "Intervals".
"""

from dataclasses import dataclass
from math import log

import numpy as np

from models.enums import MarketState, OracleVersion, Outcome
from service.risk import belief
from service.risk.belief import OUTCOMES
from service.risk.cells import Cell
from service.risk.draws import Transitions, Values
from service.risk.flips import flip_chances
from service.risk.intervals import interval_of, mean_of
from service.risk.log_odds import expit
from service.risk.parameters import RiskParameters
from service.risk.path import DELETED_ADMIN, PATHS, SECOND_UNDISPUTED, SOURCE, UNDISPUTED
from service.risk.result import Answers, Summary
from service.risk.situation import SETTLED, Situation
from service.risk.states import Course, follow

COMPONENTS = (*PATHS, "override", "wrong_override")
# Scores kept a cell, about 1.5 kB each.
_KEPT = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Override:
    """P(a wrong answer is remedied) by path; P(a right one is undone, or a hand decides wrong)."""

    remedied: Values
    wrongly: Values


def summarise(cell: Cell, situation: Situation, parameters: RiskParameters) -> Summary:
    """The score of a situation; markets of one cell in the same situation share it.

    The cell keeps a limited number: prices differ from market to market without end.
    """
    kept, key = cell.summaries, (situation, parameters)
    found = kept.get(key)
    if found is None:
        if len(kept) >= _KEPT:
            kept.pop(next(iter(kept)), None)
        found = kept[key] = _summarise(cell, situation, parameters)
    return found


def mean_misresolved(cell: Cell, situation: Situation, parameters: RiskParameters) -> float:
    """The mean of ``summarise``'s score alone: all that a step between two scores needs."""
    if situation.price_yes is None or (situation, parameters) in cell.summaries:
        return summarise(cell, situation, parameters).p_misresolved.mean
    course = follow(cell.transitions, situation, parameters)
    override = _override(course, cell, situation, parameters)
    return mean_of(_net(course, override).sum(axis=0) + override.wrongly)


def _net(course: Course, override: _Override) -> Values:
    """P(wrong and not remedied) by path."""
    net: Values = course.path.wrong * (1 - override.remedied)
    return net


def _summarise(cell: Cell, situation: Situation, parameters: RiskParameters) -> Summary:
    course = follow(cell.transitions, situation, parameters)
    override = _override(course, cell, situation, parameters)
    wrong, net = course.path.wrong, _net(course, override)
    tau = _mean_tau(course)
    gap = _gaps(tau, situation, parameters)
    loss = (net * gap[:, None]).sum(axis=0) + override.wrongly * gap[UNDISPUTED]
    loss_interval = interval_of(loss)
    means = [*wrong.mean(axis=1), -(wrong * override.remedied).sum(axis=0).mean()]
    means.append(override.wrongly.mean())
    onchain, refund = _remedies(course, override, cell, situation, parameters)
    flip_outcome, flip_early = flip_chances(course, situation)
    votes = float(course.path.votes.mean())
    return Summary(
        p_misresolved=interval_of(net.sum(axis=0) + override.wrongly),
        p_oracle_wrong=interval_of(course.path.total),
        components={name: float(mean) for name, mean in zip(COMPONENTS, means, strict=True)},
        loss_share=loss_interval.mean,
        loss_share_p95=loss_interval.p95,
        p_disputed=float(course.path.disputed.mean()),
        p_flip_outcome=flip_outcome,
        p_flip_early=flip_early,
        p_stuck=_stuck(course, situation),
        p_overridden_onchain=onchain,
        p_refund=refund,
        p_attack=min(votes, 1.0) * float((course.transitions or cell.transitions).va.mean()),
        ambiguity_floor=None if tau is None else 1 - max(tau),
        answers=_answers(course, situation, parameters),
        tau=tau,
    )


def override_chance(base: float, cap: float, cell: Cell, parameters: RiskParameters) -> float:
    """P(a remedy | wrong) of a market of this cell's volume and oracle; logistic, capped."""
    priors = parameters.override
    logit = log(base / (1 - base))
    logit += priors.volume_slope * (parameters.stratum_log10_volume[cell.stratum] - 6)
    if cell.version is OracleVersion.MANAGED_RESOLVER:
        logit += priors.resolver_gated
    return min(expit(logit), cap)


def _override(course: Course, cell: Cell, s: Situation, parameters: RiskParameters) -> _Override:
    t = cell.transitions
    shape = course.path.wrong.shape
    if s.by_hand:
        # The oracle's answer no longer matters: an administrator's does.
        return _Override(np.ones(shape), t.mu)
    if s.state is MarketState.RESOLVED and s.answer is not None:
        return _Override(np.zeros(shape), np.zeros_like(t.mu))
    remedied = _remedied(t, cell, s, parameters, shape)
    wrongly = t.om0 * (1 - course.path.total)
    if s.flagged:
        by_hand = parameters.override.flag_manual
        remedied = by_hand + (1 - by_hand) * remedied
        wrongly = by_hand * t.mu + (1 - by_hand) * wrongly
    return _Override(remedied, wrongly)


def _remedied(
    t: Transitions, cell: Cell, s: Situation, parameters: RiskParameters, shape: tuple[int, ...]
) -> Values:
    if s.state in SETTLED and s.answer is not None:
        priors = parameters.override
        return np.full(shape, override_chance(priors.onchain, priors.cap, cell, parameters))
    remedied = np.broadcast_to(t.om_v, shape).copy()
    remedied[UNDISPUTED] = remedied[SECOND_UNDISPUTED] = remedied[SOURCE] = t.om_u
    # Nobody overrides the administrator who decided.
    remedied[DELETED_ADMIN] = 0
    return remedied


def _remedies(
    course: Course, override: _Override, cell: Cell, s: Situation, parameters: RiskParameters
) -> tuple[float, float]:
    """P(overridden on chain), P(refunded off chain)."""
    if s.by_hand:
        return 1.0, float(s.refunded)
    priors = parameters.override
    if s.flagged:
        return priors.flag_manual, float(s.refunded)
    wrong = course.path.wrong
    undone = float((wrong * override.remedied).sum(axis=0).mean())
    wrongly = float(override.wrongly.mean())
    if s.state in SETTLED and s.answer is not None:
        chance = override_chance(priors.refund, priors.refund_cap, cell, parameters)
        refund = 1.0 if s.refunded else (float(course.path.total.mean()) - undone) * chance
        return min(undone + wrongly, 1.0), refund
    refund = 1.0 if s.refunded else undone * (1 - priors.onchain_share)
    return undone * priors.onchain_share + wrongly, refund


def _gaps(
    tau: tuple[float, float, float] | None, s: Situation, parameters: RiskParameters
) -> Values:
    """E(|paid - true| per share | wrong) by path: 1 for a flip, 1/2 where a 50-50 is involved."""
    gaps = np.full(len(PATHS), 1 - parameters.belief.half_share / 2)
    if s.answer is not None and tau is not None:
        gaps[:] = _gap_of(s.answer, tau)
    elif s.proposed is Outcome.HALF:
        gaps[UNDISPUTED if s.stage == 0 else SECOND_UNDISPUTED] = 0.5
    return gaps


def _gap_of(answer: Outcome, tau: tuple[float, float, float]) -> float:
    if answer is Outcome.HALF:
        return 0.5
    half = tau[OUTCOMES.index(Outcome.HALF)]
    opposite = tau[OUTCOMES.index(Outcome.NO if answer is Outcome.YES else Outcome.YES)]
    return (opposite + half / 2) / max(opposite + half, 1e-300)


def _stuck(course: Course, s: Situation) -> float:
    """P(no answer comes by the oracle): deleted after rolls, or a price no payout exists for."""
    if s.answer is not None:
        return 0.0
    deleted = float(course.path.deleted.mean())
    if s.state is MarketState.PROPOSED and s.has_proposal and s.proposed is None:
        deleted += 1 - float(course.path.disputed.mean())
    return min(deleted, 1.0)


def _answers(course: Course, s: Situation, parameters: RiskParameters) -> Answers | None:
    if s.answer is not None:
        yes, no, half = (float(s.answer is outcome) for outcome in OUTCOMES)
        return Answers(yes, no, half, 0.0)
    if course.tau is None or course.transitions is None:
        return None
    t = course.transitions
    if course.vote is not None:
        given = course.vote * (1 - t.r) * (1 - t.g)
    else:
        chance = belief.vote_answers(course.tau, course.path.total, parameters.belief.half_share)
        given = chance * (1 - _stuck(course, s))
    yes, no, half = (float(row.mean()) for row in given)
    return Answers(yes, no, half, max(0.0, 1 - yes - no - half))


def _mean_tau(course: Course) -> tuple[float, float, float] | None:
    if course.tau is None:
        return None
    yes, no, half = (float(row.mean()) for row in course.tau)
    return yes, no, half
