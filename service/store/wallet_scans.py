"""How far the factories' logs were searched for each account."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.wallet import Wallet, WalletScan
from models.wallet_enums import WalletKind
from service.store.upserts import insert_for


def list_scans(
    session: Session, chain_id: int, first_block: int, head: int, limit: int
) -> list[tuple[bytes, int]]:
    """Accounts whose logs are not all searched up to the head, the farthest behind first."""
    following = func.coalesce(WalletScan.next_block, first_block)
    query = (
        select(Wallet.address, following)
        .outerjoin(
            WalletScan, (WalletScan.owner == Wallet.address) & (WalletScan.chain_id == chain_id)
        )
        .where(Wallet.kind == WalletKind.ACCOUNT, following <= head)
        .order_by(following, Wallet.address)
        .limit(limit)
    )
    return [(address, block) for address, block in session.execute(query)]


def move_scans(session: Session, chain_id: int, owners: Collection[bytes], to: int) -> None:
    """Note that these accounts' logs are searched up to a block."""
    insert = insert_for(session, WalletScan)
    statement = insert.on_conflict_do_update(
        index_elements=["chain_id", "owner"], set_={"next_block": insert.excluded["next_block"]}
    )
    rows = [{"chain_id": chain_id, "owner": owner, "next_block": to} for owner in sorted(owners)]
    session.connection().execute(statement, rows)
