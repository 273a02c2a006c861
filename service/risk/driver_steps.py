"""The evidence behind a score, one piece after another, in a fixed order.

docs/methodology.md, "Drivers".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from models.enums import MarketState
from service.risk import belief
from service.risk.hazard import elapsed_steps, liveness_seconds
from service.risk.inputs import MarketInputs, Proposal
from service.risk.parameters import RiskParameters
from service.risk.situation import (
    CALM,
    SETTLED,
    Situation,
    feature_logits,
    feature_spreads,
)
from service.risk.text.features import Bearing, Feature
from service.risk.vote_facts import OpenedVotes, VoteFacts

# Stands for the features of a market that move the same rates.
FEATURES = "features"
_OPEN_STATES = (MarketState.PROPOSED, MarketState.REPROPOSED)
_HOUR = "over [-60, -5] minutes before the first proposal"
_PRICE_WORDS = {
    None: f"median mid {_HOUR}",
    "books": f"median mid {_HOUR}, of the books seen",
    "price_history": f"median mid {_HOUR}, of the venue's own price history: no book was seen then",
    "earlier_book": "mid of the last book seen within a day before the first proposal",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of evidence, and the situation once it is added."""

    feature: str
    value: str | float | int | None
    unit: str
    situation: Situation
    evidence: tuple[str, ...] = ()
    # Those it stands for, if any.
    features: tuple[Feature, ...] = ()


def steps(inputs: MarketInputs, goal: Situation, parameters: RiskParameters) -> Iterator[Step]:
    """Situations from the calm market to the goal, one kind of evidence after another."""
    now = CALM
    for step in _of_the_features(inputs.features, now, goal, parameters):
        now = step.situation
        yield step
    if goal.fragile is not None:
        now = replace(now, fragile=goal.fragile)
        yield Step("fragile_source", goal.fragile, "kind of source", now, _fragile_words(inputs))
    if goal.state is MarketState.PRE_PROPOSAL and not (goal.flagged or goal.by_hand):
        return
    now = replace(
        now,
        state=goal.state,
        stage=goal.stage,
        has_proposal=goal.has_proposal,
        proposed=goal.proposed,
        first=goal.first,
        answer=goal.proposed or goal.answer if goal.state in SETTLED else None,
    )
    if goal.state is not MarketState.PRE_PROPOSAL:
        yield Step("state", str(goal.state), "state", now, _proposal_evidence(inputs))
    for step in _of_the_proposal(inputs, now, goal, parameters):
        now = step.situation
        yield step
    for step in _vote_steps(now, goal):
        now = step.situation
        yield step
    if goal.captured is not None:
        now = replace(now, captured=goal.captured)
        words = ("P(a bloc attacks the round) x P(its votes decide), of those it would take",)
        yield Step("vote_attack", goal.captured, "probability", now, words)
    if now.answer is not goal.answer:
        now = replace(now, answer=goal.answer)
        yield Step("answer", str(goal.answer), "outcome", now)
    yield from _hands(now, goal, parameters)


def _of_the_features(
    features: Sequence[Feature], now: Situation, goal: Situation, parameters: RiskParameters
) -> Iterator[Step]:
    """One step for the features of each bearing: within it all move the same rates."""
    groups = [[f for f in features if f.logit and f.bearing is bearing] for bearing in Bearing]
    groups = [group for group in groups if group]
    added: list[Feature] = []
    for number, group in enumerate(groups, 1):
        added += group
        either, wrong = feature_logits(added, parameters)
        spreads = feature_spreads(added, parameters)
        if number == len(groups):
            either, wrong = goal.feature_logit, goal.wrong_logit
            spreads = goal.feature_spread, goal.wrong_spread
        then = replace(
            now,
            feature_logit=either,
            wrong_logit=wrong,
            feature_spread=spreads[0],
            wrong_spread=spreads[1],
        )
        if then != now:
            now = then
            yield Step(FEATURES, either, "log-odds", now, features=tuple(group))


def _of_the_proposal(
    inputs: MarketInputs, now: Situation, goal: Situation, parameters: RiskParameters
) -> Iterator[Step]:
    """What speaks for or against what is proposed; each step builds on the one before."""
    current, hazard = inputs.current_proposal, parameters.hazard
    if goal.window != 1 and current is not None:
        now = replace(now, window=goal.window)
        seen = f"about {goal.window:.0%} of the disputes two hours would see"
        minutes = liveness_seconds(current, hazard) // 60
        yield Step("liveness", minutes, "minutes", now, (seen,))
    for step in _prices(inputs, now, goal):
        now = step.situation
        yield step
    if goal.state in _OPEN_STATES and current is not None:
        now = replace(now, seen=goal.seen)
        passed = _minutes(current, inputs, parameters)
        yield Step("time_undisputed", passed, "minutes", now)
        if goal.settlement_late:
            now = replace(now, settlement_late=True)
            late = passed - liveness_seconds(current, hazard) // 60
            evidence = ("99 % of proposals are settled sooner", "somebody may be reviewing it")
            yield Step("settlement_late", late, "minutes past expiry", now, evidence)
    yield from _judgements(inputs, now, goal)


