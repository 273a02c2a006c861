"""Walking pages and asking in batches, over any function that asks. No I/O of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from service.errors import SourceError
from service.protocol.listings import Refused
from service.transport.answers import RequestRefused
from service.transport.client import Params

Row = TypeVar("Row")

# A full open sweep is 500 to 1,000 pages; a walk that goes on beyond this is no walk.
MAX_PAGES = 5_000
MAX_EMPTY_PAGES = 3
# How often one call may halve batches to isolate what the source refuses.
MAX_SPLITS = 40


@dataclass(frozen=True, slots=True)
class Batch(Generic[Row]):
    """One answer, translated: what it said, what was refused, what it left out, and when."""

    rows: tuple[Row, ...]
    refused: tuple[Refused, ...]
    # Keys asked for and not answered.
    missing: tuple[str, ...]
    fetched_at: datetime


class Pages:
    """Pages of a keyset list, to the page without a next cursor; a short page is not the end.

    The next page is asked for by ``after_cursor`` with the same filters (any other name is
    ignored by the source, which then sends page 1 for ever: hence the guard). ``cursor`` is where
    the page that was given last ends; ``None`` before the first page and after the last.
    """

    def __init__(
        self,
        source: str,
        ask: Callable[[Params], object],
        filters: Params,
        name: str,
        cursor: str | None = None,
    ) -> None:
        """Start at a cursor, or at the list's beginning."""
        self.cursor = cursor
        self._source, self._ask, self._filters, self._name = source, ask, filters, name

    def __iter__(self) -> Iterator[Sequence[object]]:
        """The pages; empty ones are followed, but not for ever."""
        seen: set[str] = set()
        empty = 0
        for _ in range(MAX_PAGES):
            sent = () if self.cursor is None else (("after_cursor", self.cursor),)
            page = self._ask((*self._filters, *sent))
            records, following = _read_page(self._source, page, self._name)
            if following is not None and (following in seen or following == self.cursor):
                if records:
                    yield records
                raise SourceError(self._source, f"cursor loop: {following[:60]!r} came twice")
            self.cursor = following
            empty = 0 if records else empty + 1
            if records:
                yield records
            if following is None:
                return
            if empty >= MAX_EMPTY_PAGES:
                raise SourceError(self._source, f"{empty} empty pages in a row that promise more")
            seen.add(following)
        raise SourceError(self._source, f"no last page after {MAX_PAGES} pages")


def walk(
    source: str, ask: Callable[[Params], object], filters: Params, name: str
) -> Iterator[Sequence[object]]:
    """All pages of a keyset list."""
    yield from Pages(source, ask, filters, name)


def _read_page(source: str, page: object, name: str) -> tuple[Sequence[object], str | None]:
    if not isinstance(page, dict) or not isinstance(page.get(name), list):
        raise SourceError(source, f"a page without a list of {name}")
    cursor = page.get("next_cursor")
    if cursor is not None and not isinstance(cursor, str):
        raise SourceError(source, "a next_cursor that is no text")
    return page[name], cursor or None


def in_batches(
    keys: Sequence[str], size: int, ask: Callable[[Sequence[str]], object]
) -> Iterator[tuple[Sequence[str], object]]:
    """Answers for all keys, ``size`` at a time; a refused batch is halved to isolate the culprit.

    For a culprit the :class:`RequestRefused` itself is the answer; the rest loses nothing by it.
    """
    pending = [keys[start : start + size] for start in range(0, len(keys), size)]
    pending.reverse()
    splits = 0
    while pending:
        part = pending.pop()
        try:
            answer = ask(part)
        except RequestRefused as refusal:
            if len(part) == 1:
                yield part, refusal
                continue
            splits += 1
            if splits > MAX_SPLITS:
                raise
            half = len(part) // 2
            pending += [part[half:], part[:half]]
        else:
            yield part, answer


def to_batch(
    records: Sequence[object], translate: Callable[[object], Row | Refused], fetched_at: datetime
) -> Batch[Row]:
    """Translate a page's records."""
    rows, refused = _split([translate(record) for record in records])
    return Batch(tuple(rows), tuple(refused), (), fetched_at)


def match_asked(
    batch: Batch[Row], asked: Sequence[str], key_of: Callable[[Row], str], refuse: Refused
) -> Batch[Row]:
    """Keep the rows that were asked for, once each; ``refuse`` is the form of what is not."""
    kept: dict[str, Row] = {}
    refused = list(batch.refused)
    wanted = set(asked)
    for row in batch.rows:
        key = key_of(row)
        if key not in wanted:
            refused.append(_because(refuse, key, "not asked for"))
        elif key not in kept:
            kept[key] = row
        elif kept[key] != row:
            refused.append(_because(refuse, key, "answered twice in one answer"))
    missing = tuple(key for key in asked if key not in kept)
    return Batch(tuple(kept.values()), tuple(refused), missing, batch.fetched_at)


def refused_alone(
    refusal: RequestRefused, keys: Sequence[str], refuse: Refused, at: datetime
) -> Batch[Row]:
    """The answer for a key the source refuses even alone."""
    because = tuple(_because(refuse, key, refusal.reason) for key in keys)
    return Batch((), because, tuple(keys), at)


def list_of(source: str, answer: object, name: str | None) -> Sequence[object]:
    """The list in an answer (under ``name``, or bare); null is the source's way to say none."""
    value: object = answer
    if name is not None:
        if not isinstance(answer, Mapping) or name not in answer:
            raise SourceError(source, f"an answer without {name!r}")
        value = answer[name]
    if value is None and name is not None:
        return ()
    if not isinstance(value, list):
        raise SourceError(source, "an answer that is no list")
    return value


def _split(made: Sequence[Row | Refused]) -> tuple[list[Row], list[Refused]]:
    refused = [item for item in made if isinstance(item, Refused)]
    return [item for item in made if not isinstance(item, Refused)], refused


def _because(form: Refused, key: str, reason: str) -> Refused:
    return Refused(form.kind, form.source, key, reason)
