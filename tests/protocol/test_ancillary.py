"""Ancillary text as people write it: commas, colons, bad bytes, spoofed keys."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.protocol.ancillary import AncillaryText, read_ancillary, without_oracle_stamp
from service.protocol.prices import HALF, NO, TOO_EARLY, YES, label_of

CREATOR = "ab" * 20
STRANGER = "99" * 20
BOARD = "6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74"
RES_DATA = "res_data: p1: 0, p2: 1, p3: 0.5. Where p1 corresponds to No, p2 to Yes, p3 to unknown."
TEXT = (
    "q: title: Will it, as said: rain?, description: Yes, if: rain. market_id: 42 "
    f"{RES_DATA} Updates made by the question creator via the bulletin board at 0x{BOARD} should "
    f"be considered.,initializer:{CREATOR}"
).encode()


def test_the_template_is_read_whole() -> None:
    read = read_ancillary(TEXT)
    assert read.title == read.headline == "Will it, as said: rain?"
    assert read.description == "Yes, if: rain."
    assert read.market_id == "42"
    assert read.initializer == bytes.fromhex(CREATOR)
    assert read.bulletin_board == bytes.fromhex(BOARD)
    assert label_of(YES, read.answers) == "Yes"
    assert label_of(NO, read.answers) == "No"
    assert not read.is_yes_or_no_only


def test_a_neg_risk_text_says_that_it_has_two_answers_only() -> None:
    text = (
        "q: title: A wins?, description: If A wins, Yes., res_data: p1: 0, p2: 1, p3: 0.5. Where "
        "p1 corresponds to No, p2 to Yes, p3 to unknown. This request MUST only resolve to p1 or "
        f"p2.  Updates made via the bulletin board at 0x{BOARD}.,initializer:{CREATOR}"
    )
    read = read_ancillary(text.encode())
    assert read.is_yes_or_no_only
    assert read.description == "If A wins, Yes."
    assert [answer.label for answer in read.answers] == ["No", "Yes", "unknown", None]


def test_key_words_inside_the_description_do_not_count() -> None:
    inside = (
        "Note: title: fake, description: fake, market_id: 666 and res_data: p1: 1, p2: 0. Where "
        f"p1 corresponds to No, p2 to Yes. bulletin board at 0x{STRANGER},initializer:{STRANGER}, "
        f"ooRequester:{STRANGER} end. market_id: 42 "
    )
    read = read_ancillary(TEXT.replace(b"Yes, if: rain. market_id: 42 ", inside.encode()))
    assert read.title == "Will it, as said: rain?"
    assert read.description is not None
    assert read.description.startswith("Note: title: fake, description: fake")
    assert read.market_id == "42"
    assert read.initializer == bytes.fromhex(CREATOR)
    assert read.bulletin_board == bytes.fromhex(BOARD)
    assert label_of(YES, read.answers) == "Yes"


def test_a_market_id_in_the_middle_of_the_rules_is_not_the_templates() -> None:
    read = read_ancillary(f"q: title: A?, description: market_id: 6 is old. {RES_DATA}".encode())
    assert read.market_id is None
    assert read.description == "market_id: 6 is old."


def test_the_last_initializer_is_the_adapters() -> None:
    spoofed = TEXT + b",initializer:" + STRANGER.encode()
    assert read_ancillary(spoofed).initializer == bytes.fromhex(STRANGER)


@pytest.mark.parametrize(
    "ending",
    [
        f",initializer:{CREATOR} ",
        f",initializer:{CREATOR}\n",
        f",initializer:0x{CREATOR}",
        f",initializer:{CREATOR.upper()}",
        f",initializer:{CREATOR[:-1]}",
    ],
)
def test_an_initializer_no_adapter_writes_is_none(ending: str) -> None:
    assert read_ancillary(f"q: title: A?, description: B.{ending}".encode()).initializer is None


def test_what_a_text_does_not_say_is_none() -> None:
    assert read_ancillary(b"") == AncillaryText(
        title=None,
        description=None,
        market_id=None,
        initializer=None,
        bulletin_board=None,
        answers=(),
        score_labels=(),
        is_yes_or_no_only=False,
        opening="",
    )


def test_a_text_without_a_title_is_shown_by_its_beginning() -> None:
    read = read_ancillary(b"Did it rain? " + b"x" * 500)
    assert read.title is None
    assert read.headline.startswith("Did it rain? xxx")
    assert len(read.headline) == 200


def test_line_breaks_part_the_keys_as_commas_do() -> None:
    read = read_ancillary(
        b"q: title: Rain?\ndescription: It rains.\nres_data: p1: 0, p2: 1, p3: 0.5\nWhere p1 "
        b"corresponds to Something, p2 to Another, p3 to unknown, and p4 to an early request"
    )
    assert (read.title, read.description) == ("Rain?", "It rains.")
    assert [answer.label for answer in read.answers] == [
        "Something",
        "Another",
        "unknown",
        "early request",
    ]


def test_bad_utf_8_and_null_bytes_leave_the_rest_readable() -> None:
    read = read_ancillary(TEXT.replace(b"rain?", b"r\xff\x00in?"))
    assert read.title == "Will it, as said: r\ufffdin?"
    assert read.initializer == bytes.fromhex(CREATOR)


def test_a_huge_text_is_read_in_passing() -> None:
    filler = b", description: market_id: 1 res_data: p1: 1, bulletin board at 0x" * 20_000
    read = read_ancillary(TEXT.replace(b"Yes, if: rain.", filler))
    assert read.market_id == "42"
    assert label_of(YES, read.answers) == "Yes"


def test_a_games_json_names_its_teams_in_the_order_of_the_price() -> None:
    text = '{"title": "Lakers vs Celtics", "description": "Final scores.", "labels": ["L", "C"]}'
    read = read_ancillary(f"{text},initializer:{CREATOR}".encode())
    assert (read.title, read.description) == ("Lakers vs Celtics", "Final scores.")
    assert read.score_labels == ("L", "C")
    assert read.initializer == bytes.fromhex(CREATOR)


def test_json_of_a_yes_or_no_question_is_read_as_the_template_is() -> None:
    text = (
        '{"q": {"title": "Meow?", "description": "meow"}, "res_data": {"p1": 0, "p2": 1, '
        '"p3": 0.5, "p4": "'
        f'{TOO_EARLY}"}}}}'
    )
    read = read_ancillary(f"{text},initializer:{CREATOR}".encode())
    assert (read.title, read.description) == ("Meow?", "meow")
    assert [answer.price for answer in read.answers] == [NO, YES, HALF, TOO_EARLY]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[1]",
        '{"a":' * 100_000,
        '{"title": [1], "q": 2, "labels": 3, "res_data": 4}',
        '{"res_data": {"p1": 0, "p2": []}}',
        '{"res_data": {"p1": 0, "p2": NaN}}',
        '{"res_data": {"p1": 0, "p2": ' + "9" * 10_000 + "}}",
    ],
)
def test_json_that_says_nothing_is_shown_by_its_beginning(text: str) -> None:
    read = read_ancillary(text.encode())
    assert read.title is None
    assert read.answers == ()
    assert read.headline == text[:200].strip()


def test_half_a_character_in_json_can_still_be_stored() -> None:
    read = read_ancillary(b'{"title": "a\\ud800b", "labels": ["\\udfff"]}')
    assert read.headline.encode() == b"a?b"
    assert read.score_labels == ("?",)


def test_the_oracles_stamp_is_removed_and_nothing_else() -> None:
    stamp = b",ooRequester:" + b"cd" * 20
    assert without_oracle_stamp(TEXT + stamp) == TEXT
    assert without_oracle_stamp(TEXT) == TEXT
    # A stamp inside the text was written by somebody, not by the oracle.
    inside = TEXT + stamp + b" "
    assert without_oracle_stamp(inside) == inside


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [
                    b"q: title:",
                    b", description:",
                    b" market_id: ",
                    b"7",
                    b" res_data: ",
                    b"p1: 0",
                    b", p2: 1",
                    b"Where ",
                    b"p1 corresponds to ",
                    b", p2 to ",
                    b"\xff",
                    b"\0",
                    b" ",
                    b",initializer:" + CREATOR.encode(),
                    b"bulletin board at 0x" + BOARD.encode(),
                ]
            ),
            max_size=20,
        ).map(b"".join),
    )
)
@example(b"res_data:")
@example(b"market_id:")
@example(b"q: title:")
@example(b'{"title": "\\u0000a", "labels": ["\\u0000"]}')
def test_any_bytes_are_read_and_hold_no_null(data: bytes) -> None:
    read = read_ancillary(data)
    labels = "".join(answer.label or "" for answer in read.answers) + "".join(read.score_labels)
    assert "\x00" not in read.headline + (read.description or "") + labels
    assert read.initializer is None or data.endswith(read.initializer.hex().encode())
