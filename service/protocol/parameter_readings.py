"""What a contract's getters said at a block: the value of a parameter whose log lies further back.

A log says from when on a value holds; a reading says only that it held at one block, so it counts
where no log does.
"""

from dataclasses import dataclass
from datetime import datetime

from service.protocol.log_position import Place

# Behind every log of a block: getters tell what a block left.
_END_OF_BLOCK = 2**31


@dataclass(frozen=True, slots=True)
class ParameterReading:
    """One getter's answer, the same at every block read from ``first_block`` to ``last_block``."""

    chain_id: int
    address: bytes
    # The getter's name in the contract's source.
    name: str
    # A whole number as decimal text, an address as 0x-hex with its checksum.
    value: str
    first_block: int
    last_block: int
    known_at: datetime


def places_of(reading: ParameterReading) -> tuple[Place, Place]:
    """Where a reading says its value: at the ends of its first and its last block."""
    return (reading.first_block, _END_OF_BLOCK), (reading.last_block, _END_OF_BLOCK)
