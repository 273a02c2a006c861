"""The rules as the chain holds them, against the rules as the catalogue shows them."""

from dataclasses import dataclass
from enum import StrEnum

from service.protocol.ancillary import AncillaryText
from service.protocol.rule_texts import TextDiff, compare_texts, normalised, part_updates


class TextAgreement(StrEnum):
    """How the catalogue's text goes with the one the oracle was asked."""

    EQUAL = "equal"
    # The catalogue's text is the chain's and paragraphs that say they were added.
    EXTENDED = "extended"
    DIFFERS = "differs"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class TextComparison:
    """The verdict, with what differs or why nothing can be said."""

    agreement: TextAgreement
    reason: str | None = None
    # From the chain's text to the catalogue's.
    diff: TextDiff | None = None


def compare_with_chain(asked: AncillaryText | None, shown_rules: str | None) -> TextComparison:
    """The catalogue's rules against the question's own text; either may be unknown."""
    if asked is None:
        return _not_comparable("the question's text on the chain is not stored")
    if asked.description is None:
        return _not_comparable("the text on the chain has no description in the known form")
    if shown_rules is None:
        return _not_comparable("the catalogue's rules are not known")
    chain = normalised(asked.description)
    if chain == normalised(shown_rules):
        return TextComparison(TextAgreement.EQUAL)
    diff = compare_texts(asked.description, shown_rules)
    if chain == normalised(part_updates(shown_rules).rules):
        return TextComparison(TextAgreement.EXTENDED, diff=diff)
    return TextComparison(TextAgreement.DIFFERS, diff=diff)


def _not_comparable(reason: str) -> TextComparison:
    return TextComparison(TextAgreement.NOT_COMPARABLE, reason)
