"""``sync_positions`` against a loopback Polymarket: who is asked for, and what is kept of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.sync_positions import sync_positions
from models.chain import DataIssue
from models.position import Position, PositionCheck
from models.wallet import Wallet
from models.wallet_enums import WalletKind
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from service.polymarket.client import PolymarketClient
from service.protocol.ids import to_hex
from service.store.wallets.positions import KnownPosition, list_positions
from tests.loopback.polymarket import PolymarketServer, as_json, server_error
from tests.loopback.polymarket_client import NOW
from tests.loopback.polymarket_money import (
    POSITIONS,
    MoneyRoutes,
    a_position,
    serve_money,
)
from tests.store.scenes import add_market

ALICE, BOB = b"\x01" * 20, b"\x02" * 20


@pytest.fixture
def money(server: PolymarketServer) -> MoneyRoutes:
    return serve_money(server)


@pytest.fixture(name="database_url")
def sqlite_url(tmp_path: Path) -> str:
    # The queries run on both databases in tests/store/test_positions.py.
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(database_url)
    ensure_schema(engine)
    yield open_sessions(engine)
    engine.dispose()


@pytest.fixture
def market(sessions: sessionmaker[Session]) -> tuple[str, str, str]:
    """A followed market's condition and tokens; Alice and Bob are known."""
    with sessions.begin() as session:
        found = add_market(session, 1)
        for wallet in (ALICE, BOB):
            session.add(
                Wallet(address=wallet, kind=WalletKind.ACCOUNT, roles=["voter"], known_at=NOW)
            )
        yes, no = found.token_ids
        return to_hex(found.condition_id), yes, no


def held_by(
    sessions: sessionmaker[Session], wallet: bytes, at: Any = NOW + timedelta(days=9)
) -> list[KnownPosition]:
    with sessions() as session:
        return list_positions(session, [wallet], at)


def test_what_wallets_hold_is_kept_where_it_changed(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
    market: tuple[str, str, str],
) -> None:
    condition, yes, no = market
    wallet = to_hex(ALICE)
    elsewhere = a_position("0x" + "ab" * 32, "77", wallet, 5)
    money.held[wallet] = [
        a_position(condition, yes, wallet, 100.5, 0.4),
        a_position(condition, no, wallet, 20, 0.7),
        elsewhere,
    ]
    report = sync_positions(sessions, client, clock)
    assert report.degraded == ()
    assert report.counts["wallets"] == 2
    assert (report.counts["positions_added"], report.counts["positions_outside"]) == (2, 1)
    assert [(p.outcome_index, p.size) for p in held_by(sessions, ALICE)] == [
        (0, 100_500_000),
        (1, 20_000_000),
    ]
    assert held_by(sessions, BOB) == []
    money.held[wallet] = [a_position(condition, yes, wallet, 100.5, 0.4)]
    clock.advance(timedelta(days=2))
    again = sync_positions(sessions, client, clock)
    assert (again.counts["positions_added"], again.counts["positions_unchanged"]) == (1, 1)
    [left] = held_by(sessions, ALICE)
    # Seen again, though nothing was written.
    assert (left.outcome_index, left.known_at) == (0, clock.now())
    assert len(held_by(sessions, ALICE, NOW + timedelta(days=1))) == 2


def test_a_list_that_is_not_whole_ends_no_position(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
    market: tuple[str, str, str],
) -> None:
    condition, yes, no = market
    wallet = to_hex(ALICE)
    money.held[wallet] = [a_position(condition, yes, wallet, 1)]
    sync_positions(sessions, client, clock)
    # Unavailable is not zero, and another's position is not this wallet's.
    money.held[wallet] = [
        a_position(condition, no, wallet, None),
        a_position(condition, no, to_hex(BOB), 9),
    ]
    clock.advance(timedelta(days=2))
    sync_positions(sessions, client, clock)
    assert [(p.outcome_index, p.size) for p in held_by(sessions, ALICE)] == [(0, 1_000_000)]
    with sessions() as session:
        [issue] = session.scalars(select(DataIssue))
        assert (issue.kind, issue.key) == ("refused_position", wallet)
        assert session.get_one(PositionCheck, ALICE).is_cut


def test_every_page_is_read_and_a_repeated_row_counts_once(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
    market: tuple[str, str, str],
) -> None:
    condition, yes, _ = market
    wallet = to_hex(ALICE)
    others = [a_position("0x" + "ab" * 32, str(n), wallet, 5) for n in range(600)]
    money.held[wallet] = [*others, a_position(condition, yes, wallet, 3)]
    money.repeats = True
    report = sync_positions(sessions, client, clock)
    assert report.counts["positions_outside"] == 600
    assert [p.size for p in held_by(sessions, ALICE)] == [3_000_000]


def test_a_source_that_fails_ends_the_run_and_loses_nothing_of_before(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
    market: tuple[str, str, str],
) -> None:
    condition, yes, _ = market
    money.held[to_hex(ALICE)] = [a_position(condition, yes, to_hex(ALICE), 3)]
    first = as_json({"data": money.held[to_hex(ALICE)], "pagination": {"next_cursor": None}})
    server.fail(POSITIONS, first, *[server_error()] * 9)
    report = sync_positions(sessions, client, clock)
    assert [line[:21] for line in report.degraded] == ["positions: data_api: "]
    assert [p.size for p in held_by(sessions, ALICE)] == [3_000_000]
    with sessions() as session:
        checks = session.scalars(select(PositionCheck)).all()
        assert {one.wallet: one.checked_at is None for one in checks} == {ALICE: False, BOB: True}
        assert len(session.scalars(select(Position)).all()) == 1


def test_a_run_asks_for_no_more_wallets_than_it_may(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
    market: tuple[str, str, str],
) -> None:
    assert sync_positions(sessions, client, clock, most_wallets=1).counts["wallets"] == 1
    assert sync_positions(sessions, client, clock, most_wallets=1).counts["wallets"] == 1
    assert sync_positions(sessions, client, clock, most_wallets=1).counts == {}
    assert server.requests[POSITIONS] == 2


def test_a_wallet_the_source_always_fails_on_costs_only_itself(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
    market: tuple[str, str, str],
) -> None:
    condition, yes, _ = market
    money.held[to_hex(BOB)] = [a_position(condition, yes, to_hex(BOB), 5)]
    original, culprit = server.answer, to_hex(ALICE)
    server.answer = lambda seen: (  # type: ignore[method-assign]  # the server turns hostile
        server_error() if culprit in str(seen.params) else original(seen)
    )
    report = sync_positions(sessions, client, clock)
    assert report.degraded == ("positions: data_api: HTTP 500: cannot get the information",)
    assert [p.size for p in held_by(sessions, BOB)] == [5_000_000]
    with sessions() as session:
        check = session.get_one(PositionCheck, ALICE)
    assert (check.checked_at, check.fault) == (None, "HTTP 500: cannot get the information")
    # Asked for again when its turn comes, not before.
    clock.advance(timedelta(minutes=5))
    assert sync_positions(sessions, client, clock).counts == {}
