"""Which rows a run has seen: a bit each, so that a whole catalogue costs kilobytes."""

from collections.abc import Iterable


class Seen:
    """A set of row ids."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._bits = bytearray()

    def add(self, row_ids: Iterable[int]) -> None:
        """Note rows as seen."""
        for row_id in row_ids:
            byte, bit = divmod(row_id, 8)
            if byte >= len(self._bits):
                # Half as much again: rows come in order, and growing one by one would copy each.
                self._bits.extend(bytes(byte - len(self._bits) + 1 + len(self._bits) // 2))
            self._bits[byte] |= 1 << bit

    def __contains__(self, row_id: int) -> bool:
        """Whether a row was seen."""
        byte, bit = divmod(row_id, 8)
        return byte < len(self._bits) and bool(self._bits[byte] >> bit & 1)
