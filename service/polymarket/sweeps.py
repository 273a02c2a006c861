"""Sweeping a keyset list from both ends, so that one page that fails hides no other page.

A cursor is opaque: past a page that fails there is no way but from the other end. What is left
between the two ends is asked for in ever smaller pages, down to the one record that fails.
"""

from collections.abc import Callable, Iterator, Sequence

from service.errors import SourceError, SourcePaused
from service.polymarket.batches import Pages
from service.transport.client import Params

Ask = Callable[[Params], object]
Records = Sequence[object]

PAGE = 100
# Asked for after a page that fails, until the smallest fails as well.
SMALLER_PAGES = (10, 1)


class SweepGap(SourceError):
    """All of a list was had but for one place, which fails in any direction."""


class _Side:
    """One direction of a sweep, and how far it has come."""

    def __init__(self, source: str, ask: Ask, filters: Params, name: str, *, up: bool) -> None:
        self.reached: int | None = None
        self._cursor: str | None = None
        self._source, self._ask, self._name = source, ask, name
        self._filters = (*filters, ("order", "id"), ("ascending", "true" if up else "false"))
        self._up = up

    def walk(self, other: "_Side | None" = None, size: int = PAGE) -> Iterator[Records]:
        """Pages from where it stands; to the end, or to a page the other side has had whole."""
        filters = (*self._filters, ("limit", str(size)))
        pages = Pages(self._source, self._ask, filters, self._name, self._cursor)
        for records in pages:
            ids = [found for found in map(_id_of, records) if found is not None]
            if records:
                yield records
            self._cursor = pages.cursor
            if ids:
                self.reached = max(ids) if self._up else min(ids)
            if other is not None and ids and other.has_had(ids):
                return

    def ask_for_one(self) -> None:
        """The first record from this end."""
        self._ask((*self._filters, ("limit", "1")))

    def has_had(self, ids: Sequence[int]) -> bool:
        """Whether all these ids lie where this side has been."""
        if self.reached is None:
            return False
        return max(ids) <= self.reached if self._up else min(ids) >= self.reached


def sweep(
    source: str, ask: Ask, filters: Params, name: str, *, up: bool = True
) -> Iterator[Records]:
    """All pages of a list in order of ids; ``up`` says from which end to begin.

    Raises after everything that can be had: a :class:`SweepGap` then names what is missing.
    """
    first = _Side(source, ask, filters, name, up=up)
    second = _Side(source, ask, filters, name, up=not up)
    try:
        yield from first.walk()
    except SourcePaused:
        raise
    except SourceError as error:
        failure = error
    else:
        return
    _check_source(first, failure)
    try:
        yield from second.walk(first)
    except SourceError as error:
        if isinstance(error, SourcePaused) or first.reached is second.reached is None:
            raise failure from error
        yield from _close_in(source, (first, second))


def _check_source(side: _Side, failure: SourceError) -> None:
    """Tell a page that fails from a source that does, by a page that is known to work."""
    if side.reached is None:
        return
    try:
        side.ask_for_one()
    except SourceError as error:
        raise failure from error


def _close_in(source: str, sides: tuple[_Side, _Side]) -> Iterator[Records]:
    """What lies between two failing pages, in smaller ones; raises unless all of it was had."""
    well = next(side for side in sides if side.reached is not None)
    failure = SourceError(source, "two pages fail")
    for side, other in (sides, sides[::-1]):
        for size in SMALLER_PAGES:
            _check_source(well, failure)
            try:
                yield from side.walk(other, size)
            except SourcePaused:
                raise
            except SourceError as error:
                failure = error
            else:
                return
    ends = sorted(side.reached for side in sides if side.reached is not None)
    place = f"between ids {ends[0]} and {ends[1]}" if len(ends) > 1 else f"beyond id {ends[0]}"
    raise SweepGap(source, f"{failure.reason}: nothing {place}, whichever way it is asked for")


def _id_of(record: object) -> int | None:
    if not isinstance(record, dict):
        return None
    text = str(record.get("id"))
    return int(text) if text.isascii() and text.isdigit() else None
