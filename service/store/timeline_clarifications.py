"""Texts posted to a market's rules, told: whose word they are and what they came after."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.chain import Block
from models.lifecycle_enums import ClarificationPosition
from models.oracle import Clarification, RulesUpdate
from service.protocol import clarifications
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_checksum
from service.store.timeline_entry import Detail
from service.store.timeline_words import one_line, short_address

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


@dataclass(frozen=True, slots=True)
class WrittenClarification:
    """A text, told."""

    kind: str
    sentence: str
    details: dict[str, Detail]


def to_clarification(
    post: Clarification,
    block: Block,
    creators: Collection[bytes],
    book: ContractBook,
    placed: Placed,
) -> WrittenClarification:
    """Tell a note; only one by the question's creator, or a key that posts for it, is official."""
    text = one_line(post.data.decode("utf-8", errors="replace"))
    official = any(
        book.may_clarify(block.chain_id, post.owner, creator, block.mined_at)
        for creator in creators
    )
    place = placed.get((block.hash, post.log_index))
    owner = short_address(post.owner)
    if official:
        sentence = f"The question's creator posted a clarification{_after(place)}: {_quote(text)}"
    elif creators:
        sentence = f"{owner}, who does not speak for the question's creator, posted a note."
    else:
        sentence = f"{owner} posted a note; the question's creator is not known to us."
    details: dict[str, Detail] = {
        "official": official,
        "owner": to_checksum(post.owner),
        "text": text[:_TEXT_LENGTH],
        **_place(place),
    }
    return WrittenClarification("clarification" if official else "note", sentence, details)


def to_rules_update(row: RulesUpdate, block: Block, placed: Placed) -> WrittenClarification:
    """Tell an update of a request's rules on the managed oracle; its log names no sender."""
    text = one_line(row.rules.decode("utf-8", errors="replace"))
    place = placed.get((block.hash, row.log_index))
    sentence = f"The request's rules were updated on the oracle{_after(place)}: {_quote(text)}"
    details: dict[str, Detail] = {"official": True, "text": text[:_TEXT_LENGTH], **_place(place)}
    return WrittenClarification("clarification", sentence, details)


def _after(place: clarifications.Clarification | None) -> str:
    return "" if place is None else _TOO_LATE[place.position]


def _quote(text: str) -> str:
    cut = text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1] + "…"
    return f"\u201c{cut}\u201d"


def _place(place: clarifications.Clarification | None) -> dict[str, Detail]:
    if place is None:
        return {}
    return {
        "channel": str(place.channel),
        "position": str(place.position),
        "proposals_before": place.proposals_before,
        "disputes_before": place.disputes_before,
    }
