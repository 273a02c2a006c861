"""Whether a note on a question counts as its clarification, and how it is told."""

from collections.abc import Collection
from dataclasses import dataclass

from models.chain import Block
from models.oracle import Clarification
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_checksum
from service.store.timeline_entry import Detail
from service.store.timeline_words import one_line, short_address

_QUOTE_LENGTH = 280
_TEXT_LENGTH = 4_000


@dataclass(frozen=True, slots=True)
class WrittenClarification:
    """A note, told."""

    kind: str
    sentence: str
    details: dict[str, Detail]


def to_clarification(
    post: Clarification, block: Block, creators: Collection[bytes], book: ContractBook
) -> WrittenClarification:
    """Tell a note; only one by the question's creator, or a key that posts for it, is official."""
    text = one_line(post.data.decode("utf-8", errors="replace"))
    official = any(
        book.may_clarify(block.chain_id, post.owner, creator, block.mined_at)
        for creator in creators
    )
    owner = short_address(post.owner)
    if official:
        quote = text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1] + "…"
        sentence = f"The question's creator posted a clarification: \u201c{quote}\u201d"
    elif creators:
        sentence = f"{owner}, who does not speak for the question's creator, posted a note."
    else:
        sentence = f"{owner} posted a note; the question's creator is not known to us."
    details: dict[str, Detail] = {
        "official": official,
        "owner": to_checksum(post.owner),
        "text": text[:_TEXT_LENGTH],
    }
    return WrittenClarification("clarification" if official else "note", sentence, details)
