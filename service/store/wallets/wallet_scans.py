"""How far a chain's logs were searched for each account: the factories', or the token's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from models.voting import Commit, Reveal, StakeChange
from models.wallet import Wallet, WalletScan
from models.wallet_enums import WalletKind
from service.store.upserts import insert_for


@dataclass(frozen=True, slots=True)
class Span:
    """Blocks of a chain: where a search begins, since where it must have come, and its end."""

    chain_id: int
    first_block: int
    head: int
    since: int = 0


def list_scans(session: Session, span: Span, limit: int) -> list[tuple[bytes, int]]:
    """Accounts whose logs are not all searched up to the head, the farthest behind first."""
    accounts = select(Wallet.address).where(Wallet.kind == WalletKind.ACCOUNT)
    return _behind(session, accounts, span, limit)


def list_voter_scans(session: Session, span: Span, limit: int) -> list[tuple[bytes, int]]:
    """The same of everybody who sealed or opened a vote, or for whom somebody staked."""
    voters = union(
        *(select(model.voter.label("address")) for model in (Commit, Reveal, StakeChange))
    )
    return _behind(session, select(voters.subquery().c.address), span, limit)


def _behind(
    session: Session, accounts: Select[Any], span: Span, limit: int
) -> list[tuple[bytes, int]]:
    wanted = accounts.subquery()
    following = func.coalesce(WalletScan.next_block, span.first_block)
    of_chain = (WalletScan.owner == wanted.c.address) & (WalletScan.chain_id == span.chain_id)
    query = (
        select(wanted.c.address, following)
        .outerjoin(WalletScan, of_chain)
        .where(following <= span.head, following >= span.since)
        .order_by(following, wanted.c.address)
        .limit(limit)
    )
    return [(address, block) for address, block in session.execute(query)]


def searched_until(session: Session, chain_id: int) -> dict[bytes, int]:
    """Of each account searched from the first block on, the block after the last one searched."""
    query = select(WalletScan.owner, WalletScan.next_block).where(WalletScan.chain_id == chain_id)
    rows = session.execute(query).all()
    return {row.owner: row.next_block for row in rows}


def move_scans(session: Session, chain_id: int, owners: Collection[bytes], to: int) -> None:
    """Note that these accounts' logs are searched up to a block."""
    insert = insert_for(session, WalletScan)
    statement = insert.on_conflict_do_update(
        index_elements=["chain_id", "owner"], set_={"next_block": insert.excluded["next_block"]}
    )
    rows = [{"chain_id": chain_id, "owner": owner, "next_block": to} for owner in sorted(owners)]
    session.connection().execute(statement, rows)
