"""One market's score: a pure function of its inputs, its cell and the parameters."""

from models.enums import MarketState, Support
from service.risk.cells import Cell, CellPosteriors
from service.risk.drivers import explain, is_moved_by_fit
from service.risk.hazard import liveness_seconds
from service.risk.inputs import MarketInputs, volume_stratum
from service.risk.money import price_loss
from service.risk.parameters import MODEL_VERSION, RiskParameters
from service.risk.result import Answers, MarketAssessmentResult, Summary, Truth
from service.risk.situation import (
    CALM,
    SETTLED,
    Situation,
    is_book_stale,
    is_interest_stale,
    is_stake_stale,
    to_situation,
)
from service.risk.summary import summarise

_FITTED = "moved by readings fitted on disputes; what they do to wrong payouts is assumed"


def assess(
    inputs: MarketInputs,
    cells: CellPosteriors,
    parameters: RiskParameters,
    situation: Situation | None = None,
) -> MarketAssessmentResult:
    """Score one market as of ``inputs.at``; ``situation`` where the caller has it already."""
    cell = cells.at(inputs.category, volume_stratum(inputs.volume), inputs.oracle_version)
    situation = situation or to_situation(inputs, parameters)
    calm = summarise(cell, CALM, parameters)
    summary = calm if situation is CALM else summarise(cell, situation, parameters)
    current = inputs.current_proposal
    cell_mean = calm.p_misresolved.mean
    drivers = explain(inputs, cell, situation, (cell_mean, summary.p_misresolved.mean), parameters)
    fitted = (_FITTED,) if is_moved_by_fit(inputs.features, drivers) else ()
    return MarketAssessmentResult(
        inputs=inputs,
        model_version=MODEL_VERSION,
        priors_version=parameters.priors_version,
        state=inputs.state,
        summary=summary,
        cell_mean=cell_mean,
        drivers=drivers,
        money=price_loss(inputs, summary, parameters),
        answers=_answers(inputs, summary, situation, parameters),
        truth=_truth(summary, situation),
        proposed_value=current.outcome if current else None,
        support=_support(cell),
        warnings=_warnings(inputs, situation, parameters) + fitted,
    )


def _support(cell: Cell) -> Support:
    """Every score leans on d1w, which nobody has measured: data can only make it mixed."""
    return Support.MIXED if cell.measured else Support.ASSUMED


def _answers(
    inputs: MarketInputs, summary: Summary, s: Situation, parameters: RiskParameters
) -> Answers | None:
    """Before a proposal the market's own price stands for the oracle's answer, for display."""
    if s.state is not MarketState.PRE_PROPOSAL or inputs.yes_mid is None:
        return summary.answers
    mid = shown_mid(inputs.yes_mid)
    half, given = parameters.belief.half_share, 1 - summary.p_stuck
    return Answers(
        mid * (1 - half) * given, (1 - mid) * (1 - half) * given, half * given, summary.p_stuck
    )


def shown_mid(yes_mid: float) -> float:
    """The latest mid in cents: the score does not follow every tick of a price it only shows."""
    return min(max(round(yes_mid, 2), 0.0), 1.0)


def _truth(summary: Summary, s: Situation) -> Truth | None:
    if summary.tau is None:
        return None
    sources = ["base_rate"]
    if s.stage > 0:
        sources.append("disputes")
    if s.price_yes is not None:
        sources.append("price_before_proposal")
    told = (
        (s.venue_price is not None, "other_venue_price"),
        (s.feed in ("contradicts", "supports"), "authoritative_feed"),
        (s.window != 1, "liveness"),
        (s.seen > 0, "time_undisputed"),
        (s.settlement_late, "settlement_late"),
        (s.earlier_vote is not None, "earlier_vote"),
        (bool(s.ln_adjudicated), "adjudicators"),
        (bool(s.siblings_yes or s.siblings_missing), "siblings"),
    )
    sources += [name for is_used, name in told if is_used]
    if s.refund_speaks:
        sources.append("announced_refund")
    yes, no, half = summary.tau
    return Truth(yes, no, half, tuple(sources))


def _warnings(inputs: MarketInputs, s: Situation, parameters: RiskParameters) -> tuple[str, ...]:
    """What a reader must know before leaning on the number; no ages, so that rows stay equal."""
    found = []
    if inputs.volume is None:
        found.append("volume unknown: scored in the lowest volume stratum")
    if is_book_stale(inputs, parameters):
        found.append(f"order book older than {parameters.book_age_seconds:g} s: belief widened")
    if is_interest_stale(inputs, parameters):
        limit = parameters.open_interest_age_seconds
        found.append(f"open interest older than {limit:g} s: the loss may be larger")
    if inputs.open_interest is None:
        found.append("open interest unknown: the loss is assumed from volume, or unknown")
    if is_stake_stale(inputs, parameters):
        found.append(f"stake older than {parameters.stake_age_seconds:g} s: belief widened")
    if s.state is not MarketState.PRE_PROPOSAL and s.price_yes is None:
        found.append("no price before the first proposal: it could not weigh in")
    if s.has_proposal and s.proposed is None and s.state not in SETTLED:
        found.append("the proposed value is no outcome of a binary question: counted as stuck")
    found += [text for text in inputs.freshness.missing if text.startswith("model_")]
    if s.fragile is not None:
        found.append(f"one {s.fragile.replace('_', ' ')} decides it: its error would look right")
    found += _vote_warnings(s)
    return tuple(found + _hand_warnings(inputs, s) + _liveness_warnings(inputs, s, parameters))


def _vote_warnings(s: Situation) -> list[str]:
    if s.state is not MarketState.VOTING:
        return []
    if s.vote is None or not s.vote.can_be_played:
        return ["no vote data: the vote's answer is predicted from priors and belief alone"]
    if s.vote.unknown_voters:
        return [f"the stake of {s.vote.unknown_voters} voters who sealed a vote is not known"]
    return []


def _hand_warnings(inputs: MarketInputs, s: Situation) -> list[str]:
    found = []
    if inputs.overridden:
        found.append("the payout was set by hand, not by the oracle's answer")
    if inputs.state is MarketState.FLAGGED:
        found.append("flagged: an administrator may set the payout by hand")
    if inputs.state in SETTLED and inputs.answer is None and not inputs.overridden:
        found.append("the answer is unknown: scored as if it were still open")
    if s.refund_speaks:
        found.append("a refund was announced: taken for evidence of a wrong payout, by assumption")
        found.append("a refund repairs victims: the payout itself stays")
    elif inputs.state is MarketState.RESOLVED and not inputs.overridden:
        found.append("paid: the only remedy left is a refund")
    return found


def _liveness_warnings(inputs: MarketInputs, s: Situation, parameters: RiskParameters) -> list[str]:
    proposal, hazard = inputs.current_proposal, parameters.hazard
    if proposal is None or s.state not in (MarketState.PROPOSED, MarketState.REPROPOSED):
        return []
    found = []
    if s.settlement_late:
        found.append("settled later than 99 % of proposals: somebody may be reviewing it")
    if liveness_seconds(proposal, hazard) < hazard.short_liveness_seconds:
        found.append("short liveness: fewer disputes come in time, by an assumed share")
    return found
