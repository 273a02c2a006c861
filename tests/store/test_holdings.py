"""Who holds what in rows, on both databases."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.data_enums import HolderSource
from models.holding import HolderList, Holding
from service.protocol.holders import HeldShares, TokenHolders
from service.store.markets.listings import upsert_listings
from service.store.money.holdings import add_holders, list_holders, list_wallet_holdings
from service.store.money.liquidity import Snapped
from tests.store.test_listings import T0, a_listing, market

SHARE = 10**6
MINUTE = timedelta(minutes=1)
ANN, BOB, CAT = (bytes([n] * 20) for n in (1, 2, 3))


def read(session: Session, minutes: int, *held: tuple[bytes, int], is_cut: bool = False) -> Snapped:
    holders = tuple(HeldShares(wallet, shares * SHARE) for wallet, shares in held)
    listed = TokenHolders("10", holders, is_cut, HolderSource.HOLDERS)
    return add_holders(session, [listed], [market(session).id], T0 + minutes * MINUTE)


def rows(session: Session) -> list[tuple[bytes, int | None]]:
    query = select(Holding.wallet, Holding.size).order_by(Holding.id)
    return [(wallet, size and size // SHARE) for wallet, size in session.execute(query)]


def test_only_sizes_that_moved_are_rows(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    assert read(session, 0, (ANN, 1000), (BOB, 500)) == Snapped(2, 0, 0)
    assert read(session, 1, (ANN, 1005), (BOB, 500)) == Snapped(0, 2, 0)
    assert read(session, 2, (ANN, 1010), (BOB, 500)) == Snapped(1, 1, 0)
    # Gone from a whole list: sold.
    assert read(session, 3, (ANN, 1010)) == Snapped(1, 1, 0)
    assert rows(session) == [(ANN, 1000), (BOB, 500), (ANN, 1010), (BOB, 0)]
    lists = session.scalars(select(HolderList.known_at).order_by(HolderList.id)).all()
    # Not at minute 1 (nothing new) nor 2 (the total moved by less than 1 %).
    assert list(lists) == [T0, T0 + 3 * MINUTE]


def test_out_of_a_cut_list_is_unknown_only_for_who_was_above_its_end(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    read(session, 0, (ANN, 1000), (BOB, 500), (CAT, 90))
    read(session, 1, (ANN, 1000), (bytes(20), 100), is_cut=True)
    assert rows(session)[3:] == [(bytes(20), 100), (BOB, None)]
    (known,) = list_holders(session, [market(session).id], T0 + MINUTE)
    # The one with 90 may hold them still, beyond the list's end.
    assert [held.wallet for held in known.holders] == [ANN, bytes(20)]
    assert known.is_cut
    found = list_wallet_holdings(session, [ANN, BOB, CAT], T0 + MINUTE)
    assert [(one.wallet, one.size) for one in found] == [(ANN, 1000 * SHARE), (CAT, 90 * SHARE)]


def test_what_is_known_at_a_time_rests_on_nothing_later(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    read(session, 0, (ANN, 1000))
    read(session, 5, (BOB, 7))
    ids = [market(session).id]
    assert list_holders(session, ids, T0 - MINUTE) == []
    (before,) = list_holders(session, ids, T0 + 4 * MINUTE)
    assert [held.wallet for held in before.holders] == [ANN]
    assert list_wallet_holdings(session, [ANN], T0 + 5 * MINUTE) == []
    assert [one.size for one in list_wallet_holdings(session, [ANN], T0)] == [1000 * SHARE]


def test_a_token_of_another_market_is_counted(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    listed = TokenHolders("99", (HeldShares(ANN, 1),), is_cut=False, source=HolderSource.HOLDERS)
    assert add_holders(session, [listed], [market(session).id], T0) == Snapped(0, 0, 1)
