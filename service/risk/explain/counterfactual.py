"""The score a market would have if one input were another. docs/methodology.md, "What if".

Each question replaces one input and scores again with the same cells and parameters; a question
that makes no sense for the market is refused with its reason. None of them is a forecast.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from models.enums import MarketState, Outcome
from service.risk.assess import assess
from service.risk.cells import CellPosteriors
from service.risk.drivers import logit
from service.risk.explain.what_if import Change, WhatIf, WhatIfValue
from service.risk.inputs import MarketInputs, Proposal
from service.risk.parameters import RiskParameters
from service.risk.result import Interval, MarketAssessmentResult

# Of one market at once.
MOST_QUESTIONS = 12
_OPEN = (MarketState.PROPOSED, MarketState.REPROPOSED)
_WAITING = (MarketState.PRE_PROPOSAL, MarketState.DISPUTED_ONCE)
_WORDS = {Outcome.YES: "Yes", Outcome.NO: "No", Outcome.HALF: "50-50"}


class Nonsense(ValueError):
    """Why a question makes no sense for the market as it stands."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One question's answer: a score, or the reason why there is none."""

    what_if: WhatIf
    # "If nobody disputes for 60 more minutes".
    words: str
    p: Interval | None
    # Against the market's own score, re-assessed with the same cells and parameters.
    change_p: float | None
    change_logit: float | None
    # Micro-USDC; None also where neither open interest nor volume is known.
    expected_loss: int | None
    refused: str | None


def answer_what_ifs(
    questions: Sequence[WhatIf],
    inputs: MarketInputs,
    cells: CellPosteriors,
    parameters: RiskParameters,
) -> tuple[Counterfactual, ...]:
    """Score each question by itself; at most ``MOST_QUESTIONS``, more are a ``ValueError``."""
    if len(questions) > MOST_QUESTIONS:
        message = f"{len(questions)} questions at once: at most {MOST_QUESTIONS}"
        raise ValueError(message)
    own = assess(inputs, cells, parameters)
    return tuple(_answer(question, own, cells, parameters) for question in questions)


def usual_questions(inputs: MarketInputs) -> tuple[WhatIf, ...]:
    """What a reader would ask of a market in this state; each of them has an answer."""
    found = [question for question in _usual(inputs) if _refusal(question, inputs) is None]
    return tuple(found)


def _usual(inputs: MarketInputs) -> Iterator[WhatIf]:
    yield WhatIf(Change.UNDISPUTED_MINUTES, 60)
    yield WhatIf(Change.DISPUTED, None)
    yield WhatIf(Change.PRICE_BEFORE, Decimal("0.5"))
    if inputs.state is not MarketState.PRE_PROPOSAL:
        for outcome in (Outcome.YES, Outcome.NO, Outcome.HALF):
            yield WhatIf(Change.ANSWER, outcome)
    for outcome in (Outcome.YES, Outcome.NO):
        yield WhatIf(Change.PROPOSED, outcome)
    if inputs.open_interest:
        yield WhatIf(Change.OPEN_INTEREST, inputs.open_interest * 2)


def _refusal(question: WhatIf, inputs: MarketInputs) -> str | None:
    try:
        replaced(question, inputs)
    except Nonsense as error:
        return str(error)
    return None


def _answer(
    question: WhatIf,
    own: MarketAssessmentResult,
    cells: CellPosteriors,
    parameters: RiskParameters,
) -> Counterfactual:
    words = words_of(question)
    try:
        inputs = replaced(question, own.inputs)
    except Nonsense as error:
        return Counterfactual(question, words, None, None, None, None, str(error))
    other = assess(inputs, cells, parameters)
    before, after = own.p_misresolved.mean, other.p_misresolved.mean
    return Counterfactual(
        question,
        words,
        other.p_misresolved,
        after - before,
        logit(after) - logit(before),
        other.expected_loss,
        None,
    )


def replaced(question: WhatIf, inputs: MarketInputs) -> MarketInputs:
    """The inputs with one of them replaced; :class:`Nonsense` where that cannot be."""
    return _REPLACE[question.change](question.value, inputs)


def words_of(question: WhatIf) -> str:
    """The question in plain words."""
    return _ASKED[question.change](question.value)


def _dollars(value: WhatIfValue) -> str:
    return f"${Decimal(value) / 10**6:,.0f}" if isinstance(value, int) else "unknown"


def _outcome(value: WhatIfValue) -> str:
    return _WORDS[value] if isinstance(value, Outcome) else "unknown"


