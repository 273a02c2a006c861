"""``settlewatch import-markets``: markets out of public dumps, as if the catalogue had shown them.

A batch of rows is a transaction. Cut off, the same command does what is left: rows that are stored
already change nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from jobs.transactions import in_transaction
from models.data_enums import DataIssueKind
from service.clock import Clock
from service.errors import UsageError
from service.polymarket.dump_files import Dump, DumpError, DumpReader, Row
from service.polymarket.dump_map import GAMMA_SHAPE, DumpMap, parse_map
from service.polymarket.kinds import COUNTED
from service.polymarket.refusals import key_of
from service.polymarket.translate import to_listing
from service.protocol.listings import Refused
from service.store.checks.issues import add_issues
from service.store.markets.listing_imports import Imported, ImportedListing, import_listings

SOURCE = "import"
# Refused rows of a file that are kept one by one; the others are counted.
MOST_ISSUES = 1_000
# Reasons that are told apart in the summary.
MOST_REASONS = 20
COUNTS = ("files", "rows", "added", "changed", "unchanged", "kept", "refused", *COUNTED.values())
# Told after each batch: the rows read so far, and all of them.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class MarketImport:
    """The sum over all files: every row is in one of the counts after the second."""

    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTS, 0)))
    reasons: Counter[str] = field(default_factory=Counter)
    # A line for each file that could not be read.
    faults: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {**self.counts, "reasons": dict(self.reasons.most_common(MOST_REASONS))}


def read_map(path: Path) -> DumpMap:
    """A mapping file (TOML, or JSON by its name); mistakes are a ``MapError``."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"--map {path}: cannot be read ({error}). Check the path."
        raise UsageError(message) from error
    return parse_map(text, f"--map {path}", is_json=path.suffix.lower() == ".json")


def import_markets(
    sessions: sessionmaker[Session],
    files: Sequence[Path],
    clock: Clock,
    mapping: DumpMap = GAMMA_SHAPE,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> MarketImport:
    """Import dumps; a file with a fault changes nothing, the others count.

    ``dry_run`` stores nothing and says what would be done; a market that comes in several batches
    is then counted in each.
    """
    result = MarketImport()
    with DumpReader() as reader:
        dumps = list(_inspect(reader, files, mapping, result))
        total, done = sum(dump.rows for dump in dumps), 0
        for dump in dumps:
            one = _Import(sessions, clock, mapping, dump.path, result, dry_run=dry_run)
            try:
                for rows in reader.rows(dump, mapping):
                    one.store(rows)
                    done += len(rows)
                    progress(done, max(done, total))
            except DumpError as error:
                result.faults.append(str(error))
                continue
            result.counts["files"] += 1
    return result


def _inspect(
    reader: DumpReader, files: Sequence[Path], mapping: DumpMap, result: MarketImport
) -> Iterator[Dump]:
    for path in files:
        try:
            yield reader.inspect(path, mapping)
        except DumpError as error:
            result.faults.append(str(error))


@dataclass(slots=True)
class _Import:
    """One file on its way into the database."""

    sessions: sessionmaker[Session]
    clock: Clock
    mapping: DumpMap
    path: Path
    result: MarketImport
    dry_run: bool
    _issues: int = 0

    def store(self, rows: Sequence[Row]) -> None:
        """A batch in one transaction."""
        now = self.clock.now()
        made = [_translate(row, self.mapping) for row in rows]
        listings = [item for item in made if isinstance(item, ImportedListing)]
        refused = [item for item in made if isinstance(item, Refused)]
        work = partial(self._write, listings=listings, refused=refused, now=now)
        if self.dry_run:
            # Closed without a commit: as if nothing had been.
            with self.sessions() as session:
                done = work(session)
        else:
            done = in_transaction(self.sessions, work)
        self._count(len(rows), done, [*refused, *done.refused])

    def _write(
        self,
        session: Session,
        listings: Sequence[ImportedListing],
        refused: Sequence[Refused],
        now: datetime,
    ) -> Imported:
        done = import_listings(session, listings, now)
        issues = [item for item in (*refused, *done.refused) if item.reason not in COUNTED]
        room = max(0, MOST_ISSUES - self._issues)
        add_issues(session, [_named(self.path, item) for item in issues[:room]], now)
        return done

    def _count(self, rows: int, done: Imported, refused: Sequence[Refused]) -> None:
        counts, reasons = self.result.counts, self.result.reasons
        wrong = [item for item in refused if item.reason not in COUNTED]
        self._issues += len(wrong)
        counts["rows"] += rows
        counts["refused"] += len(wrong)
        counts.update(COUNTED[item.reason] for item in refused if item.reason in COUNTED)
        for name in ("added", "changed", "unchanged", "kept"):
            counts[name] += getattr(done, name)
        for item in wrong:
            reasons[_reason(item.reason, reasons)] += 1


def _translate(row: Mapping[str, Any], mapping: DumpMap) -> ImportedListing | Refused:
    try:
        record = mapping.to_record(row)
        crawled_at = mapping.crawled_at(row)
    except ValueError as error:
        return Refused(DataIssueKind.REFUSED_IMPORT, SOURCE, key_of(dict(row)), str(error))
    listing = to_listing(record)
    return listing if isinstance(listing, Refused) else ImportedListing(listing, crawled_at)


def _named(path: Path, refused: Refused) -> Refused:
    """An issue of the import's own, so that it does not stand in for one of the catalogue's."""
    key = f"{path.name}:{refused.key}"
    return replace(refused, kind=DataIssueKind.REFUSED_IMPORT, source=SOURCE, key=key)


def _reason(reason: str, seen: Counter[str]) -> str:
    """A reason as the summary tells it: many that differ in a value only are one."""
    short = reason.partition(": ")[0][:100]
    return short if short in seen or len(seen) < MOST_REASONS else "other reasons"
