"""What chains said of addresses: a state that is read again only lasts longer."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.wallet import Wallet, WalletReading
from service.protocol.ids import parse_address, to_hex
from service.protocol.wallet_ladder import Reading
from service.store.upserts import IN_CHUNK, chunks


def add_readings(session: Session, readings: Sequence[Reading]) -> int:
    """Keep what is new; returns how many addresses changed, or were read for the first time."""
    if not readings:
        return 0
    [chain_id] = {reading.chain_id for reading in readings}
    latest = _latest(session, chain_id, [reading.address for reading in readings])
    added = 0
    for reading in readings:
        owners = None if reading.owners is None else [to_hex(owner) for owner in reading.owners]
        said = (reading.has_code, owners, reading.threshold, reading.is_busy)
        last = latest.get(reading.address)
        if last is not None and last.last_block >= reading.block:
            continue
        if last is not None and _said(last) == said:
            last.last_block = reading.block
            continue
        session.add(
            WalletReading(
                chain_id=chain_id,
                address=reading.address,
                has_code=reading.has_code,
                owners=owners,
                threshold=reading.threshold,
                is_busy=reading.is_busy,
                first_block=reading.block,
                last_block=reading.block,
                known_at=reading.known_at,
            )
        )
        added += 1
    session.flush()
    return added


def _said(row: WalletReading) -> tuple[object, ...]:
    return row.has_code, row.owners, row.threshold, row.is_busy


def _latest(
    session: Session, chain_id: int, addresses: Sequence[bytes]
) -> dict[bytes, WalletReading]:
    found: dict[bytes, WalletReading] = {}
    for part in chunks(sorted(set(addresses)), IN_CHUNK):
        query = (
            select(WalletReading)
            .where(WalletReading.chain_id == chain_id, WalletReading.address.in_(part))
            .order_by(WalletReading.last_block, WalletReading.id)
        )
        found.update((row.address, row) for row in session.scalars(query))
    return found


def list_wallet_readings(session: Session) -> dict[bytes, list[Reading]]:
    """Every reading by address, oldest first."""
    found: dict[bytes, list[Reading]] = defaultdict(list)
    query = select(WalletReading).order_by(WalletReading.known_at, WalletReading.id)
    for row in session.scalars(query):
        owners = None if row.owners is None else tuple(map(parse_address, row.owners))
        found[row.address].append(
            Reading(
                row.chain_id,
                row.address,
                row.has_code,
                owners,
                row.threshold,
                row.first_block,
                row.known_at,
                row.is_busy,
            )
        )
    return found


def list_to_read(
    session: Session, chain_id: int, kinds: Collection[str], before: int, limit: int
) -> list[tuple[bytes, str]]:
    """Wallets of these kinds not read at or after a block, never read ones first, with kinds."""
    last = (
        select(WalletReading.address, func.max(WalletReading.last_block).label("block"))
        .where(WalletReading.chain_id == chain_id)
        .group_by(WalletReading.address)
        .subquery()
    )
    block = func.coalesce(last.c.block, -1)
    query = (
        select(Wallet.address, Wallet.kind)
        .outerjoin(last, last.c.address == Wallet.address)
        .where(Wallet.kind.in_(list(kinds)), block < before)
        .order_by(block, Wallet.known_at.desc(), Wallet.address)
        .limit(limit)
    )
    return [(address, kind) for address, kind in session.execute(query)]