_ASKED: Mapping[Change, Callable[[WhatIfValue], str]] = {
    Change.OPEN_INTEREST: lambda value: f"If the open interest were {_dollars(value)}",
    Change.VOLUME: lambda value: f"If the traded volume were {_dollars(value)}",
    Change.PRICE_BEFORE: lambda value: f"If Yes had stood at {value} before the first proposal",
    Change.PROPOSED: lambda value: f"If {_outcome(value)} is proposed now",
    Change.UNDISPUTED_MINUTES: lambda value: f"If nobody disputes for {value} more minutes",
    Change.DISPUTED: lambda _: "If the proposal is disputed now",
    Change.ANSWER: lambda value: f"If the oracle's answer is {_outcome(value)}",
}


def _with_open_interest(value: WhatIfValue, inputs: MarketInputs) -> MarketInputs:
    assert isinstance(value, int)  # noqa: S101  # parse_what_if gives no other
    fresh = replace(inputs.freshness, open_interest_age_seconds=0.0)
    return replace(inputs, open_interest=value, freshness=fresh)


def _with_volume(value: WhatIfValue, inputs: MarketInputs) -> MarketInputs:
    assert isinstance(value, int)  # noqa: S101  # as above
    return replace(inputs, volume=value)


def _with_price(value: WhatIfValue, inputs: MarketInputs) -> MarketInputs:
    assert isinstance(value, Decimal)  # noqa: S101  # as above
    if inputs.first_proposal is None:
        raise Nonsense("nothing was proposed yet: the score reads no price")
    return replace(inputs, price_before_proposal=float(value), price_evidence=None)


def _with_proposal(value: WhatIfValue, inputs: MarketInputs) -> MarketInputs:
    """A proposal with the usual liveness; the latest price is then the one before it."""
    assert isinstance(value, Outcome)  # noqa: S101  # as above
    if inputs.state not in _WAITING:
        raise Nonsense("the market does not wait for a proposal")
    made = Proposal(value, inputs.at, None, None, None)
    common = replace(inputs, current_proposal=made, challenge_open=True, challenge_ends_at=None)
    if inputs.state is MarketState.DISPUTED_ONCE or inputs.disputes:
        return replace(common, state=MarketState.REPROPOSED)
    return replace(
        common,
        state=MarketState.PROPOSED,
        first_proposal=made,
        price_before_proposal=inputs.yes_mid,
        price_evidence=None,
    )


def _after_silence(value: WhatIfValue, inputs: MarketInputs) -> MarketInputs:
    assert isinstance(value, int)  # noqa: S101  # as above
    if inputs.state not in _OPEN or inputs.current_proposal is None:
        raise Nonsense("no proposal is open that could be disputed")
    return replace(inputs, at=inputs.at + timedelta(minutes=value))


def _with_dispute(_value: WhatIfValue, inputs: MarketInputs) -> MarketInputs:
    """The first dispute asks the question anew; the second sends it to the vote."""
    if inputs.state not in _OPEN or inputs.current_proposal is None:
        raise Nonsense("no proposal is open that could be disputed")
    common = replace(
        inputs, disputes=inputs.disputes + 1, challenge_open=False, challenge_ends_at=None
    )
    if common.disputes > 1:
        return replace(common, state=MarketState.VOTING)
    return replace(common, state=MarketState.DISPUTED_ONCE, current_proposal=None)


def _with_answer(value: WhatIfValue, inputs: MarketInputs) -> MarketInputs:
    assert isinstance(value, Outcome)  # noqa: S101  # as above
    if inputs.state is MarketState.RESOLVED:
        raise Nonsense("the market is paid already")
    if inputs.first_proposal is None:
        raise Nonsense("nothing was proposed yet that could become the answer")
    standing = inputs.current_proposal
    if inputs.state in _OPEN and standing is not None and standing.outcome is not value:
        stands = "no outcome" if standing.outcome is None else _WORDS[standing.outcome]
        raise Nonsense(f"an undisputed proposal settles as it stands: {stands}")
    return replace(
        inputs,
        state=MarketState.ANSWERED,
        answer=value,
        challenge_open=False,
        challenge_ends_at=None,
    )


_REPLACE: Mapping[Change, Callable[[WhatIfValue, MarketInputs], MarketInputs]] = {
    Change.OPEN_INTEREST: _with_open_interest,
    Change.VOLUME: _with_volume,
    Change.PRICE_BEFORE: _with_price,
    Change.PROPOSED: _with_proposal,
    Change.UNDISPUTED_MINUTES: _after_silence,
    Change.DISPUTED: _with_dispute,
    Change.ANSWER: _with_answer,
}
