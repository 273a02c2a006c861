"""Alerts and their deliveries: who is news, what was told, what still has to go out."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from models.alert import Alert, Notification
from models.enums import AlertReason
from service.store.upserts import IN_CHUNK, chunks, insert_for, insert_or_ignore

_ERROR_LENGTH = 300


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert about to be claimed; ``facts`` are JSON-ready."""

    # None for an alert about the data.
    market_id: int | None
    # None where no score is behind it.
    assessment_id: int | None
    reason: AlertReason
    reason_key: str
    title: str
    body: str
    facts: dict[str, object]
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class DueNotification:
    """One alert to hand to one destination now."""

    notification_id: int
    destination: str
    attempts: int
    alert_id: int
    title: str
    body: str


def claim_alert(session: Session, new: NewAlert) -> Alert | None:
    """Store the alert unless its market, or the data, has one with the same key.

    ``None`` for whoever is second. The database decides: a second worker waits for the first one's
    transaction and then loses.
    """
    insert = insert_for(session, Alert).values(**asdict(new))
    claimed = session.execute(
        insert.on_conflict_do_nothing().returning(Alert.id)
    ).scalar_one_or_none()
    return None if claimed is None else session.get_one(Alert, claimed)


def list_raised(
    session: Session, market_ids: Sequence[int], reasons: Collection[AlertReason]
) -> dict[int, list[Alert]]:
    """The alerts of the given markets for these reasons, oldest first, by market."""
    found: dict[int, list[Alert]] = {market_id: [] for market_id in market_ids}
    for part in chunks(market_ids, IN_CHUNK):
        query = (
            select(Alert)
            .where(Alert.market_id.in_(part), Alert.reason.in_(sorted(reasons)))
            .order_by(Alert.id)
        )
        for alert in session.scalars(query):
            assert alert.market_id is not None  # noqa: S101  # chosen by it
            found[alert.market_id].append(alert)
    return found


def list_alerts(
    session: Session, *, limit: int, before_id: int | None = None, market_id: int | None = None
) -> Sequence[Alert]:
    """Alerts, newest first; ``before_id`` is the last one already seen."""
    query = select(Alert)
    if before_id is not None:
        query = query.where(Alert.id < before_id)
    if market_id is not None:
        query = query.where(Alert.market_id == market_id)
    return session.scalars(query.order_by(Alert.id.desc()).limit(limit)).all()


def add_pending_notifications(
    session: Session, alert_id: int, destinations: Iterable[str], now: datetime
) -> int:
    """One delivery a destination, due at once; returns how many are new."""
    rows = [
        {"alert_id": alert_id, "destination": name, "attempts": 0, "next_attempt_at": now}
        for name in destinations
    ]
    return insert_or_ignore(session, Notification, rows)


def list_due_notifications(
    session: Session, now: datetime, destinations: Sequence[str], limit: int
) -> list[DueNotification]:
    """Unsent deliveries to these destinations whose time has come, longest waiting first."""
    query = (
        select(
            Notification.id,
            Notification.destination,
            Notification.attempts,
            Alert.id,
            Alert.title,
            Alert.body,
        )
        .join(Alert, Notification.alert_id == Alert.id)
        .where(
            Notification.sent_at.is_(None),
            Notification.next_attempt_at <= now,
            Notification.destination.in_(destinations),
        )
        .order_by(Notification.next_attempt_at, Notification.id)
        .limit(limit)
    )
    return [DueNotification(*row) for row in session.execute(query)]


def take_notification(session: Session, due: DueNotification, until: datetime) -> bool:
    """Make a due delivery ours ``until`` then; ``False`` where another worker was faster.

    The attempt is counted before it is made, so that a crash in the middle of it counts too.
    """
    return bool(
        _update(
            session,
            (
                Notification.id == due.notification_id,
                Notification.attempts == due.attempts,
                Notification.next_attempt_at.is_not(None),
            ),
            {"attempts": due.attempts + 1, "next_attempt_at": until},
        )
    )


def mark_sent(session: Session, notification_id: int, now: datetime) -> None:
    """Record a delivery that succeeded."""
    _update(
        session,
        (Notification.id == notification_id,),
        {"sent_at": now, "next_attempt_at": None, "last_error": None},
    )


def mark_failed(
    session: Session, notification_id: int, reason: str, next_attempt_at: datetime | None
) -> None:
    """Record a delivery that failed; ``None`` as the next attempt gives it up."""
    _update(
        session,
        (Notification.id == notification_id, Notification.sent_at.is_(None)),
        {"last_error": reason[:_ERROR_LENGTH], "next_attempt_at": next_attempt_at},
    )


def give_up_old_notifications(session: Session, raised_before: datetime, reason: str) -> int:
    """Stop trying deliveries of alerts that are too old to act on; returns how many."""
    old = select(Alert.id).where(Alert.raised_at < raised_before)
    return _update(
        session,
        (
            Notification.sent_at.is_(None),
            Notification.next_attempt_at.is_not(None),
            Notification.alert_id.in_(old),
        ),
        {"last_error": reason[:_ERROR_LENGTH], "next_attempt_at": None},
    )


def count_waiting(session: Session, destinations: Sequence[str]) -> int:
    """How many deliveries to these destinations failed before and will be tried again."""
    query = select(func.count()).where(
        Notification.sent_at.is_(None),
        Notification.next_attempt_at.is_not(None),
        Notification.attempts > 0,
        Notification.destination.in_(destinations),
    )
    return session.scalar(query) or 0


def _update(session: Session, conditions: Sequence[Any], values: dict[str, object]) -> int:
    result = session.execute(
        update(Notification)
        .where(*conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)  # noqa: S101  # what an UPDATE always gives
    return result.rowcount
