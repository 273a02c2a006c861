"""The health of sources in rows, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from models.enums import SourceState
from service.protocol.sources import KNOWN_SOURCES, SourceHealth
from service.store.sources import list_sources, record_health

T0 = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DOWN = SourceHealth(
    "gamma",
    SourceState.DOWN,
    since=T0,
    reason="HTTP 500",
    last_failure_at=T0,
    failures_in_a_row=5,
    retry_at=T0 + timedelta(minutes=1),
)


def gamma(session: Session) -> SourceHealth:
    return next(source for source in list_sources(session) if source.name == "gamma")


def test_every_known_source_is_listed_before_any_was_asked(session: Session) -> None:
    assert [source.name for source in list_sources(session)] == list(KNOWN_SOURCES)
    assert {source.state for source in list_sources(session)} == {SourceState.UNKNOWN}


def test_health_comes_back_as_it_was_recorded(session: Session) -> None:
    record_health(session, [DOWN], T0)
    assert gamma(session) == DOWN


def test_since_and_the_last_success_survive_a_restart(session: Session) -> None:
    record_health(session, [replace(DOWN, last_success_at=T0 - timedelta(days=1))], T0)
    later = T0 + timedelta(hours=1)
    after_restart = replace(DOWN, since=later, failures_in_a_row=6)
    record_health(session, [after_restart], later)
    found = gamma(session)
    assert (found.since, found.failures_in_a_row) == (T0, 6)
    assert found.last_success_at == T0 - timedelta(days=1)


def test_a_process_that_has_not_asked_yet_says_nothing(session: Session) -> None:
    record_health(session, [DOWN], T0)
    record_health(session, [SourceHealth("gamma", SourceState.UNKNOWN)], T0)
    assert gamma(session) == DOWN


def test_recovery_clears_the_reason_and_starts_anew(session: Session) -> None:
    record_health(session, [DOWN], T0)
    later = T0 + timedelta(hours=1)
    record_health(
        session, [SourceHealth("gamma", SourceState.OK, since=later, last_success_at=later)], later
    )
    found = gamma(session)
    assert (found.state, found.since, found.reason, found.retry_at) == (
        SourceState.OK,
        later,
        None,
        None,
    )
    assert found.last_failure_at == T0


def test_a_long_reason_is_cut(session: Session) -> None:
    record_health(session, [replace(DOWN, reason="x" * 900)], T0)
    assert len(gamma(session).reason or "") == 500
