"""How many requests were sent against each published limit, by the minute, for a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.refresh import RequestMinute
from service.protocol.rate_limits import RequestCount
from service.store.upserts import insert_for

KEPT = timedelta(days=1)
# The minutes a pace is measured over.
WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests of the last minutes that counted towards one limit."""

    # The mean of a minute, and the fullest one; 0 where nothing was sent.
    per_minute: float
    most_in_a_minute: int
    refused: int


NOTHING = Measured(0.0, 0, 0)


def add_requests(session: Session, counts: Sequence[RequestCount]) -> None:
    """Add what was sent since the last time; what is older than a day is forgotten."""
    if not counts:
        return
    insert = insert_for(session, RequestMinute)
    sums = {
        name: getattr(RequestMinute, name) + insert.excluded[name]
        for name in ("requests", "refused")
    }
    statement = insert.on_conflict_do_update(index_elements=["bucket", "minute"], set_=sums)
    rows = [
        {
            "bucket": count.bucket,
            "minute": count.minute,
            "requests": count.requests,
            "refused": count.refused,
        }
        for count in counts
    ]
    session.connection().execute(statement, rows)
    newest = max(count.minute for count in counts)
    session.connection().execute(delete(RequestMinute).where(RequestMinute.minute < newest - KEPT))


def measure_requests(session: Session, now: datetime) -> dict[str, Measured]:
    """The pace of the last whole minutes, by bucket; a bucket without requests is left out."""
    until = now.replace(second=0, microsecond=0)
    query = (
        select(
            RequestMinute.bucket,
            func.sum(RequestMinute.requests),
            func.max(RequestMinute.requests),
            func.sum(RequestMinute.refused),
        )
        .where(RequestMinute.minute >= until - WINDOW, RequestMinute.minute < until)
        .group_by(RequestMinute.bucket)
    )
    minutes = WINDOW / timedelta(minutes=1)
    return {
        bucket: Measured(int(total) / minutes, int(most), int(refused))
        for bucket, total, most, refused in session.execute(query)
    }
