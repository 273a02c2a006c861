"""The answers a text offers, as real creators word them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.protocol.prices import HALF, NO, TOO_EARLY, YES, Answer, AnswerMeaning
from service.protocol.res_data import read_answers

TOO_EARLY_ANSWER = Answer(4, TOO_EARLY, None, AnswerMeaning.TOO_EARLY)
UPDATES = (
    " Updates made by the question creator via the bulletin board at 0x" + "6A" * 20 + " as "
    "described by https://polygonscan.com/tx/0xa14f should be considered."
)


def _labels(text: str) -> dict[int, str | None]:
    return {answer.number: answer.label for answer in read_answers(text)}


def test_polymarkets_template_gives_three_answers_and_umips_fourth() -> None:
    text = " p1: 0, p2: 1, p3: 0.5. Where p1 corresponds to No, p2 to Yes, p3 to unknown/50-50."
    assert read_answers(text + UPDATES) == (
        Answer(1, NO, "No", AnswerMeaning.NO),
        Answer(2, YES, "Yes", AnswerMeaning.YES),
        Answer(3, HALF, "unknown/50-50", AnswerMeaning.UNKNOWN),
        TOO_EARLY_ANSWER,
    )


def test_a_neg_risk_text_may_leave_p3_out() -> None:
    assert read_answers(" p1: 0, p2: 1. Where p1 corresponds to No, p2 to Yes.") == (
        Answer(1, NO, "No", AnswerMeaning.NO),
        Answer(2, YES, "Yes", AnswerMeaning.YES),
        TOO_EARLY_ANSWER,
    )


def test_swapped_prices_keep_their_labels() -> None:
    text = "p2: 0, p1: 1, p3: 0.5. Where p2 corresponds to No, p1 to a Yes, p3 to unknown"
    assert read_answers(text)[:2] == (
        Answer(1, YES, "Yes", AnswerMeaning.YES),
        Answer(2, NO, "No", AnswerMeaning.NO),
    )


@pytest.mark.parametrize(
    "price",
    [
        # UMIP-107 prints it scaled, some creators as the oracle holds it.
        "-57896044618658097711785492504343953926634992332820282019728.792003956564819968",
        "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
    ],
)
def test_too_early_is_read_in_both_scales(price: str) -> None:
    text = (
        f" p1: 0, p2: 1, p3: 0.5, p4:{price}, earlyExpiration:1 Where p1 corresponds to No, "
        "p2 to Yes, p3 to unknown/50-50, p4 corresponds to early request. "
    )
    assert read_answers(text)[3] == Answer(4, TOO_EARLY, "early request", AnswerMeaning.TOO_EARLY)


def test_team_names_with_full_stops_stay_whole() -> None:
    text = (
        "p1: 0, p2: 1, p3: 0.5. Where p1 corresponds to St. Louis Cardinals, p2 to Mount St. "
        "Mary's, p3 to unknown/50-50." + UPDATES
    )
    assert _labels(text) == {
        1: "St. Louis Cardinals",
        2: "Mount St. Mary's",
        3: "unknown/50-50",
        4: None,
    }


def test_a_team_named_last_ends_where_the_next_sentence_starts() -> None:
    text = "p1: 0, p2: 1. Where p1 corresponds to Yale, p2 to St. John's." + UPDATES
    assert _labels(text)[2] == "St. John's"


def test_a_team_is_neither_yes_nor_no() -> None:
    text = "p1: 0, p2: 1. Where p1 corresponds to Texas A&M, p2 to Yale."
    assert [answer.meaning for answer in read_answers(text)[:2]] == [None, None]


def test_a_sentence_behind_a_plain_answer_is_not_part_of_it() -> None:
    text = "p1: 0, p2: 1. Where p1 corresponds to No, p2 to Yes. Anything else follows."
    assert _labels(text)[2] == "Yes"


def test_a_name_that_starts_like_a_plain_answer_stays_whole() -> None:
    text = "p1: 0, p2: 1. Where p1 corresponds to Duke, p2 to No. 1 seed."
    assert read_answers(text)[1] == Answer(2, YES, "No. 1 seed", None)


def test_a_label_given_twice_keeps_its_first() -> None:
    text = "p1: 0, p2: 1. Where p1 corresponds to No, p2 to Yes, p1 to Yes, p2 to No."
    assert [answer.label for answer in read_answers(text)[:2]] == ["No", "Yes"]


def test_prices_without_labels_mean_what_the_umip_says() -> None:
    assert [answer.meaning for answer in read_answers("p1: 0, p2: 1, p3: 0.5")] == [
        AnswerMeaning.NO,
        AnswerMeaning.YES,
        AnswerMeaning.UNKNOWN,
        AnswerMeaning.TOO_EARLY,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p1: 0",
        "p2: 1, p1",
        "p1: 0, p2: 1, p1: 1",
        "p1: yes, p2: no",
        "p1: 0, p2: " + "9" * 90,
        "p1: 0, p2: " + "9" * 60,
        "p1: 0, p2: 0.0000000000000000001",
        "p1: 0, p2: 0.5" + "0" * 50 + "1",
        "p1: 0, p2: \u0661",
        "see above p1: 0, p2: 1",
    ],
)
def test_prices_that_cannot_be_read_offer_no_answers(text: str) -> None:
    assert read_answers(text) == ()


@given(st.text(max_size=300))
def test_any_text_behind_readable_prices_leaves_the_prices(text: str) -> None:
    answers = read_answers("p1: 0, p2: 1. " + text)
    assert [answer.price for answer in answers if answer.number <= 2] == [NO, YES]


@given(st.integers(min_value=-(10**40), max_value=10**40))
def test_a_price_is_read_exactly(price: int) -> None:
    sign, digits = "-" if price < 0 else "", f"{abs(price):019d}"
    text = f"p1: 0, p2: {sign}{digits[:-18]}.{digits[-18:]}"
    assert read_answers(text)[1].price == price
