"""``sync_holders`` against a loopback Polymarket."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.sync_holders import sync_holders
from jobs.sync_markets import sync_markets
from models.chain import DataIssue
from models.data_enums import HolderSource
from models.holding import Holding
from models.market import Market
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.protocol.ids import parse_address
from service.store.money.holdings import list_holders
from tests.loopback.polymarket import PolymarketServer, too_many
from tests.loopback.polymarket_client import NOW
from tests.loopback.polymarket_money import (
    HOLDERS,
    POSITIONS,
    MoneyRoutes,
    a_position,
    busy,
    serve_money,
    wallet_of,
)
from tests.loopback.records import a_market, condition_of, tokens_of

SHARE = 10**6
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def money(server: PolymarketServer) -> MoneyRoutes:
    return serve_money(server)


def follow(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    *numbers: int,
) -> None:
    server.markets = [a_market(number) for number in numbers]
    sync_markets(sessions, client, clock, min_volume_usdc=0)


def hold(money: MoneyRoutes, number: int, *sizes: float | None) -> None:
    """Yes in these hands, and No in as many others."""
    yes, no = tokens_of(number)
    money.holders[condition_of(number)] = {
        yes: [(wallet_of(n), size) for n, size in enumerate(sizes, 1)],
        no: [(wallet_of(100 + n), size) for n, size in enumerate(sizes, 1)],
    }


def by_holders(
    sessions: sessionmaker[Session], client: PolymarketClient, clock: SetClock
) -> CycleReport:
    return sync_holders(sessions, client, clock, most_by_position=0)


def test_holders_are_kept_by_outcome_largest_first(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    follow(sessions, server, client, clock, 1, 2)
    hold(money, 1, 10.5, 900, 0.5)
    report = by_holders(sessions, client, clock)
    assert report.degraded == ()
    assert (report.counts["holdings_added"], report.counts["tokens_missing"]) == (4, 2)
    with sessions() as session:
        (market_id,) = session.scalars(
            select(Market.id).where(Market.token_ids.is_not(None)).order_by(Market.id).limit(1)
        )
        yes, no = list_holders(session, [market_id], NOW)
    assert (yes.outcome_index, no.outcome_index) == (0, 1)
    # Half a share is below what is asked for.
    assert [held.size for held in yes.holders] == [900 * SHARE, 10_500_000]
    assert yes.holders[0].wallet == parse_address(wallet_of(2))
    assert (yes.is_cut, yes.source, yes.known_at) == (False, HolderSource.HOLDERS, NOW)


@ON_SQLITE
def test_the_hottest_are_read_by_position_with_what_was_paid(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    follow(sessions, server, client, clock, 1)
    condition, (yes, no) = condition_of(1), tokens_of(1)
    money.repeats = True
    money.positions[condition] = [
        a_position(condition, yes, wallet_of(1), 100, 0.25),
        a_position(condition, no, wallet_of(1), 40, 0.7),
        a_position(condition, no, wallet_of(2), 70, 1.5),
        *(a_position(condition, yes, wallet_of(10 + n), 1) for n in range(600)),
    ]
    assert sync_holders(sessions, client, clock).degraded == ()
    pages = {str(seen.params.get("cursor")) for seen in server.seen if seen.path == POSITIONS}
    assert len(pages) == 2
    assert server.requests[HOLDERS] == 0
    with sessions() as session:
        held_yes, held_no = list_holders(session, [1], NOW)
    # 100 Yes and 40 No of one wallet are 60 Yes; a price that is none is not kept.
    assert (held_yes.holders[0].size, str(held_yes.holders[0].avg_price)) == (
        60 * SHARE,
        "0.250000",
    )
    assert [(one.size, one.avg_price) for one in held_no.holders] == [(70 * SHARE, None)]
    assert (len(held_yes.holders), held_yes.is_cut, held_no.is_cut) == (500, True, False)
    assert held_yes.source is HolderSource.POSITIONS


@ON_SQLITE
def test_bursts_are_waited_out_and_a_route_that_stays_down_costs_only_itself(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    follow(sessions, server, client, clock, 1)
    hold(money, 1, 5)
    server.fail(HOLDERS, too_many(), busy())
    assert by_holders(sessions, client, clock).degraded == ()
    assert server.requests[HOLDERS] >= 3
    clock.advance(timedelta(days=8))
    server.fail_always(POSITIONS, busy())
    report = sync_holders(sessions, client, clock)
    assert [line.split(":")[0] for line in report.degraded] == ["positions"]
    assert (report.counts["tokens_read"], report.counts["holdings_unchanged"]) == (2, 2)


@ON_SQLITE
def test_an_amount_that_is_null_refuses_its_list_until_it_can_be_read(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    follow(sessions, server, client, clock, 1)
    hold(money, 1, 5, None)
    for _ in range(2):
        by_holders(sessions, client, clock)
        clock.advance(timedelta(days=15))
    with sessions() as session:
        assert session.scalars(select(Holding)).all() == []
        issues = session.scalars(select(DataIssue).order_by(DataIssue.key)).all()
        assert [issue.key for issue in issues] == sorted(tokens_of(1))
        assert issues[0].reason == "amount is null (unavailable)"
    hold(money, 1, 5)
    by_holders(sessions, client, clock)
    with sessions() as session:
        assert session.scalars(select(DataIssue)).all() == []


@ON_SQLITE
def test_a_cursor_that_loops_is_a_fault_of_the_source(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    follow(sessions, server, client, clock, 1)
    money.positions[condition_of(1)] = [
        a_position(condition_of(1), tokens_of(1)[0], wallet_of(1), 3)
    ]
    money.cursor_loop = True
    report = sync_holders(sessions, client, clock)
    assert "cursor loop" in report.degraded[0]
