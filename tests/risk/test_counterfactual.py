"""What the score would be if one input were another."""

from dataclasses import replace
from decimal import Decimal

import pytest

from models.enums import MarketState, Outcome
from service.risk.assess import assess
from service.risk.explain.counterfactual import (
    MOST_QUESTIONS,
    Counterfactual,
    answer_what_ifs,
    usual_questions,
)
from service.risk.explain.what_if import BadWhatIf, Change, WhatIf, parse_what_if
from service.risk.inputs import MICRO, MarketInputs
from tests.risk.scenes import CALM, NO_COUNTS, PARAMETERS, proposed, settled, voting


def ask(text: str, inputs: MarketInputs) -> Counterfactual:
    return answer_what_ifs([parse_what_if(text)], inputs, NO_COUNTS, PARAMETERS)[0]


def mean(inputs: MarketInputs) -> float:
    return assess(inputs, NO_COUNTS, PARAMETERS).p_misresolved.mean


def test_an_hour_of_silence_scores_like_the_market_an_hour_later() -> None:
    asked = ask("undisputed_minutes=60", proposed(minutes_ago=20, price=0.9))
    assert asked.p is not None
    assert asked.change_p is not None
    assert asked.p.mean == pytest.approx(mean(proposed(minutes_ago=80, price=0.9)), rel=1e-12)
    assert asked.change_p < 0
    assert asked.p.p05 <= asked.p.mean <= asked.p.p95
    assert asked.words == "If nobody disputes for 60 more minutes"


def test_a_dispute_now_opens_the_question_again_and_a_second_one_the_vote() -> None:
    first = proposed(minutes_ago=20, price=0.9)
    once = replace(
        first,
        state=MarketState.DISPUTED_ONCE,
        disputes=1,
        current_proposal=None,
        challenge_open=False,
        challenge_ends_at=None,
    )
    disputed = ask("disputed=now", first)
    assert disputed.p is not None
    assert disputed.p.mean == pytest.approx(mean(once), rel=1e-12)
    again = replace(first, state=MarketState.REPROPOSED, disputes=1)
    at_vote = replace(
        again, state=MarketState.VOTING, disputes=2, challenge_open=False, challenge_ends_at=None
    )
    voted = ask("disputed=now", again)
    assert voted.p is not None
    assert voted.p.mean == pytest.approx(mean(at_vote), rel=1e-12)


def test_another_open_interest_moves_the_loss_and_not_the_probability() -> None:
    asked = ask("open_interest=100000", CALM)
    own = assess(CALM, NO_COUNTS, PARAMETERS)
    assert asked.change_p == 0
    assert own.expected_loss is not None
    assert asked.expected_loss == pytest.approx(2 * own.expected_loss, abs=2)


def test_a_price_that_doubted_the_proposal_raises_the_score() -> None:
    asked = ask("price_before=0.3", proposed(price=0.97))
    assert asked.p is not None
    assert asked.p.mean == pytest.approx(mean(proposed(price=0.3)), rel=1e-12)
    assert asked.change_p is not None
    assert asked.change_p > 0


def test_the_answer_of_a_vote_can_be_supposed() -> None:
    yes, no = (ask(f"answer={word}", voting(price=0.2)) for word in ("yes", "no"))
    assert yes.p is not None
    assert no.p is not None
    assert yes.p.mean > no.p.mean
    expected = settled(MarketState.ANSWERED, Outcome.NO, 2, 0.2)
    assert no.p.mean == pytest.approx(mean(expected), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "inputs", "reason"),
    [
        ("undisputed_minutes=60", CALM, "no proposal is open"),
        ("disputed=now", voting(), "no proposal is open"),
        ("price_before=0.4", CALM, "nothing was proposed yet"),
        ("proposed=yes", proposed(), "does not wait for a proposal"),
        ("answer=yes", CALM, "nothing was proposed yet"),
        ("answer=no", proposed(Outcome.YES), "settles as it stands: Yes"),
        ("answer=no", settled(MarketState.RESOLVED, Outcome.YES), "is paid already"),
    ],
)
def test_a_question_without_sense_is_refused_with_its_reason(
    text: str, inputs: MarketInputs, reason: str
) -> None:
    refused = ask(text, inputs)
    assert refused.p is None
    assert refused.change_p is None
    assert refused.refused is not None
    assert reason in refused.refused


@pytest.mark.parametrize(
    "inputs",
    [CALM, proposed(), voting(), settled(MarketState.RESOLVED, Outcome.YES)],
    ids=lambda inputs: inputs.state,
)
def test_the_usual_questions_all_have_an_answer_and_read_back_as_asked(
    inputs: MarketInputs,
) -> None:
    questions = usual_questions(inputs)
    assert questions
    assert [parse_what_if(question.text) for question in questions] == list(questions)
    answers = answer_what_ifs(questions, inputs, NO_COUNTS, PARAMETERS)
    assert all(answer.refused is None and answer.p is not None for answer in answers)


def test_too_many_questions_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match=f"at most {MOST_QUESTIONS}"):
        answer_what_ifs(
            [WhatIf(Change.DISPUTED, None)] * (MOST_QUESTIONS + 1), CALM, NO_COUNTS, PARAMETERS
        )


def test_questions_are_read_from_words() -> None:
    assert parse_what_if("open_interest=12.5").value == 12_500_000
    assert parse_what_if("price_before=0.25").value == Decimal("0.25")
    assert parse_what_if("answer=50-50").value is Outcome.HALF
    assert parse_what_if("volume=0") == WhatIf(Change.VOLUME, 0 * MICRO)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open_interest",
        "open_interest=-1",
        "open_interest=nan",
        "open_interest=1e30",
        "price_before=1.2",
        "undisputed_minutes=0",
        "undisputed_minutes=1.5",
        "undisputed_minutes=99999",
        "disputed=later",
        "answer=maybe",
        "nonsense=1",
        "answer=" + "y" * 500,
    ],
)
def test_words_that_are_no_question_are_refused_by_name(text: str) -> None:
    with pytest.raises(BadWhatIf) as caught:
        parse_what_if(text)
    assert "takes" in str(caught.value) or "Choose one of" in str(caught.value)
    assert len(str(caught.value)) < 300
