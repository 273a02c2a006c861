"""Walking pages and asking in batches, over any function that asks. No I/O of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from service.errors import SourceError, SourcePaused
from service.protocol.listings import Refused
from service.transport.answers import RequestRefused
from service.transport.client import Params

Row = TypeVar("Row")
Answer = TypeVar("Answer")

# A full open sweep is 500 to 1,000 pages; a walk that goes on beyond this is no walk.
MAX_PAGES = 5_000
MAX_EMPTY_PAGES = 3
# How often one call may halve batches to isolate what the source refuses.
MAX_SPLITS = 40
# Requests that may fail in one call before the rest is left for the next.
MOST_FAILURES = 5
# Beyond so many it is the source that fails, not a key.
MOST_SUSPECTS = 5_000


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


class Suspects:
    """Keys that were in a failed request: from then on they are asked for in ever smaller company.

    A source can fail on one key for ever (HTTP 500 whenever it is asked for). Halving at once would
    open the circuit, so it is done from run to run, until the culprit fails alone. A key that is
    answered is cleared. Lost on a restart, which costs a few runs.
    """

    def __init__(self) -> None:
        """Suspect nothing."""
        # How many may be asked for together; from 0 down, how often a key failed alone.
        self._most: dict[str, int] = {}

    def part(self, keys: Sequence[str], size: int) -> list[Sequence[str]]:
        """Batches of these keys, ``size`` at most each; suspects last, the closest pressed last."""
        by_size: dict[int, list[str]] = {}
        for key in keys:
            by_size.setdefault(min(size, self._most.get(key, size)), []).append(key)
        parts: list[Sequence[str]] = []
        for most, group in sorted(by_size.items(), reverse=True):
            bounded = most if most == size else max(most, -(-len(group) // MAX_SPLITS), 1)
            parts += [group[start : start + bounded] for start in range(0, len(group), bounded)]
        return parts

    def failed(self, part: Sequence[str]) -> None:
        """A request for these failed."""
        if len(self._most) > MOST_SUSPECTS:
            self._most.clear()
        alone = len(part) == 1
        most = min(self._most.get(part[0], 1), 1) - 1 if alone else len(part) // 2
        self._most.update(dict.fromkeys(part, most))

    def has_failed_alone(self, part: Sequence[str]) -> bool:
        """Whether this is a single key that failed when it was last asked for, alone."""
        return len(part) == 1 and self._most.get(part[0], 1) <= 0

    def answered(self, part: Sequence[str]) -> None:
        """A request for these was answered."""
        for key in part:
            self._most.pop(key, None)


def in_batches(
    keys: Sequence[str],
    size: int,
    ask: Callable[[Sequence[str]], Answer],
    suspects: Suspects | None = None,
) -> Iterator[tuple[Sequence[str], Answer | SourceError]]:
    """Answers for all keys, ``size`` at a time; a refused batch is halved to isolate the culprit.

    For a culprit the :class:`RequestRefused` itself is the answer; the rest loses nothing by it.
    Where a request fails its error is the answer, and the others are made all the same while the
    source's circuit is closed and few fail; the first error is raised after them.
    """
    suspects = suspects or Suspects()
    pending = suspects.part(keys, size)
    pending.reverse()
    failures: list[SourceError] = []
    splits = 0
    while pending and len(failures) < MOST_FAILURES:
        part = pending.pop()
        if failures and suspects.has_failed_alone(part):
            # Two known culprits in a row would open the circuit; this one is first next time.
            continue
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
        except SourcePaused as pause:
            raise (failures or [pause])[0] from None
        except SourceError as failure:
            suspects.failed(part)
            failures.append(failure)
            yield part, failure
        else:
            suspects.answered(part)
            yield part, answer
    if failures:
        raise failures[0]


def to_batch(
    records: Sequence[object], translate: Callable[[object], Row | Refused], fetched_at: datetime
) -> Batch[Row]:
    """Translate a page's records."""
    rows, refused = split_refused([translate(record) for record in records])
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


def not_answered(
    error: SourceError, keys: Sequence[str], refuse: Refused, at: datetime
) -> Batch[Row]:
    """The answer for keys asked for in vain: a key refused even alone is refused, as ``refuse``."""
    is_refused = isinstance(error, RequestRefused)
    because = tuple(_because(refuse, key, error.reason) for key in keys) if is_refused else ()
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


def next_cursor(source: str, answer: object) -> str | None:
    """The cursor of the next page of the Data API's second version; ``None`` on the last one."""
    pagination = answer.get("pagination") if isinstance(answer, dict) else None
    cursor = pagination.get("next_cursor") if isinstance(pagination, dict) else None
    if cursor is not None and not isinstance(cursor, str):
        raise SourceError(source, "a next_cursor that is no text")
    return cursor or None


def split_refused(made: Sequence[Row | Refused]) -> tuple[list[Row], list[Refused]]:
    """What was translated, and what was refused instead."""
    refused = [item for item in made if isinstance(item, Refused)]
    return [item for item in made if not isinstance(item, Refused)], refused


def _because(form: Refused, key: str, reason: str) -> Refused:
    return Refused(form.kind, form.source, key, reason)
