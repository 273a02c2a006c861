"""The contract book in rows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import Contract
from models.enums import ContractKind
from service.protocol.contracts import ContractBook, ContractEntry
from service.store.upserts import insert_or_ignore


def add_book(session: Session, book: ContractBook) -> int:
    """Store a book's entries that are new; returns how many were."""
    return insert_or_ignore(
        session,
        Contract,
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
            for entry in book.entries
        ],
    )


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
