"""The delivering half of ``send_alerts``: each due delivery is taken, sent, then recorded."""

from collections.abc import Mapping

from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.alerts.deliver import DeliveryError, Message, deliver
from service.alerts.retries import GIVE_UP_AFTER, LEASE, next_attempt_at
from service.clock import Clock
from service.store.alerts.alerts import (
    DueNotification,
    count_waiting,
    give_up_old_notifications,
    list_due_notifications,
    mark_failed,
    mark_sent,
    take_notification,
)

# The rest waits for the next run, so that a run stays short.
DELIVERIES_PER_RUN = 100


def deliver_due(
    sessions: sessionmaker[Session],
    clock: Clock,
    urls: Mapping[str, SecretStr],
    *,
    allow_private: bool,
) -> CycleReport:
    """Deliver what is due to the destinations in ``urls`` (by fingerprint), each on its own.

    Nothing is sent inside a transaction: a slow destination must not hold the database.
    """
    counts = {"sent": 0, "failed": 0, "given_up": 0}
    troubles: dict[str, str] = {}
    failing: set[str] = set()
    for due in _list_due(sessions, clock, tuple(urls), counts):
        # Left alone until the next run: it may be hanging, and others are waiting their turn.
        if due.destination in failing or not _take(sessions, clock, due):
            continue
        message = Message(due.alert_id, due.title, due.body)
        try:
            deliver(urls[due.destination], message, allow_private=allow_private)
        except DeliveryError as failure:
            _record_failure(sessions, clock, due, failure)
            troubles[due.destination] = f"alert destination {due.destination}: {failure.reason}"
            counts["failed"] += 1
            if not failure.permanent:
                failing.add(due.destination)
        else:
            with sessions.begin() as session:
                mark_sent(session, due.notification_id, clock.now())
            counts["sent"] += 1
    with sessions.begin() as session:
        counts["waiting"] = count_waiting(session, tuple(urls))
    return CycleReport(counts, (*troubles.values(), *_summaries(counts)))


def _list_due(
    sessions: sessionmaker[Session],
    clock: Clock,
    destinations: tuple[str, ...],
    counts: dict[str, int],
) -> list[DueNotification]:
    now = clock.now()
    with sessions.begin() as session:
        counts["given_up"] = give_up_old_notifications(
            session, now - GIVE_UP_AFTER, "given up: not delivered in time to act on it"
        )
        return list_due_notifications(session, now, destinations, DELIVERIES_PER_RUN)


def _take(sessions: sessionmaker[Session], clock: Clock, due: DueNotification) -> bool:
    with sessions.begin() as session:
        return take_notification(session, due, until=clock.now() + LEASE)


def _record_failure(
    sessions: sessionmaker[Session], clock: Clock, due: DueNotification, failure: DeliveryError
) -> None:
    again = None if failure.permanent else next_attempt_at(due.attempts + 1, clock.now())
    with sessions.begin() as session:
        mark_failed(session, due.notification_id, failure.reason, again)


def _summaries(counts: Mapping[str, int]) -> list[str]:
    lines = []
    if counts["waiting"]:
        lines.append(f"{counts['waiting']} alert deliveries wait for another attempt")
    if counts["given_up"]:
        lines.append(f"{counts['given_up']} alert deliveries given up after {GIVE_UP_AFTER}")
    return lines
