"""What wallets hold: snapshots into rows, whose turn it is, and what was known at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models.market import Market
from models.position import Position, PositionCheck
from service.protocol.holders import PositionRow
from service.store.upserts import IN_CHUNK, chunks, insert_for

# Market and outcome.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """What storing one wallet's positions did."""

    added: int
    unchanged: int
    # In markets that are not followed.
    outside: int


@dataclass(frozen=True, slots=True)
class KnownPosition:
    """What a wallet was last known to hold of one outcome (micro-shares, above 0)."""

    wallet: bytes
    market_id: int
    outcome_index: int
    size: int
    avg_price: Decimal | None
    # When it was last seen.
    known_at: datetime


def add_positions(
    session: Session,
    wallet: bytes,
    rows: Sequence[PositionRow],
    places: Mapping[str, Place],
    known_at: datetime,
    *,
    is_whole: bool,
) -> Checked:
    """Keep what changed of a wallet's positions; of a whole list, what is not in it is gone."""
    last = {(row.market_id, row.outcome_index): row for row in _newest(session, [wallet], known_at)}
    held = {places[row.token_id]: row.held for row in rows if row.token_id in places}
    changed = [
        Position(
            wallet=wallet,
            market_id=place[0],
            outcome_index=place[1],
            size=shares.size,
            avg_price=shares.avg_price,
            known_at=known_at,
        )
        for place, shares in held.items()
        if place not in last or last[place].size != shares.size
    ]
    gone = [
        Position(
            wallet=wallet,
            market_id=place[0],
            outcome_index=place[1],
            size=0,
            avg_price=None,
            known_at=known_at,
        )
        for place, row in last.items()
        if is_whole and place not in held and row.size
    ]
    session.add_all([*changed, *gone])
    session.flush()
    return Checked(len(changed) + len(gone), len(held) - len(changed), len(rows) - len(held))


def places_of(session: Session, condition_ids: Collection[bytes]) -> dict[str, Place]:
    """Which market and outcome each token of these markets is; those not followed are left out."""
    found: dict[str, Place] = {}
    for part in chunks(sorted(condition_ids), IN_CHUNK):
        query = select(Market.id, Market.token_ids).where(Market.condition_id.in_(part))
        for market_id, tokens in session.execute(query):
            found.update((token, (market_id, index)) for index, token in enumerate(tokens))
    return found


def note_check(
    session: Session,
    wallet: bytes,
    at: datetime,
    *,
    outside: int = 0,
    is_cut: bool = False,
    fault: str | None = None,
) -> None:
    """Note that a wallet was asked for, and with what success."""
    answered = None if fault is not None else at
    insert = insert_for(session, PositionCheck)
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=["wallet"],
        set_={
            "tried_at": new["tried_at"],
            "first_checked_at": func.coalesce(
                PositionCheck.first_checked_at, new["first_checked_at"]
            ),
            "checked_at": func.coalesce(new["checked_at"], PositionCheck.checked_at),
            "outside": new["outside"],
            "is_cut": new["is_cut"],
            "fault": new["fault"],
        },
    )
    row = {
        "wallet": wallet,
        "tried_at": at,
        "first_checked_at": answered,
        "checked_at": answered,
        "outside": outside,
        "is_cut": is_cut,
        "fault": None if fault is None else fault[:200],
    }
    session.connection().execute(statement, [row])


def list_checks(session: Session, wallets: Collection[bytes]) -> dict[bytes, PositionCheck]:
    """When these wallets were asked for."""
    found: dict[bytes, PositionCheck] = {}
    for part in chunks(sorted(wallets), IN_CHUNK):
        query = select(PositionCheck).where(PositionCheck.wallet.in_(part))
        found.update((row.wallet, row) for row in session.scalars(query))
    return found


def seen_by(check: PositionCheck, as_of: datetime) -> datetime | None:
    """An answer a wallet's positions were known by at ``as_of``: the last one, if it is older.

    Those between the first and the last are not kept: what changed then is in the positions.
    """
    answers = (check.checked_at, check.first_checked_at)
    return next((at for at in answers if at is not None and at <= as_of), None)


def list_positions(
    session: Session, wallets: Collection[bytes], as_of: datetime
) -> list[KnownPosition]:
    """What these wallets were last known to hold by ``as_of``."""
    checks = list_checks(session, wallets)
    found = []
    for part in chunks(sorted(wallets), IN_CHUNK):
        for row in _newest(session, part, as_of):
            check = checks.get(row.wallet)
            # An answer that changed nothing confirms what was known.
            seen = check.checked_at if check is not None else None
            at = seen if seen is not None and row.known_at < seen <= as_of else row.known_at
            if row.size:
                found.append(
                    KnownPosition(
                        row.wallet, row.market_id, row.outcome_index, row.size, row.avg_price, at
                    )
                )
    return sorted(found, key=lambda one: (one.wallet, one.market_id, one.outcome_index))


def _newest(session: Session, wallets: Collection[bytes], as_of: datetime) -> Sequence[Position]:
    rank = (
        func.row_number()
        .over(
            partition_by=(Position.wallet, Position.market_id, Position.outcome_index),
            order_by=(Position.known_at.desc(), Position.id.desc()),
        )
        .label("rank")
    )
    ranked = (
        select(Position, rank)
        .where(Position.wallet.in_(list(wallets)), Position.known_at <= as_of)
        .subquery()
    )
    newest = aliased(Position, ranked)
    return session.scalars(select(newest).where(ranked.c.rank == 1)).all()
