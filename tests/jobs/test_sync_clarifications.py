"""``sync_clarifications`` against a loopback Polymarket."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.sync_clarifications import sync_clarifications
from jobs.sync_markets import sync_markets
from models.chain import DataIssue
from models.clarification import ListedClarification
from models.market import Market
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.store.markets.listed_clarifications import list_of_market
from tests.loopback.polymarket import PolymarketServer, html_page
from tests.loopback.polymarket_clarifications import CLARIFICATIONS, a_clarification
from tests.loopback.records import a_market


class World:
    """The house of one job."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        server: PolymarketServer,
        client: PolymarketClient,
        clock: SetClock,
    ) -> None:
        self.sessions, self.server, self.client, self.clock = sessions, server, client, clock

    def list_market(self, number: int = 1) -> None:
        self.server.markets = [a_market(number)]
        sync_markets(self.sessions, self.client, self.clock, min_volume_usdc=0)
        with self.sessions.begin() as session:
            session.execute(update(Market).values(stale_since=None))

    def sync(self, *, is_full: bool = False) -> CycleReport:
        self.clock.advance(timedelta(minutes=1))
        self.server.seen.clear()
        return sync_clarifications(self.sessions, self.client, self.clock, is_full=is_full)

    def pages(self) -> int:
        return self.server.requests[CLARIFICATIONS]

    def states(self) -> list[tuple[int, int, str]]:
        with self.sessions() as session:
            rows = session.scalars(select(ListedClarification).order_by(ListedClarification.id))
            return [(row.gamma_id, row.version, row.state) for row in rows]

    def stale(self) -> list[bool]:
        with self.sessions() as session:
            return [s is not None for s in session.scalars(select(Market.stale_since))]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database: tests/store/test_listed_clarifications.py takes the SQL to both."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def world(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> World:
    return World(sessions, server, client, clock)


def test_a_change_of_state_is_a_version_and_marks_the_market(world: World) -> None:
    world.list_market()
    pending = a_clarification(1, state="pending", txHash="", txTimestamp=None, queuedAt=None)
    world.server.clarifications.rows = [pending]
    assert world.sync().counts["added"] == 1
    assert world.stale() == [True]
    assert world.sync().counts["unchanged"] == 1
    world.server.clarifications.rows = [a_clarification(1)]
    assert world.sync().counts["changed"] == 1
    # A cache answers with the row of before: no version.
    world.server.clarifications.rows = [pending]
    assert world.sync().counts["older_copies"] == 1
    assert world.states() == [(1, 1, "pending"), (1, 2, "success")]


def test_a_market_that_comes_later_is_linked_then_and_marked(world: World) -> None:
    by_question = a_clarification(2, market=1, marketId=None)
    world.server.clarifications.rows = [a_clarification(1), by_question]
    report = world.sync()
    assert (report.counts["linked"], report.counts["unlinked"]) == (0, 2)
    world.list_market()
    report = world.sync()
    assert (report.counts["linked"], report.counts["unlinked"]) == (2, 0)
    assert world.stale() == [True]
    with world.sessions() as session:
        [market] = session.scalars(select(Market))
        assert [row.gamma_id for row, _ in list_of_market(session, market)] == [1, 2]
        before = world.clock.now() - timedelta(days=1)
        assert list_of_market(session, market, before) == []


def test_reading_stops_at_the_first_page_without_news_and_a_full_pass_does_not(
    world: World,
) -> None:
    world.server.clarifications.rows = [a_clarification(number) for number in range(1, 251)]
    assert world.sync().counts["added"] == 250
    assert world.pages() == 4
    world.sync()
    assert world.pages() == 1
    world.server.clarifications.rows[0]["state"] = "cancelled"
    assert world.sync().counts.get("changed", 0) == 0
    assert world.sync(is_full=True).counts["changed"] == 1
    assert world.pages() == 4


def test_rows_that_arrive_while_paging_are_neither_lost_nor_kept_twice(world: World) -> None:
    world.server.clarifications.rows = [a_clarification(number) for number in range(1, 151)]
    world.server.clarifications.arriving = [a_clarification(number) for number in (151, 152)]
    world.sync()
    world.sync()
    assert len({number for number, _, _ in world.states()}) == len(world.states()) == 152


@pytest.mark.parametrize("refused", [{"createdAt"}, {"createdAt", "id"}])
def test_an_order_the_source_refuses_is_replaced(world: World, refused: set[str]) -> None:
    world.server.clarifications.rows = [a_clarification(number) for number in range(1, 121)]
    world.server.clarifications.refused_orders = refused
    assert world.sync().degraded == ()
    world.server.clarifications.rows.append(a_clarification(121))
    assert world.sync().counts["added"] == 1


def test_a_source_that_ignores_the_order_is_read_whole_every_time(world: World) -> None:
    world.server.clarifications.rows = [a_clarification(number) for number in range(1, 121)]
    world.server.clarifications.ignores_order = True
    world.sync()
    world.server.clarifications.rows.append(a_clarification(121))
    assert world.sync().counts["added"] == 1


def test_a_bad_row_is_an_issue_and_the_rest_is_kept(world: World) -> None:
    world.server.clarifications.rows = [a_clarification(1), a_clarification(2, content=None)]
    assert world.sync().counts["refused"] == 1
    assert world.states() == [(1, 1, "success")]
    with world.sessions() as session:
        assert session.scalars(select(DataIssue.kind)).all() == ["refused_clarification"]


def test_what_came_before_a_failure_is_kept_and_the_failure_named(world: World) -> None:
    world.server.clarifications.rows = [a_clarification(number) for number in range(1, 151)]
    world.server.clarifications.deepest_offset = 100
    report = world.sync()
    [told] = report.degraded
    assert "clarifications beyond the newest 150 cannot be read: HTTP 422" in told
    assert len(world.states()) == 150
    world.server.fail_always(CLARIFICATIONS, html_page(502))
    assert "HTTP 502" in world.sync().degraded[0]
