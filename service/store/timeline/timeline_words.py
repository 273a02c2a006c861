"""The small words timeline sentences are made of."""

from collections.abc import Sequence
from datetime import datetime

from models.enums import Outcome, QuestionChangeKind
from service.protocol.ids import MULTIPLE_VALUES, to_checksum
from service.protocol.prices import CANCELLED, TOO_EARLY, outcome_of, outcome_of_payouts
from service.protocol.sports import Ordering, read_scores

_CHAINS = {137: "Polygon", 1: "Ethereum"}
_LABEL_LENGTH = 60
CHANGE_WORDS = {
    QuestionChangeKind.RESET: "The question was reset: the oracle was asked again.",
    QuestionChangeKind.FLAGGED: "Administrators flagged the question for resolution by hand.",
    QuestionChangeKind.UNFLAGGED: "Administrators took the flag back.",
    QuestionChangeKind.PAUSED: "Administrators paused the question.",
    QuestionChangeKind.UNPAUSED: "Administrators resumed the question.",
    QuestionChangeKind.RESOLVED: "The adapter resolved the question with the oracle's answer.",
    QuestionChangeKind.SETTLED: "The adapter took the oracle's answer over; the payout follows.",
    QuestionChangeKind.UPDATED: "Administrators rewrote the question.",
}


def chain_name(chain_id: int) -> str:
    """A chain by the name people know."""
    return _CHAINS.get(chain_id, f"chain {chain_id}")


def short_address(address: bytes) -> str:
    """An address shortened for a sentence; the whole of it stands in the entry's details."""
    text = to_checksum(address)
    return f"{text[:6]}…{text[-4:]}"


def answer_words(price: int, outcomes: Sequence[str]) -> str:
    """A raw oracle price as the answer it means for a market with these outcome labels."""
    if price == TOO_EARLY:
        return "\u201ctoo early\u201d"
    outcome = outcome_of(price)
    if outcome is None:
        return f"the price {price}, which no outcome has"
    return f"\u201c{_label(outcome, outcomes)}\u201d"


def price_words(identifier: bytes, price: int, outcomes: Sequence[str]) -> str:
    """A raw price as the answer it gives to what was asked: an outcome, or a game's scores."""
    if identifier != MULTIPLE_VALUES or price == TOO_EARLY:
        return answer_words(price, outcomes)
    if price == CANCELLED:
        return "\u201ccancelled\u201d"
    # In the order of the price; which team comes first is the game's own matter.
    scores = read_scores(price, Ordering.HOME_FIRST)
    return "no scores" if scores is None else f"the scores {scores.home} and {scores.away}"


def payout_words(numerators: Sequence[str], outcomes: Sequence[str]) -> str:
    """A payout vector as what it pays."""
    outcome = outcome_of_payouts([int(n) for n in numerators])
    if outcome is None:
        return f"payout vector [{', '.join(numerators)}]"
    if outcome is Outcome.HALF:
        return "both sides were paid half"
    return f"\u201c{_label(outcome, outcomes)}\u201d was paid in full"


def utc_words(at: datetime) -> str:
    """An instant for a sentence."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def one_line(text: str) -> str:
    """Foreign text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shortened(text: str, most: int = 120) -> str:
    """A text for a sentence, cut where it is long."""
    return text if len(text) <= most else text[: most - 1] + "\u2026"


def _label(outcome: Outcome, outcomes: Sequence[str]) -> str:
    if outcome is Outcome.HALF:
        return "50-50"
    index = 0 if outcome is Outcome.YES else 1
    label = one_line(outcomes[index]) if index < len(outcomes) else ""
    return (label or outcome.value.capitalize())[:_LABEL_LENGTH]
