"""Why a score is what it is: evidence added one piece at a time, in a fixed order.

The contributions add up to the difference from the cell's own score exactly, because each is the
change its piece makes on top of those before it. docs/methodology.md, "Drivers".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

from models.enums import MarketState
from service.risk import belief
from service.risk.cells import Cell
from service.risk.hazard import elapsed_steps
from service.risk.inputs import MarketInputs, Proposal
from service.risk.parameters import RiskParameters
from service.risk.result import Driver, Summary
from service.risk.situation import SETTLED, Situation
from service.risk.summary import mean_misresolved
from service.risk.vote_facts import OpenedVotes, VoteFacts

_OPEN = 1e-12
_OPEN_STATES = (MarketState.PROPOSED, MarketState.REPROPOSED)


@dataclass(frozen=True, slots=True)
class _Step:
    feature: str
    value: str | float | int | None
    unit: str
    situation: Situation
    evidence: tuple[str, ...] = ()


def explain(
    inputs: MarketInputs,
    cell: Cell,
    situation: Situation,
    summary: Summary,
    parameters: RiskParameters,
) -> tuple[Driver, ...]:
    """The drivers, largest first; their contributions sum to the score minus the cell's."""
    before = mean_misresolved(cell, Situation(), parameters)
    drivers = [_base_rate(cell, before)]
    for step in _steps(inputs, situation, parameters):
        after = (
            summary.p_misresolved.mean
            if step.situation == situation
            else mean_misresolved(cell, step.situation, parameters)
        )
        drivers.append(
            Driver(
                step.feature,
                step.value,
                step.unit,
                logit(after) - logit(before),
                after - before,
                step.evidence,
            )
        )
        before = after
    return tuple(sorted(drivers, key=lambda d: -abs(d.contribution_p)))


_HOUR = "over [-60, -5] minutes before the first proposal"
_PRICE_WORDS = {
    None: f"median mid {_HOUR}",
    "books": f"median mid {_HOUR}, of the books seen",
    "price_history": f"median mid {_HOUR}, of the venue's own price history: no book was seen then",
    "earlier_book": "mid of the last book seen within a day before the first proposal",
}


def logit(p: float) -> float:
    """Log-odds, with p kept inside the open interval."""
    inside = min(max(p, _OPEN), 1 - _OPEN)
    return log(inside) - log(1 - inside)


def _base_rate(cell: Cell, mean: float) -> Driver:
    """Where the other drivers start from; it contributes nothing itself."""
    name = f"{cell.category} / {cell.stratum} / {cell.version}"
    counted = f"{cell.questions} finished questions of the cell, {cell.disputed} disputed"
    return Driver("base_rate", mean, "probability", 0.0, 0.0, (name, counted))


def _steps(inputs: MarketInputs, goal: Situation, parameters: RiskParameters) -> Iterator[_Step]:
    """Situations from the calm market to the goal, one kind of evidence after another."""
    if goal.state is MarketState.PRE_PROPOSAL and not (goal.flagged or goal.by_hand):
        return
    now = replace(
        goal,
        price_yes=None,
        seen=0.0,
        vote=None,
        answer=goal.proposed or goal.answer if goal.state in SETTLED else None,
        flagged=False,
        by_hand=False,
        refunded=False,
        stale=False,
    )
    if goal.state is not MarketState.PRE_PROPOSAL:
        yield _Step("state", str(goal.state), "state", now, _proposal_evidence(inputs))
    price = belief.price_of(goal.proposed, goal.price_yes)
    if goal.price_yes is not None:
        now = replace(now, price_yes=goal.price_yes)
        evidence = (_PRICE_WORDS[inputs.price_evidence],)
        yield _Step("price_before_proposal", price, "USD per share proposed", now, evidence)
    if goal.state in _OPEN_STATES and inputs.current_proposal is not None:
        now = replace(now, seen=goal.seen)
        minutes = _minutes(inputs.current_proposal, inputs, parameters)
        yield _Step("time_undisputed", minutes, "minutes", now)
    yield from _vote_steps(now, goal)
    now = replace(now, vote=goal.vote)
    if now.answer is not goal.answer:
        now = replace(now, answer=goal.answer)
        yield _Step("answer", str(goal.answer), "outcome", now)
    yield from _hands(now, goal, parameters)


