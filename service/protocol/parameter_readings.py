"""What a contract's getters said at a block: the value of a parameter whose log lies further back.

A log says from when on a value holds; a reading says only that it held at one block, so it counts
where no log does.
"""

from collections.abc import Iterable
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


def reading_at(
    readings: Iterable[ParameterReading], address: bytes, name: str, block: int
) -> ParameterReading | None:
    """The reading that holds at a block: one that spans it, else the first after it.

    The value may have changed between the block and that first reading; whoever has the logs of
    changes since knows whether it did.
    """
    ours = [r for r in readings if (r.address, r.name) == (address, name)]
    return min(
        (r for r in ours if r.last_block >= block), key=lambda r: r.first_block, default=None
    )
