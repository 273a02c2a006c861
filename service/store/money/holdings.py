"""Who holds which token: the largest holders into rows, and what was known of them at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models.data_enums import HolderSource
from models.holding import HolderList, Holding
from service.protocol.holders import HeldShares, TokenHolders
from service.store.latest import latest_by_market
from service.store.markets.listing_history import has_moved
from service.store.money.liquidity import Snapped, token_places
from service.store.upserts import IN_CHUNK, chunks

# A list that did not change is still noted this often, so that its age tells when it was seen.
LIST_REPEAT = timedelta(hours=1)

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class KnownHolders:
    """A token's largest holders as known at a time, the largest first."""

    market_id: int
    outcome_index: int
    holders: tuple[HeldShares, ...]
    # More hold it than are listed, none of them more than the smallest listed.
    is_cut: bool
    source: HolderSource
    # When the list was last seen; a holder's own size is from then or before, within 1 %.
    known_at: datetime


@dataclass(frozen=True, slots=True)
class WalletHolding:
    """What a wallet was last known to hold of one outcome (micro-shares, above 0)."""

    wallet: bytes
    market_id: int
    outcome_index: int
    size: int
    avg_price: Decimal | None
    known_at: datetime


def add_holders(
    session: Session,
    lists: Sequence[TokenHolders],
    market_ids: Collection[int],
    known_at: datetime,
) -> Snapped:
    """Keep who holds these markets' tokens: a row where a size moved by 1 % or a holder left.

    Counts are of holdings; ``unknown`` counts tokens that belong to no market given.
    """
    places = token_places(session, market_ids)
    known = _latest_holdings(session, market_ids, known_at)
    noted = latest_by_market(session, HolderList, market_ids, known_at, HolderList.outcome_index)
    added = unchanged = unknown = 0
    for listed in lists:
        place = places.get(listed.token_id)
        if place is None:
            unknown += 1
            continue
        rows = _changes(listed, place, known.get(place, {}), known_at)
        session.add_all(rows)
        added += len(rows)
        unchanged += len(listed.holders) - sum(1 for row in rows if row.size)
        _note_list(session, listed, place, noted.get(place), known_at)
    session.flush()
    return Snapped(added, unchanged, unknown)


def list_holders(
    session: Session, market_ids: Collection[int], as_of: datetime
) -> list[KnownHolders]:
    """The largest holders of each token of these markets as known at ``as_of``."""
    noted = latest_by_market(session, HolderList, market_ids, as_of, HolderList.outcome_index)
    known = _latest_holdings(session, market_ids, as_of)
    return [
        _known(place, row, known.get(place, {}).values()) for place, row in sorted(noted.items())
    ]


def list_wallet_holdings(
    session: Session, wallets: Collection[bytes], as_of: datetime
) -> list[WalletHolding]:
    """What these wallets were last known to hold at ``as_of``, in any market.

    Only the largest holders of watched markets are known: what is not here is unknown, not zero.
    """
    found: list[WalletHolding] = []
    for part in chunks(sorted(wallets), IN_CHUNK):
        rank = _newest_first(Holding.wallet, Holding.market_id, Holding.outcome_index)
        ranked = (
            select(Holding, rank)
            .where(Holding.wallet.in_(part), Holding.known_at <= as_of)
            .subquery()
        )
        newest = aliased(Holding, ranked)
        rows = session.scalars(select(newest).where(ranked.c.rank == 1, newest.size > 0))
        found += [
            WalletHolding(
                row.wallet, row.market_id, row.outcome_index, row.size, row.avg_price, row.known_at
            )
            for row in rows
            if row.size
        ]
    return sorted(found, key=lambda one: (one.wallet, one.market_id, one.outcome_index))


def _latest_holdings(
    session: Session, market_ids: Collection[int], as_of: datetime
) -> dict[Place, dict[bytes, Holding]]:
    found: dict[Place, dict[bytes, Holding]] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        rank = _newest_first(Holding.market_id, Holding.outcome_index, Holding.wallet)
        ranked = (
            select(Holding, rank)
            .where(Holding.market_id.in_(part), Holding.known_at <= as_of)
            .subquery()
        )
        newest = aliased(Holding, ranked)
        for row in session.scalars(select(newest).where(ranked.c.rank == 1)):
            found.setdefault((row.market_id, row.outcome_index), {})[row.wallet] = row
    return found


def _newest_first(*keys: Any) -> Any:  # noqa: ANN401  # columns of whatever type
    newest = (Holding.known_at.desc(), Holding.id.desc())
    return func.row_number().over(partition_by=keys, order_by=newest).label("rank")


def _changes(
    listed: TokenHolders, place: Place, known: Mapping[bytes, Holding], known_at: datetime
) -> list[Holding]:
    """Rows for sizes that moved, holders that came, and holders that must have sold."""
    rows = [
        _row(place, held.wallet, held.size, held.avg_price, known_at)
        for held in listed.holders
        if _is_news(known.get(held.wallet), held)
    ]
    seen = {held.wallet for held in listed.holders}
    smallest = listed.holders[-1].size if listed.holders else 0
    for wallet, last in known.items():
        if wallet in seen or not last.size:
            continue
        if not listed.is_cut:
            rows.append(_row(place, wallet, 0, None, known_at))
        elif last.size > smallest:
            # Below the smallest listed now. One that was there before may well hold it still.
            rows.append(_row(place, wallet, None, None, known_at))
    return rows


def _is_news(last: Holding | None, held: HeldShares) -> bool:
    if last is None or not last.size:
        return True
    return has_moved(last.size, held.size) or (
        held.avg_price is not None and last.avg_price is None
    )


def _row(
    place: Place, wallet: bytes, size: int | None, avg_price: Decimal | None, known_at: datetime
) -> Holding:
    return Holding(
        market_id=place[0],
        outcome_index=place[1],
        wallet=wallet,
        size=size,
        avg_price=avg_price,
        known_at=known_at,
    )


def _note_list(
    session: Session,
    listed: TokenHolders,
    place: Place,
    last: HolderList | None,
    known_at: datetime,
) -> None:
    total = sum(held.size for held in listed.holders)
    if (
        last is not None
        and (last.holders, last.is_cut, last.source)
        == (len(listed.holders), listed.is_cut, listed.source)
        and not has_moved(last.listed, total)
        and known_at - last.known_at < LIST_REPEAT
    ):
        return
    session.add(
        HolderList(
            market_id=place[0],
            outcome_index=place[1],
            source=listed.source,
            holders=len(listed.holders),
            is_cut=listed.is_cut,
            smallest=listed.holders[-1].size if listed.holders else None,
            listed=total,
            known_at=known_at,
        )
    )


def _known(place: Place, noted: HolderList, rows: Collection[Holding]) -> KnownHolders:
    held = [HeldShares(row.wallet, row.size, row.avg_price) for row in rows if row.size]
    held.sort(key=lambda one: (-one.size, one.wallet))
    return KnownHolders(
        market_id=place[0],
        outcome_index=place[1],
        # Wallets beyond the list keep their last known size; the list itself ends before them.
        holders=tuple(held[: noted.holders]),
        is_cut=noted.is_cut,
        source=HolderSource(noted.source),
        known_at=noted.known_at,
    )