def _vote_steps(now: Situation, goal: Situation) -> Iterator[_Step]:
    """The vote as it stood before anything was opened, then with what was opened."""
    vote = goal.vote
    if vote is None:
        return
    sealed = replace(vote, opened=OpenedVotes(), opened_voters=0.0)
    if vote.phase in ("dvm_reveal", "counted"):
        sealed = replace(sealed, phase="dvm_commit", sealed=0.0, sealed_voters=0.0)
    now = replace(now, vote=sealed)
    evidence = (f"round {vote.round_id}", f"{vote.roll_count} rolls so far", *_terms_words(vote))
    yield _Step("vote_stake", vote.phase, "phase", now, evidence)
    if vote.opened.total > 0:
        now = replace(now, vote=vote)
        share = max(vote.opened.yes, vote.opened.no, vote.opened.half, vote.opened.early)
        part = round(share / vote.opened.total, 6)
        yield _Step("votes_opened", part, "share of the leader", now, _opened_words(vote))
    elif sealed != vote:
        now = replace(now, vote=vote)
        yield _Step("votes_sealed", vote.sealed, "UMA", now)


def _terms_words(vote: VoteFacts) -> tuple[str, ...]:
    if vote.stake is None or vote.gat is None or vote.spat is None:
        return ("stake or thresholds unknown",)
    return (
        f"{vote.stake:.0f} UMA staked",
        f"an answer needs more than {vote.spat * vote.stake:.0f} UMA, {vote.gat:.0f} voting",
    )


def _opened_words(vote: VoteFacts) -> tuple[str, ...]:
    named = (
        *(("Yes", vote.opened.yes), ("No", vote.opened.no), ("50-50", vote.opened.half)),
        *(("too early", vote.opened.early), ("no outcome", vote.opened.other)),
    )
    words = [f"{amount:.0f} UMA opened for {name}" for name, amount in named if amount > 0]
    return (*words, f"{vote.sealed:.0f} UMA sealed")


def _hands(now: Situation, goal: Situation, parameters: RiskParameters) -> Iterator[_Step]:
    """Last: what administrators did, and how stale the inputs are."""
    if goal.refund_speaks:
        now = replace(now, refunded=True)
        assumed = f"assumed: ln of the likelihood ratio {parameters.belief.ln_lr_refund:g}"
        evidence = ("the venue paid the losing side", assumed, "the payout itself stays")
        yield _Step("announced_refund", 1, "flag", now, evidence)
    if goal.stale:
        now = replace(now, stale=True)
        yield _Step("stale_inputs", 1, "flag", now)
    if goal.flagged:
        now = replace(now, flagged=True)
        yield _Step("flagged", 1, "flag", now)
    if goal.by_hand:
        now = replace(now, by_hand=True, refunded=goal.refunded)
        yield _Step("payout_set_by_hand", 1, "flag", now)


def _minutes(proposal: Proposal, inputs: MarketInputs, parameters: RiskParameters) -> int:
    hazard = parameters.hazard
    return elapsed_steps(proposal, inputs.at, hazard) * hazard.step_seconds // 60


def _proposal_evidence(inputs: MarketInputs) -> tuple[str, ...]:
    evidence = [f"state known from {inputs.state_source}", _disputes_words(inputs.disputes)]
    if inputs.current_proposal is not None and inputs.current_proposal.proposer is not None:
        evidence.append(f"proposer {inputs.current_proposal.proposer}")
    return tuple(evidence)


def _disputes_words(disputes: int) -> str:
    return "1 dispute" if disputes == 1 else f"{disputes} disputes"
