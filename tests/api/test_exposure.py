"""What hangs on the payouts of what a wallet holds, over the API."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.holding import Holding
from models.liquidity import BookSnapshot
from models.market import MarketGroup
from models.wallet import Wallet, WalletLink
from models.wallet_enums import LinkBasis, LinkKind, WalletKind
from service.api.app import create_app
from service.api.wallet_schemas import WalletExposure
from service.api.wallets import CAUTION
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.holders import HeldShares, PositionRow
from service.protocol.ids import to_checksum, to_hex
from service.store.wallets.positions import add_positions, note_check
from tests.store.scenes import MICRO, NOW, add_market, add_scored

OWNER, SAFE, OTHER = (bytes([n]) * 20 for n in (1, 2, 3))
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    # What is read runs on both databases in tests/store/test_positions.py.
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    ensure_schema(engine)
    yield open_sessions(engine)
    engine.dispose()


@pytest.fixture
def client(sessions: sessionmaker[Session]) -> Iterator[TestClient]:
    app = create_app(sessions, SetClock(LATER), version="1")
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def hold(session: Session, wallet: bytes, market_id: int, yes: int, no: int = 0) -> None:
    rows = [PositionRow(t, HeldShares(wallet, n * MICRO)) for t, n in (("y", yes), ("n", no)) if n]
    places = {"y": (market_id, 0), "n": (market_id, 1)}
    add_positions(session, wallet, rows, places, NOW, is_whole=False)
    note_check(session, wallet, NOW)


def book(session: Session, market_id: int, bid: str, ask: str) -> None:
    session.add(
        BookSnapshot(
            market_id=market_id,
            token_id="y",
            outcome_index=0,
            best_bid=Decimal(bid),
            best_ask=Decimal(ask),
            bid_depth=0,
            ask_depth=0,
            bids=[],
            asks=[],
            known_at=NOW,
        )
    )


@pytest.fixture
def linked(sessions: sessionmaker[Session]) -> None:
    """An owner with a Safe: each holds something, and one market is not scored."""
    with sessions.begin() as session:
        one, two = add_scored(session, 1), add_market(session, 2)
        book(session, one.id, "0.60", "0.62")
        for address, kind in ((OWNER, WalletKind.ACCOUNT), (SAFE, WalletKind.SAFE)):
            session.add(Wallet(address=address, kind=kind, roles=[], known_at=NOW))
        session.add(
            WalletLink(
                from_address=OWNER,
                to_address=SAFE,
                kind=LinkKind.OWN,
                basis=LinkBasis.DERIVED,
                confidence=Decimal("0.99"),
                evidence=[{"ground": "follows"}],
                known_at=NOW,
            )
        )
        hold(session, OWNER, one.id, 1_000)
        hold(session, SAFE, one.id, 0, 400)
        hold(session, SAFE, two.id, 50)


def ask(client: TestClient, address: bytes, **params: str) -> WalletExposure:
    answer = client.get(f"/v1/wallets/{to_hex(address)}/exposure", params=params)
    assert answer.status_code == 200, answer.text
    return WalletExposure.model_validate_json(answer.content)


def test_a_wallets_own_stake_its_linked_ones_and_both_together(
    client: TestClient, linked: None
) -> None:
    found = ask(client, OWNER)
    assert found.caution == CAUTION
    [own] = found.own.markets
    assert (own.yes_shares, own.net_outcome, own.at_stake_usdc) == (
        "1000.000000",
        "Yes",
        "1000.000000",
    )
    assert (own.value_usdc, own.mid_yes) == ("610.000000", "0.610000")
    assert own.p is not None
    assert own.expected_loss is not None
    # By the scored document Yes should pay 0.03 more than it will: all of p goes against Yes.
    assert own.expected_loss.mean_usdc == f"{1_000 * own.p.mean:.6f}"
    [safe] = found.linked
    assert (safe.address, safe.confidence, safe.state) == (to_checksum(SAFE), "0.990", "held")
    assert safe.total is not None
    assert (safe.total.unscored, safe.total.value_usdc) == (1, None)
    assert found.together is not None
    # What the Safe holds against its owner cancels.
    stakes = {m.title: m.at_stake_usdc for m in found.together.markets}
    assert stakes == {
        "Will market 1 resolve Yes?": "600.000000",
        "Will market 2 resolve Yes?": "50.000000",
    }
    assert found.together.total is not None
    assert found.together.total.bound_usdc == "650.000000"
    [unscored] = [m for m in found.together.markets if m.p is None]
    assert unscored.missing == [
        "value: no book with both sides is stored",
        "expected loss: the market has no assessment",
    ]


def test_a_link_less_sure_than_asked_for_is_left_out(client: TestClient, linked: None) -> None:
    found = ask(client, OWNER, min_confidence="1")
    assert (found.linked, found.together) == ([], None)


def test_what_was_not_asked_for_is_not_called_nothing(client: TestClient, linked: None) -> None:
    unknown = ask(client, OTHER)
    assert (unknown.own.state, unknown.own.checked_at) == ("unlinkable", None)
    assert unknown.own.total is None
    assert unknown.own.missing[0].startswith("positions: 1 of 1 addresses were not asked for")
    early = (NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert ask(client, OWNER, as_of=early).own.state == "unlinkable"


def test_an_answer_without_positions_is_none_held(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        note_check(session, OTHER, NOW)
    found = ask(client, OTHER).own
    assert (found.state, found.checked_at, found.missing) == ("linked_none_held", NOW, [])
    assert found.total is not None
    assert found.total.bound_usdc == "0.000000"


def test_a_markets_list_of_holders_counts_where_the_wallet_was_not_asked(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        market = add_scored(session, 1)
        session.add(
            Holding(
                market_id=market.id, outcome_index=1, wallet=OTHER, size=30 * MICRO, known_at=NOW
            )
        )
    [held] = ask(client, OTHER).own.markets
    assert (held.source, held.net_outcome, held.no_shares) == ("holders", "No", "30.000000")
    with sessions.begin() as session:
        note_check(session, OTHER, LATER)
    # The wallet's own list, which is newer, does not show it.
    assert ask(client, OTHER).own.markets == []


def test_of_an_exclusive_group_the_bound_counts_one_answer(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        group = MarketGroup(
            gamma_id="1", title="Who wins?", neg_risk_market_id=b"\x09" * 32, known_at=NOW
        )
        session.add(group)
        session.flush()
        for number, shares in ((1, 100), (2, 60)):
            market = add_scored(session, number, add_market(session, number, group_id=group.id))
            hold(session, OTHER, market.id, shares)
    total = ask(client, OTHER).own.total
    assert total is not None
    assert (total.bound_usdc, total.markets) == ("100.000000", 2)


def test_what_cannot_be_used_is_refused_by_name(client: TestClient) -> None:
    url = f"/v1/wallets/{to_hex(OTHER)}/exposure"
    for query, name in (("min_confidence=0", "min_confidence"), ("limit=3", "limit")):
        answer = client.get(f"{url}?{query}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == name
