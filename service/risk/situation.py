"""A market's inputs reduced to what moves its probability. docs/methodology.md, "States"."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.enums import MarketState, OracleVersion, Outcome, Remedy
from service.risk.hazard import disputes_seen, is_late, liveness_seconds, window_share
from service.risk.inputs import FeedWord, MarketInputs, Proposal
from service.risk.parameters import RiskParameters
from service.risk.siblings import bind
from service.risk.text.features import Feature, total_logit, total_spread, wrong_logit
from service.risk.vote_facts import VoteFacts
from service.risk.wording_features import corruption_prior

SETTLED = (MarketState.ANSWERED, MarketState.RESOLVED)
_SECOND = 2
# Independent adjudicators of one mind that make a belief strong.
ADJUDICATORS = 3
_FEATURE_STEP = 0.04
_SPREAD_STEP = 0.1


@dataclass(frozen=True, slots=True)
class Situation:
    """Equal situations in one cell have equal scores; the default is a market not yet proposed."""

    state: MarketState = MarketState.PRE_PROPOSAL
    # Disputes that count: 0, 1, or 2 for a market-deciding vote.
    stage: int = 0
    has_proposal: bool = False
    # The outcome of the proposal that decides; None where unknown or no binary outcome.
    proposed: Outcome | None = None
    first: Outcome | None = None
    price_yes: float | None = None
    # F(t) of the hazard: share of the disputes that would have come by now.
    seen: float = 0.0
    answer: Outcome | None = None
    flagged: bool = False
    by_hand: bool = False
    refunded: bool = False
    stale: bool = False
    # Of the vote that decides, while it does.
    vote: VoteFacts | None = None
    # P(a bloc captures it), to two digits; None where no assessment of its round says.
    captured: float | None = None
    earlier_vote: Outcome | None = None
    # Log-odds the market's features add to its first proposal's being too early, or disputed though
    # correct; and to its being wrong. In steps.
    feature_logit: float = 0.0
    wrong_logit: float = 0.0
    # How far either may be from what it is: a standard deviation. In steps.
    feature_spread: float = 0.0
    wrong_spread: float = 0.0
    # The kind of the one fragile source it hangs on.
    fragile: str | None = None
    # Of the disputes two hours see, the share its liveness does.
    window: float = 1.0
    settlement_late: bool = False
    venue_price: float | None = None
    feed: FeedWord | None = None
    # Log-odds the adjudicators add to the proposed outcome, and whether three of one mind do.
    ln_adjudicated: float = 0.0
    is_adjudicated: bool = False
    # Of siblings of which one pays Yes: the sum of their P(Yes), and this one's part of what lacks.
    siblings_yes: float = 0.0
    siblings_missing: float = 0.0

    @property
    def refund_speaks(self) -> bool:
        """Whether an announced refund is evidence: it speaks of what the oracle's answer paid."""
        is_paid = self.state is MarketState.RESOLVED and self.answer is not None
        return self.refunded and is_paid and not self.by_hand


# Of most markets this is all there is to say; they share the one object.
CALM = Situation()


def to_situation(inputs: MarketInputs, parameters: RiskParameters) -> Situation:
    """Everything that matters to the probability, and nothing else."""
    if _is_calm(inputs) and not is_stale(inputs, parameters):
        return CALM
    return full_situation(inputs, parameters)


def _is_calm(inputs: MarketInputs) -> bool:
    """Whether nothing is known that ``full_situation`` looks at, but for stale inputs."""
    return (
        inputs.state is MarketState.PRE_PROPOSAL
        and inputs.disputes == 0
        and inputs.first_proposal is None
        and inputs.current_proposal is None
        and inputs.price_before_proposal is None
        and not inputs.features
        and not inputs.overridden
        and inputs.remedy is not Remedy.REFUND
        and inputs.adjudicated is None
        and inputs.venue_price is None
        and inputs.feed is None
    )


def full_situation(inputs: MarketInputs, parameters: RiskParameters) -> Situation:
    """``to_situation`` without the short way for markets that nothing is known of."""
    state, stage = _state_and_stage(inputs)
    current = inputs.current_proposal
    open_proposal = state in (MarketState.PROPOSED, MarketState.REPROPOSED)
    is_managed = inputs.oracle_version is not OracleVersion.OOV2
    seen, late = 0.0, False
    if open_proposal and current is not None:
        seen = disputes_seen(current, inputs.at, parameters, is_managed=is_managed)
        late = is_managed and is_late(current, inputs.at, parameters.hazard)
    settled = state in SETTLED and inputs.answer is not None and stage < _SECOND
    proposed = _deciding(inputs, state)
    ln_adjudicated = _ln_adjudicated(inputs, proposed or inputs.answer)
    siblings_yes, siblings_missing = bind(inputs, parameters)
    of_features, of_wrong = feature_logits(inputs.features, parameters)
    spread, wrong_spread = feature_spreads(inputs.features, parameters)
    return Situation(
        state=state,
        stage=stage,
        has_proposal=current is not None,
        proposed=proposed,
        first=inputs.first_proposal.outcome if inputs.first_proposal else None,
        price_yes=inputs.price_before_proposal,
        seen=seen,
        answer=inputs.answer if state in SETTLED else None,
        flagged=inputs.state is MarketState.FLAGGED,
        by_hand=inputs.overridden,
        refunded=inputs.remedy is Remedy.REFUND,
        stale=is_stale(inputs, parameters),
        vote=inputs.vote if state is MarketState.VOTING else None,
        captured=None
        if inputs.captured is None or state is not MarketState.VOTING
        else in_digits(inputs.captured),
        earlier_vote=inputs.earlier_vote if stage > 0 else None,
        feature_logit=of_features,
        wrong_logit=of_wrong,
        feature_spread=spread,
        wrong_spread=wrong_spread,
        fragile=_fragile(inputs),
        window=_window(current, parameters) if open_proposal or settled else 1.0,
        settlement_late=late,
        venue_price=inputs.venue_price if parameters.belief.venue_exponent else None,
        feed=inputs.feed,
        ln_adjudicated=ln_adjudicated,
        is_adjudicated=ln_adjudicated != 0 and _are_concordant(inputs),
        siblings_yes=siblings_yes,
        siblings_missing=siblings_missing,
    )


