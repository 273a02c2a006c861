"""The contract book in rows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import Contract
from models.enums import ContractKind
from service.protocol.contracts import ContractBook, ContractEntry
from service.store.oracle.stale_folds import mark_everything
from service.store.upserts import insert_for


def add_book(session: Session, book: ContractBook) -> int:
    """Store a book's entries, mend those it corrects; returns how many were new or mended."""
    known = {_key(entry): entry for entry in load_book(session).entries}
    changed = {_key(e): e for e in book.entries if known.get(_key(e)) != e}
    if not changed:
        return 0
    if known:
        # Whose questions count and which contract is what is folded with the book.
        mark_everything(session)
    insert = insert_for(session, Contract)
    statement = insert.on_conflict_do_update(
        index_elements=["chain_id", "address", "kind", "from_block"],
        set_={
            name: insert.excluded[name]
            for name in ("to_block", "version", "posts_for", "from_time")
        },
    )
    session.connection().execute(
        statement,
        [
            {
                "chain_id": entry.chain_id,
                "address": entry.address,
                "kind": entry.kind.value,
                "from_block": entry.from_block,
                "to_block": entry.to_block,
                "version": entry.version,
                "posts_for": entry.posts_for,
                "from_time": entry.from_time,
            }
            for entry in changed.values()
        ],
    )
    return len(changed)


def _key(entry: ContractEntry) -> tuple[int, bytes, ContractKind, int]:
    return entry.chain_id, entry.address, entry.kind, entry.from_block


def load_book(session: Session) -> ContractBook:
    """The stored book, in a fixed order."""
    rows = session.scalars(
        select(Contract).order_by(Contract.chain_id, Contract.from_block, Contract.id)
    )
    return ContractBook(
        tuple(
            ContractEntry(
                chain_id=row.chain_id,
                address=row.address,
                kind=ContractKind(row.kind),
                from_block=row.from_block,
                to_block=row.to_block,
                version=row.version,
                posts_for=row.posts_for,
                from_time=row.from_time,
            )
            for row in rows
        )
    )
