"""``settlewatch adjudicate import``: verdicts into rows, each bad row named, then fused."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from jobs.adjudicate_rows import (
    FileFaultError,
    ReadVerdict,
    Row,
    is_unanswered,
    key_of,
    read_rows,
    read_verdict,
)
from jobs.transactions import in_transaction
from models.data_enums import DataIssueKind
from service.clock import Clock
from service.protocol.listings import Refused
from service.protocol.rule_texts import shown
from service.risk.parameters import load_parameters
from service.store.checks.issues import add_issues
from service.store.markets.markets import get_market
from service.store.truth.adjudications import NewVerdict, Stored, add_verdicts
from service.store.truth.audit_estimates import refresh_audits
from service.store.truth.truth_labels import Refreshed, refresh_labels

SOURCE = "adjudicate import"
COUNTS = ("files", "rows", "added", "already_known", "unanswered", "refused")


@dataclass(slots=True)
class VerdictImport:
    """The sum over all files: every row is in one of the counts after the second.

    ``added`` counts rows; a row under both tracks is two verdicts.
    """

    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTS, 0)))
    # A line for each file or row with a fault.
    faults: list[str] = field(default_factory=list)
    fused: list[Refreshed] = field(default_factory=list)

    def summary(self) -> dict[str, object]:
        """As ``--json`` prints it."""
        labels = [
            {
                "track": done.track.value,
                "verdicts_fused": done.verdicts,
                "questions": done.questions,
                "labels_changed": done.changed,
                "converged": done.is_converged,
            }
            for done in self.fused
        ]
        return {**self.counts, "faults": self.faults, "fused": labels}


@dataclass(frozen=True, slots=True)
class _Outcome:
    counts: Counter[str]
    faults: list[tuple[int, str]]


def import_verdicts(
    sessions: sessionmaker[Session], files: Sequence[Path], clock: Clock
) -> VerdictImport:
    """Import files, one transaction each, then fuse; the same file again changes nothing."""
    done = VerdictImport()
    for path in files:
        now = clock.now()
        try:
            rows = list(read_rows(path))
        except FileFaultError as error:
            done.faults.append(f"{path}: {error}")
            continue
        stored = in_transaction(sessions, partial(_store, path=path, rows=rows, now=now))
        done.counts.update(stored.counts)
        done.faults += [f"{path}: row {number}: {fault}" for number, fault in stored.faults]
    done.fused = in_transaction(sessions, partial(_fuse, now=clock.now()))
    return done


def _fuse(session: Session, now: datetime) -> list[Refreshed]:
    fused = refresh_labels(session, now)
    refresh_audits(session, now, load_parameters().transitions["d1w"])
    return fused


def _store(session: Session, path: Path, rows: Sequence[Row | None], now: datetime) -> _Outcome:
    counts: Counter[str] = Counter(files=1, rows=len(rows))
    faults: list[tuple[int, str]] = []
    for number, row in enumerate(rows, start=1):
        if row is not None and is_unanswered(row):
            counts["unanswered"] += 1
            continue
        try:
            stored = _store_row(session, row, shown(path.name), now)
        except ValueError as error:
            faults.append((number, f"{key_of(row)}: {error}"))
            counts["refused"] += 1
        else:
            counts[stored] += 1
    add_issues(session, _issues(path, faults), now)
    return _Outcome(counts, faults)


def _store_row(session: Session, row: Row | None, source: str, now: datetime) -> str:
    if row is None:
        message = "give an object with the columns of the packet"
        raise ValueError(message)
    read = read_verdict(row, now)
    market = get_market(session, read.ref)
    if market is None:
        message = "market: it names no stored market; import it first"
        raise ValueError(message)
    made = list(_verdicts(read, market.id))
    # Either both tracks of a row are stored, or neither.
    with session.begin_nested():
        results = add_verdicts(session, made, source, now)
        if Stored.CONFLICT in results:
            message = (
                "made_at: this adjudicator gave another verdict at that time; give a later one to "
                "replace it"
            )
            raise ValueError(message)
    return Stored.ADDED.value if Stored.ADDED in results else Stored.KNOWN.value


def _verdicts(read: ReadVerdict, market_id: int) -> Iterator[NewVerdict]:
    for track in read.tracks:
        yield NewVerdict(
            market_id=market_id,
            adjudicator=read.adjudicator,
            track=track,
            verdict=read.verdict,
            confidence=read.confidence,
            is_blind=read.is_blind,
            evidence=read.evidence,
            packet_id=read.packet_id,
            made_at=read.made_at,
        )


def _issues(path: Path, faults: Sequence[tuple[int, str]]) -> Iterator[Refused]:
    for number, fault in faults:
        yield Refused(
            DataIssueKind.REFUSED_IMPORT, SOURCE, f"{shown(path.name)}:row {number}", fault
        )
