"""The contract book in rows: added to, mended, never doubled."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from models.enums import ContractKind
from service.chain.book import mainnet_book
from service.protocol.contracts import ContractBook, ContractEntry
from service.store.oracle.contracts import add_book, load_book

ENTRY = ContractEntry(137, bytes([7] * 20), ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, 100)


def test_the_book_that_ships_is_stored_whole_and_once(session: Session) -> None:
    book = mainnet_book()
    assert add_book(session, book) == len(book.entries)
    assert add_book(session, book) == 0
    assert set(load_book(session).entries) == set(book.entries)


def test_a_corrected_entry_takes_the_place_of_the_old_one(session: Session) -> None:
    add_book(session, ContractBook((ENTRY, replace(ENTRY, from_block=1))))
    better = replace(
        ENTRY, to_block=200, version="2.0.0", from_time=datetime(2026, 2, 24, tzinfo=UTC)
    )
    assert add_book(session, ContractBook((better,))) == 1
    assert load_book(session).entries == (replace(ENTRY, from_block=1), better)
