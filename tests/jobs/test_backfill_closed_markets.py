"""``backfill_closed_markets`` against a loopback Polymarket."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.backfill_closed_markets import PAST, RECENT, backfill_closed_markets
from jobs.cycle import CycleReport
from models.chain import DataIssue
from models.market import Market
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.store.markets.catalogue import get_position
from tests.loopback.polymarket import MARKETS, PolymarketServer, as_json
from tests.loopback.polymarket_client import NOW
from tests.loopback.records import a_market

DAY = timedelta(days=1)


def closed(
    number: int, ended: datetime | None, shut: datetime | None, **more: object
) -> dict[str, object]:
    return a_market(
        number,
        closed=True,
        endDate=None if ended is None else ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        closedTime=None if shut is None else shut.strftime("%Y-%m-%d %H:%M:%S+00"),
        **more,
    )


def fillers() -> list[dict[str, object]]:
    """A page of markets that closed last before what the first run asks for, of no window."""
    return [closed(1_000 + n, None, NOW - timedelta(minutes=61)) for n in range(100)]


def run(
    sessions: sessionmaker[Session], client: PolymarketClient, clock: SetClock, days: int = 3
) -> CycleReport:
    return backfill_closed_markets(sessions, client, clock, days=days, min_volume_usdc=1_000)


def stored(sessions: sessionmaker[Session]) -> set[int]:
    with sessions() as session:
        numbers = {int(found or 0) - 500_000 for found in session.scalars(select(Market.gamma_id))}
    return {number for number in numbers if number < 1_000}


def test_the_past_is_walked_once_by_end_dates_and_what_closes_later_by_closing_time(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [
        closed(1, NOW - DAY, NOW - DAY),
        # Both ends of a window are inclusive: this one lies in two.
        closed(2, NOW - 2 * DAY, NOW - 2 * DAY),
        # Closed long before its end.
        closed(3, NOW + 400 * DAY, NOW - 9 * DAY),
        # Too long ago, and without an end.
        closed(4, NOW - 5 * DAY, NOW - 5 * DAY),
        closed(5, None, NOW - DAY),
        closed(6, NOW - DAY, NOW - DAY, volumeNum=3.0),
        closed(7, NOW - DAY, NOW - DAY, resolvedBy=None, umaBond=None, umaReward=None),
        a_market(8),
        *fillers(),
    ]
    report = run(sessions, client, clock)
    assert report.degraded == ()
    assert report.counts["windows"] == 4
    assert report.counts["not_uma"] >= 1
    assert stored(sessions) == {1, 2, 3}
    # An end of any kind, once it closes after the first run.
    clock.advance(timedelta(minutes=30))
    server.markets += [
        closed(9, NOW + 90 * DAY, NOW + timedelta(minutes=20)),
        closed(10, None, NOW + timedelta(minutes=10)),
    ]
    server.seen.clear()
    report = run(sessions, client, clock)
    assert stored(sessions) == {1, 2, 3, 9, 10}
    # The windows are done.
    assert {seen.params["order"][0] for seen in server.seen} == {"closedTime"}
    # Further back, when asked.
    run(sessions, client, clock, days=6)
    assert stored(sessions) == {1, 2, 3, 4, 9, 10}


def test_nothing_is_asked_when_it_is_off(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    assert run(sessions, client, clock, days=0).degraded == ()
    assert not server.seen


def test_a_run_does_so_much_and_the_next_goes_on_where_it_ended(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.backfill_closed_markets.PAGES_A_RUN", 1)
    server.markets = [closed(n, NOW - DAY / 2, NOW - DAY / 2) for n in range(250)]
    found = []
    for _ in range(6):
        run(sessions, client, clock)
        found.append(len(stored(sessions)))
    # The first page of the list by closing time, then the open window, then a page each.
    assert found[-1] == 250
    assert sorted(found) == found
    assert len(set(found)) > 2


def test_a_cursor_that_died_begins_its_window_again(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.backfill_closed_markets.PAGES_A_RUN", 2)
    server.markets = [closed(n, NOW - DAY / 2, NOW - 9 * DAY) for n in range(250)]
    run(sessions, client, clock)
    with sessions() as session:
        assert (get_position(session, PAST) or {})["cursor"] is not None
    refusal = as_json({"type": "validation error", "error": "cursor expired"}, 422)
    original = server.answer
    server.answer = lambda seen: (  # type: ignore[method-assign]  # old cursors are refused
        refusal if "after_cursor" in seen.params else original(seen)
    )
    (line,) = run(sessions, client, clock).degraded
    assert line == "closed before: gamma: HTTP 422: cursor expired"
    server.answer = original  # type: ignore[method-assign]
    for _ in range(4):
        assert run(sessions, client, clock).degraded == ()
    assert len(stored(sessions)) == 250


def test_a_window_that_keeps_failing_is_left_aside_by_name(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [closed(n, NOW - n * DAY - DAY / 2, NOW - n * DAY) for n in (0, 1, 2)]
    server.markets += fillers()
    server.markets[0]["closedTime"] = "2026-11-01 00:00:00+00"
    server.poisoned = {"500001"}
    for _ in range(4):
        run(sessions, client, clock)
        clock.advance(timedelta(minutes=15))
    with sessions() as session:
        issues = session.scalars(select(DataIssue)).all()
    assert stored(sessions) == {0, 2}
    assert [issue.reason for issue in issues] == [
        "left aside after 3 failures: HTTP 500: cannot get the information"
    ]
    assert issues[0].key.startswith("closed markets ending 2026-11-20T12")
    assert server.requests[MARKETS] < 60


def test_a_page_of_the_list_by_closing_time_that_keeps_failing_is_left_aside_by_name(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    run(sessions, client, clock)
    clock.advance(timedelta(hours=5))
    server.markets = [closed(n, None, NOW + timedelta(minutes=n)) for n in range(250)]
    server.poisoned = {"500120"}
    for _ in range(3):
        (line,) = run(sessions, client, clock).degraded
        assert line.startswith("closed lately: gamma: HTTP 500")
    assert stored(sessions) == set(range(150, 250))
    with sessions() as session:
        (issue,) = session.scalars(select(DataIssue))
        position = get_position(session, RECENT) or {}
    assert "left aside after 3 failures" in issue.reason
    assert position["known"] == (NOW + timedelta(minutes=249)).isoformat()
    assert run(sessions, client, clock).degraded == ()
