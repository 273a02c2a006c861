"""Rule texts: what counts as a change, how it is told, which updates stand inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.protocol.ancillary import read_ancillary
from service.protocol.chain_text import TextAgreement, compare_with_chain
from service.protocol.rule_texts import (
    HunkKind,
    TextChange,
    compare_texts,
    normalised,
    part_updates,
    shown,
)

RULES = (
    "This market resolves to \u201cYes\u201d if the bridge opens by August 31, 2026, 11:59 PM ET."
)
WORDS = st.lists(
    st.sampled_from(["if", "the", "bridge", "opens", "by", "August", "31", "or", "not"]),
    max_size=30,
)


@pytest.mark.parametrize(
    "other",
    [
        RULES.replace("\u201c", '"').replace("\u201d", '"'),
        RULES.replace(" ", "\u00a0"),
        RULES.replace(" if", "\r\n\tif") + "\n",
        RULES.replace("bridge", "bri\u200bdge"),
        "\ufeff" + RULES,
    ],
)
def test_spaces_quotes_and_invisible_characters_are_no_change_of_wording(other: str) -> None:
    assert compare_texts(RULES, other).change is TextChange.TYPOGRAPHIC
    assert compare_texts(RULES, other).hunks == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [("31", "30"), ("opens", "Opens"), ("if", "unless"), ("PM", "AM"), ("2026,", "2026")],
)
def test_a_word_a_digit_a_capital_or_a_comma_is(old: str, new: str) -> None:
    diff = compare_texts(RULES, RULES.replace(old, new))
    assert diff.change is TextChange.WORDING
    [hunk] = diff.hunks
    assert hunk.kind is HunkKind.REPLACED
    assert new in hunk.added


def test_a_power_is_not_its_digits() -> None:
    assert compare_texts("10\u00b2 km", "102 km").change is TextChange.WORDING


def test_hunks_show_what_went_what_came_and_where() -> None:
    diff = compare_texts("a b c d e f g h", "a b x c d e g h i")
    told = [(h.kind, h.removed, h.added, h.before, h.after) for h in diff.hunks]
    assert told == [
        (HunkKind.INSERTED, "", "x", "a b", "c d e f g h"),
        (HunkKind.DELETED, "f", "", "a b c d e", "g h"),
        (HunkKind.INSERTED, "", "i", "c d e f g h", ""),
    ]


@given(WORDS, WORDS)
def test_the_hunks_turn_one_text_into_the_other(old: list[str], new: list[str]) -> None:
    diff = compare_texts(" ".join(old), " ".join(new))
    removed = [word for hunk in diff.hunks for word in hunk.removed.split()]
    added = [word for hunk in diff.hunks for word in hunk.added.split()]
    assert sorted([*old, *added]) == sorted([*new, *removed])
    assert (diff.change is TextChange.SAME) == (old == new)


def test_passages_too_long_to_compare_are_told_as_replaced_whole() -> None:
    old, new = " ".join(map(str, range(400))), " ".join(map(str, range(1_000, 1_400)))
    diff = compare_texts(f"start {old} end", f"start {new} end")
    assert diff.is_coarse
    [hunk] = diff.hunks
    assert (hunk.before, hunk.after) == ("start", "end")
    assert compare_texts(f"start {old} end", f"start {old} more end").is_coarse is False


@given(st.text())
def test_normalising_twice_changes_nothing_and_no_control_is_shown(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
    assert all(c == "\n" or c.isprintable() or c.isspace() for c in shown(text))
    assert len(shown(text, 5)) <= 5


def test_what_reverses_or_hides_text_is_not_shown() -> None:
    assert shown("No\u202e seY\u0007\r\nNext\u200b line\x00") == "No seY\nNext line"


def test_updates_inside_a_text_are_found_with_or_without_a_heading_of_their_own() -> None:
    text = (
        f"{RULES}\n\nBulletin Board Update (March 25): Noon is local time.\n\n"
        "Update:\nA partial opening counts.\n\nAdditional context\n\nPedestrians count too."
    )
    assert part_updates(text).updates == (
        "Noon is local time.",
        "A partial opening counts.",
        "Pedestrians count too.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "No updates or clarifications will be made to this market's rules.",
        "Updates made by the question creator should be considered.",
        "The source is the site. Update: none.",
        RULES,
    ],
)
def test_rules_that_speak_of_updates_are_none(text: str) -> None:
    assert part_updates(text).updates == ()


def asked(description: str) -> bytes:
    return (
        f"q: title: Will it open?, description: {description} "
        "res_data: p1: 0, p2: 1, p3: 0.5. Where p1 corresponds to No, p2 to Yes, p3 to 50-50."
    ).encode()


@pytest.mark.parametrize(
    ("catalogue", "expected"),
    [
        (RULES, TextAgreement.EQUAL),
        (RULES.replace("\u201c", '"').replace("\u201d", '"') + "\n", TextAgreement.EQUAL),
        (f"{RULES}\n\nBulletin Board Update: Noon is local.", TextAgreement.EXTENDED),
        (f"{RULES}\n\nA partial opening counts.", TextAgreement.DIFFERS),
        (f"{RULES} Or not.\n\nUpdate: Noon is local.", TextAgreement.DIFFERS),
        (RULES.replace("31", "30"), TextAgreement.DIFFERS),
        (None, TextAgreement.NOT_COMPARABLE),
    ],
)
def test_the_catalogue_s_rules_are_held_against_the_question_s_own_text(
    catalogue: str | None, expected: TextAgreement
) -> None:
    found = compare_with_chain(read_ancillary(asked(RULES)), catalogue)
    assert found.agreement is expected
    assert (found.diff is not None) == (expected in ("extended", "differs"))


def test_a_text_in_no_known_form_or_not_stored_is_not_compared_and_says_why() -> None:
    for text in (None, read_ancillary(b"Resolve this.")):
        found = compare_with_chain(text, RULES)
        assert found.agreement is TextAgreement.NOT_COMPARABLE
        assert found.reason
