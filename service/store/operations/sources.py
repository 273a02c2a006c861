"""The health of the sources, as the jobs last found it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import SourceState
from models.operation import Source
from service.protocol.sources import KNOWN_SOURCES, SourceHealth, UrlHealth
from service.store.upserts import insert_or_ignore

REASON_LENGTH = 500


def record_health(session: Session, health: Iterable[SourceHealth], now: datetime) -> None:
    """Keep what a client knows of its sources; what it never asked leaves the row as it is.

    ``since`` survives a restart: a source found in the state it was left in has been in it since.
    """
    for found in health:
        known = session.get(Source, found.name)
        if known is None:
            # Two jobs may meet one source for the first time at once.
            if insert_or_ignore(session, Source, [_to_row(found, now)]):
                continue
            known = session.get_one(Source, found.name)
        if found.state is not SourceState.UNKNOWN:
            if found.state != known.state:  # The column gives back plain text.
                known.state, known.since = found.state, found.since or now
            known.reason = _cut(found.reason)
            known.last_success_at = found.last_success_at or known.last_success_at
            known.last_failure_at = found.last_failure_at or known.last_failure_at
            known.failures_in_a_row = found.failures_in_a_row
            known.retry_at = found.retry_at
    session.flush()


def record_node(
    session: Session,
    health: SourceHealth,
    urls: Sequence[UrlHealth],
    counts: Mapping[str, int],
    now: datetime,
) -> None:
    """Keep a chain's health with that of its URLs, and add to what went wrong with it so far."""
    row = record_counted(session, health, counts, now)
    row.urls = [_to_document(url) for url in urls]
    session.flush()


def record_counted(
    session: Session, health: SourceHealth, counts: Mapping[str, int], now: datetime
) -> Source:
    """Keep a source's health, and add to what went wrong with it so far; its row."""
    record_health(session, [health], now)
    # Two jobs read one chain, and both add.
    row = session.get_one(Source, health.name, with_for_update=True, populate_existing=True)
    known = row.counts or {}
    row.counts = known | {name: known.get(name, 0) + times for name, times in counts.items()}
    session.flush()
    return row


def _to_document(url: UrlHealth) -> dict[str, object]:
    document = asdict(url)
    document["reason"] = _cut(url.reason)
    for name in ("last_success_at", "last_failure_at", "retry_at"):
        instant = document[name]
        document[name] = None if instant is None else instant.isoformat()
    return document


def list_sources(session: Session) -> Sequence[SourceHealth]:
    """Every known source, the never asked among them, in one order."""
    rows = {row.name: row for row in session.scalars(select(Source))}
    names = [*KNOWN_SOURCES, *sorted(rows.keys() - set(KNOWN_SOURCES))]
    return [
        _to_health(rows[name]) if name in rows else SourceHealth(name, SourceState.UNKNOWN)
        for name in names
    ]


def _to_row(found: SourceHealth, now: datetime) -> dict[str, object]:
    return {
        "name": found.name,
        "state": found.state.value,
        "since": found.since or now,
        "reason": _cut(found.reason),
        "last_success_at": found.last_success_at,
        "last_failure_at": found.last_failure_at,
        "failures_in_a_row": found.failures_in_a_row,
        "retry_at": found.retry_at,
    }


def _to_health(row: Source) -> SourceHealth:
    return SourceHealth(
        name=row.name,
        state=SourceState(row.state),
        since=row.since,
        reason=row.reason,
        last_success_at=row.last_success_at,
        last_failure_at=row.last_failure_at,
        failures_in_a_row=row.failures_in_a_row,
        retry_at=row.retry_at,
    )


def _cut(reason: str | None) -> str | None:
    return None if reason is None else reason[:REASON_LENGTH]
