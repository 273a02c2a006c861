"""What a contract's getters said at a block: the value of a parameter whose log lies further back.

A log says from when on a value holds; a reading says only that it held at one block, so it counts
where no log does.
"""

from dataclasses import dataclass
from datetime import datetime


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
