"""Texts posted to a market's rules, told: whose word they are and what they came after."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.chain import Block
from models.lifecycle_enums import ClarificationChannel, ClarificationPosition
from models.oracle import Clarification, RulesUpdate
from service.protocol import clarifications
from service.protocol.ids import to_checksum
from service.protocol.listed_clarifications import ClarificationListing
from service.store.timeline.timeline_entry import Detail
from service.store.timeline.timeline_words import one_line, short_address

_QUOTE_LENGTH = 280
_TEXT_LENGTH = 4_000

# (block's hash, the log's index)
Placed = Mapping[tuple[bytes, int], clarifications.Clarification]

_TOO_LATE = {
    ClarificationPosition.BEFORE_PROPOSAL: "",
    ClarificationPosition.AFTER_PROPOSAL: ", after an answer was proposed",
    ClarificationPosition.AFTER_DISPUTE: ", after an answer was disputed",
    ClarificationPosition.AFTER_COMMIT_END: ", after the last vote that decides was sealed",
    ClarificationPosition.AFTER_PAYOUT: ", after the payout",
}

_LISTED = {
    "pending": "plans a clarification",
    "queued": "queued a clarification",
    "success": "lists a clarification as posted",
    "failed": "could not post a clarification",
    "cancelled": "cancelled a clarification",
}


@dataclass(frozen=True, slots=True)
class WrittenClarification:
    """A text, told."""

    kind: str
    sentence: str
    details: dict[str, Detail]


def to_clarification(
    post: Clarification, block: Block, creators: Collection[bytes], placed: Placed
) -> WrittenClarification:
    """Tell a note; whose word it is was judged where it was placed."""
    place = placed.get((block.hash, post.log_index))
    if place is not None:
        return tell_post(place)
    who = "who does not speak for the question's creator" if creators else "whose right is unknown"
    sentence = f"{short_address(post.owner)}, {who}, posted a note."
    text = one_line(post.data.decode("utf-8", errors="replace"))
    details: dict[str, Detail] = {
        "official": False,
        "owner": to_checksum(post.owner),
        "text": text[:_TEXT_LENGTH],
    }
    return WrittenClarification("note", sentence, details)


def to_rules_update(row: RulesUpdate, block: Block, placed: Placed) -> WrittenClarification:
    """Tell an update of a request's rules on the managed oracle; its log names no sender."""
    place = placed.get((block.hash, row.log_index))
    if place is not None:
        return tell_post(place)
    text = one_line(row.rules.decode("utf-8", errors="replace"))
    sentence = f"The request's rules were updated on the oracle: {_quote(text)}"
    return WrittenClarification(
        "clarification", sentence, {"official": True, "text": text[:_TEXT_LENGTH]}
    )


def tell_post(post: clarifications.Clarification) -> WrittenClarification:
    """Tell a text that was judged and placed: by the creator, through the oracle, or a note."""
    text = one_line(post.text)
    details: dict[str, Detail] = {"official": post.is_official}
    if post.owner is not None:
        details["owner"] = to_checksum(post.owner)
    details |= {"text": text[:_TEXT_LENGTH], **_place(post)}
    if not post.is_official:
        owner = "Somebody" if post.owner is None else short_address(post.owner)
        sentence = f"{owner}, who does not speak for the question's creator, posted a note."
        return WrittenClarification("note", sentence, details)
    lead = (
        "The question's creator posted a clarification"
        if post.channel is ClarificationChannel.BULLETIN_BOARD
        else "The request's rules were updated on the oracle"
    )
    sentence = f"{lead}{_TOO_LATE[post.position]}: {_quote(text)}"
    return WrittenClarification("clarification", sentence, details)


def tell_listed(row: ClarificationListing) -> WrittenClarification:
    """Tell a clarification as the catalogue lists it."""
    text, state = one_line(row.text), one_line(row.state)
    said = _LISTED.get(row.state, f"lists a clarification as \u201c{state}\u201d")
    details: dict[str, Detail] = {
        "catalogue_id": row.gamma_id,
        "state": state,
        "text": text[:_TEXT_LENGTH],
    }
    sentence = f"Polymarket's catalogue {said}: {_quote(text)}"
    return WrittenClarification("listed_clarification", sentence, details)


def _quote(text: str) -> str:
    cut = text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1] + "…"
    return f"\u201c{cut}\u201d"


def _place(place: clarifications.Clarification) -> dict[str, Detail]:
    return {
        "channel": str(place.channel),
        "position": str(place.position),
        "proposals_before": place.proposals_before,
        "disputes_before": place.disputes_before,
    }
