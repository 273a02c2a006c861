"""The health of sources in rows, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from models.enums import SourceState
from models.operation import Source
from service.protocol.sources import KNOWN_SOURCES, POLYGON_RPC, SourceHealth, UrlHealth
from service.store.operations.sources import list_sources, record_health, record_node

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


class TestNodes:
    """A chain's row carries what went wrong so far and how each of its URLs is doing."""

    url = UrlHealth(
        number=2,
        state=SourceState.DEGRADED,
        reason="x" * 900,
        head=90,
        lag_blocks=10,
        latency_ms=35,
        failures_in_a_row=1,
        last_success_at=T0,
        last_failure_at=None,
        retry_at=None,
    )
    chain = SourceHealth(POLYGON_RPC, SourceState.OK, since=T0)

    def row(self, session: Session) -> Source:
        session.expire_all()
        return session.get_one(Source, POLYGON_RPC)

    def test_counts_add_up_over_runs_and_jobs(self, session: Session) -> None:
        record_node(session, self.chain, [self.url], {"timeouts": 2}, T0)
        record_node(session, self.chain, [self.url], {"timeouts": 1, "reorgs": 1}, T0)
        record_node(session, self.chain, [self.url], {}, T0)
        assert self.row(session).counts == {"timeouts": 3, "reorgs": 1}

    def test_urls_are_kept_as_last_found_with_times_in_text(self, session: Session) -> None:
        record_node(session, self.chain, [replace(self.url, number=1), self.url], {}, T0)
        record_node(session, self.chain, [self.url], {}, T0)
        (kept,) = self.row(session).urls or []
        assert (kept["number"], kept["state"], kept["lag_blocks"]) == (2, "degraded", 10)
        assert kept["last_success_at"] == T0.isoformat()
        assert len(str(kept["reason"])) == 500

    def test_a_chain_s_health_is_recorded_beside_them(self, session: Session) -> None:
        record_node(session, replace(self.chain, state=SourceState.DOWN), [], {}, T0)
        assert self.row(session).state == SourceState.DOWN