def in_digits(chance: float) -> float:
    """The two digits of a chance of capture that a score reads."""
    return float(f"{chance:.1e}")


def feature_logits(features: Sequence[Feature], parameters: RiskParameters) -> tuple[float, float]:
    """``feature_logit`` and ``wrong_logit`` of a market with these features."""
    wrong = wrong_logit(features, parameters.feature_wrong_share)
    return _in_steps(total_logit(features), _FEATURE_STEP), _in_steps(wrong, _FEATURE_STEP)


def feature_spreads(features: Sequence[Feature], parameters: RiskParameters) -> tuple[float, float]:
    """``feature_spread`` and ``wrong_spread`` of a market with these features."""
    wrong = total_spread(features, parameters.feature_wrong_share)
    return _in_steps(total_spread(features), _SPREAD_STEP), _in_steps(wrong, _SPREAD_STEP)


def _in_steps(value: float, step: float) -> float:
    """Markets whose features differ by less than a step share their scores."""
    return round(round(value / step) * step, 4) + 0.0


def _fragile(inputs: MarketInputs) -> str | None:
    found = corruption_prior(inputs.features)
    return None if found is None else found[0]


def _window(current: Proposal | None, parameters: RiskParameters) -> float:
    if current is None:
        return 1.0
    return window_share(liveness_seconds(current, parameters.hazard), parameters.hazard)


def _are_concordant(inputs: MarketInputs) -> bool:
    told = inputs.adjudicated
    return told is not None and told.is_unanimous and told.adjudicators >= ADJUDICATORS


def _ln_adjudicated(inputs: MarketInputs, outcome: Outcome | None) -> float:
    if inputs.adjudicated is None or outcome is None:
        return 0.0
    return round(inputs.adjudicated.ln_ratio(outcome), 2) + 0.0


def is_stale(inputs: MarketInputs, parameters: RiskParameters) -> bool:
    """Whether the book or the stake was read too long ago to lean on."""
    return is_book_stale(inputs, parameters) or is_stake_stale(inputs, parameters)


def is_book_stale(inputs: MarketInputs, parameters: RiskParameters) -> bool:
    """Whether a known book is older than its limit."""
    return _is_old(inputs, inputs.freshness.book_age_seconds, parameters.book_age_seconds)


def is_stake_stale(inputs: MarketInputs, parameters: RiskParameters) -> bool:
    """Whether a known stake is older than its limit."""
    return _is_old(inputs, inputs.freshness.stake_age_seconds, parameters.stake_age_seconds)


def is_interest_stale(inputs: MarketInputs, parameters: RiskParameters) -> bool:
    """Whether a known open interest is older than its limit; it moves money, not belief."""
    age = inputs.freshness.open_interest_age_seconds
    return _is_old(inputs, age, parameters.open_interest_age_seconds)


def _is_old(inputs: MarketInputs, age: float | None, limit: float) -> bool:
    # Trading and voting are over once a market is paid: nothing newer could be read.
    return age is not None and age > limit and inputs.state is not MarketState.RESOLVED


def _state_and_stage(inputs: MarketInputs) -> tuple[MarketState, int]:
    """The state to score: a flagged or unanswered market is scored where it stood before."""
    disputes = min(inputs.disputes, _SECOND)
    match inputs.state:
        case MarketState.PRE_PROPOSAL | MarketState.PROPOSED:
            waiting = inputs.state is MarketState.PRE_PROPOSAL
            if disputes == 0:
                return inputs.state, 0
            # A question reset after a dispute is on second-request terms.
            return (MarketState.DISPUTED_ONCE if waiting else MarketState.REPROPOSED), 1
        case MarketState.DISPUTED_ONCE | MarketState.REPROPOSED:
            return inputs.state, 1
        case MarketState.VOTING:
            return inputs.state, 2
        case MarketState.ANSWERED | MarketState.RESOLVED if inputs.answer is not None:
            return inputs.state, disputes
        case _:
            return _underlying(inputs, disputes)


def _underlying(inputs: MarketInputs, disputes: int) -> tuple[MarketState, int]:
    if inputs.answer is not None:
        return MarketState.ANSWERED, disputes
    if disputes >= _SECOND:
        return MarketState.VOTING, 2
    waiting = inputs.current_proposal is None
    if disputes == 1:
        return (MarketState.DISPUTED_ONCE if waiting else MarketState.REPROPOSED), 1
    return (MarketState.PRE_PROPOSAL if waiting else MarketState.PROPOSED), 0


def _deciding(inputs: MarketInputs, state: MarketState) -> Outcome | None:
    if state is MarketState.PRE_PROPOSAL:
        # Whatever else the inputs say, nothing is proposed that could be judged.
        return None
    if state is MarketState.DISPUTED_ONCE:
        # The first proposal is the one in doubt; there is no second yet.
        return inputs.first_proposal.outcome if inputs.first_proposal else None
    if inputs.current_proposal is not None:
        return inputs.current_proposal.outcome
    if state is MarketState.VOTING and inputs.first_proposal is not None:
        return inputs.first_proposal.outcome
    return inputs.answer if state in SETTLED else None
