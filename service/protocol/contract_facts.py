"""What logs say of the contracts themselves: roles, parameters, upgrades, whitelists, governance.

Their words differ from event to event, so a fact keeps them by name. The ones a fold reads
(``service.protocol.parameters``, ``service.protocol.periods``) are read there, by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from service.protocol.log_position import LogPosition

# JSON-ready: whole numbers as decimal text, bytes as 0x-hex, addresses with their checksum.
Word: TypeAlias = "str | bool | Sequence[Word] | Mapping[str, Word]"


@dataclass(frozen=True, slots=True)
class ContractChanged:
    """A log that concerns a contract rather than one of its questions."""

    at: LogPosition
    # The event's name in the contract's source.
    name: str
    # What it is about (an id of 32 bytes or an address of 20), where it is about one thing.
    subject: bytes | None
    words: Mapping[str, Word]