def _prices(inputs: MarketInputs, now: Situation, goal: Situation) -> Iterator[Step]:
    """Prices before the proposal, and what a feed says."""
    unit = "USD per share proposed"
    if goal.price_yes is not None:
        now = replace(now, price_yes=goal.price_yes)
        price = belief.price_of(goal.proposed, goal.price_yes)
        evidence = (_PRICE_WORDS[inputs.price_evidence],)
        yield Step("price_before_proposal", price, unit, now, evidence)
    if goal.venue_price is not None:
        now = replace(now, venue_price=goal.venue_price)
        price = belief.price_of(goal.proposed, goal.venue_price)
        yield Step("other_venue_price", price, unit, now)
    if goal.feed is not None:
        now = replace(now, feed=goal.feed)
        yield Step("authoritative_feed", goal.feed, "word", now)


def _judgements(inputs: MarketInputs, now: Situation, goal: Situation) -> Iterator[Step]:
    """What people who looked into it said, and the other outcomes of the event."""
    if goal.earlier_vote is not None:
        now = replace(now, earlier_vote=goal.earlier_vote)
        words = ("a vote on an earlier request of the question; it settled bonds only",)
        yield Step("earlier_vote", str(goal.earlier_vote), "outcome", now, words)
    if goal.ln_adjudicated:
        now = replace(now, ln_adjudicated=goal.ln_adjudicated, is_adjudicated=goal.is_adjudicated)
        count = 0 if inputs.adjudicated is None else inputs.adjudicated.adjudicators
        unit, words = "log-odds of the answer", (f"{count} blind adjudicators",)
        yield Step("adjudicators", goal.ln_adjudicated, unit, now, words)
    if goal.siblings_yes or goal.siblings_missing:
        now = replace(now, siblings_yes=goal.siblings_yes, siblings_missing=goal.siblings_missing)
        evidence = (
            f"{len(inputs.siblings)} other outcomes of the event, of which one pays Yes",
            f"this one's part of what none of them takes: {goal.siblings_missing:g}",
        )
        yield Step("siblings", goal.siblings_yes, "P(another is Yes), summed", now, evidence)


def _fragile_words(inputs: MarketInputs) -> tuple[str, ...]:
    """The words that name the source."""
    named = [f for f in inputs.features if f.name.startswith("fragile_source_") and f.value]
    return tuple(f'{s.field}: "{s.words}"' for feature in named for s in feature.spans)


def _vote_steps(now: Situation, goal: Situation) -> Iterator[Step]:
    """The vote as it stood before anything was opened, then with what was opened."""
    vote = goal.vote
    if vote is None:
        return
    sealed = replace(vote, opened=OpenedVotes(), opened_voters=0.0)
    if vote.phase in ("dvm_reveal", "counted"):
        sealed = replace(sealed, phase="dvm_commit", sealed=0.0, sealed_voters=0.0)
    now = replace(now, vote=sealed)
    evidence = (f"round {vote.round_id}", f"{vote.roll_count} rolls so far", *_terms_words(vote))
    yield Step("vote_stake", vote.phase, "phase", now, evidence)
    if vote.opened.total > 0:
        now = replace(now, vote=vote)
        share = max(vote.opened.yes, vote.opened.no, vote.opened.half, vote.opened.early)
        part = round(share / vote.opened.total, 6)
        yield Step("votes_opened", part, "share of the leader", now, _opened_words(vote))
    elif sealed != vote:
        now = replace(now, vote=vote)
        yield Step("votes_sealed", vote.sealed, "UMA", now)


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


def _hands(now: Situation, goal: Situation, parameters: RiskParameters) -> Iterator[Step]:
    """Last: what administrators did, and how stale the inputs are."""
    if goal.refund_speaks:
        now = replace(now, refunded=True)
        assumed = f"assumed: ln of the likelihood ratio {parameters.belief.ln_lr_refund:g}"
        evidence = ("the venue paid the losing side", assumed, "the payout itself stays")
        yield Step("announced_refund", 1, "flag", now, evidence)
    if goal.stale:
        now = replace(now, stale=True)
        yield Step("stale_inputs", 1, "flag", now)
    if goal.flagged:
        now = replace(now, flagged=True)
        yield Step("flagged", 1, "flag", now)
    if goal.by_hand:
        now = replace(now, by_hand=True, refunded=goal.refunded)
        yield Step("payout_set_by_hand", 1, "flag", now)


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
