"""Insert-or-ignore: exact counts, and the bulk way stores what the plain way stores."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from models.oracle import AncillaryText
from models.voting import Slash
from service.protocol.facts import Fact
from service.protocol.log_position import BlockHeader
from service.store.bulk_rows import BULK, add_bulk
from service.store.oracle.blocks import add_blocks
from service.store.oracle.fact_shapes import TABLES, row_of
from service.store.upserts import CHUNK, insert_or_ignore
from tests.store.test_fact_shapes import EXAMPLES

NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
HASHES = [n.to_bytes(32, "big") for n in range(2 * CHUNK)]


def texts(count: int) -> list[dict[str, Any]]:
    return [{"hash": h, "data": b"\x00\\N\t\xff" + h} for h in HASHES[:count]]


def two_blocks(session: Session) -> list[int]:
    headers = [BlockHeader(137, n, bytes([n]) * 32, bytes(32), NOW) for n in (1, 2)]
    return list(add_blocks(session, headers).values())


def sparse() -> Iterator[Fact]:
    """Each example without whatever may be absent."""
    for fact in EXAMPLES:
        absent: dict[str, Any] = {f.name: None for f in fields(fact) if f.default is None}
        if absent:
            yield replace(fact, **absent)


@pytest.mark.parametrize("count", [1, BULK - 1, BULK, CHUNK + 1])
def test_rows_that_are_known_are_not_counted_again(session: Session, count: int) -> None:
    known = count // 2
    assert insert_or_ignore(session, AncillaryText, texts(known)) == known
    assert insert_or_ignore(session, AncillaryText, texts(count)) == count - known
    assert insert_or_ignore(session, AncillaryText, texts(count)) == 0
    assert session.scalar(select(func.count()).select_from(AncillaryText)) == count


@pytest.mark.parametrize("count", [2, BULK])
def test_a_row_given_twice_is_counted_once(session: Session, count: int) -> None:
    assert insert_or_ignore(session, AncillaryText, texts(count) + texts(count)) == count


@pytest.mark.parametrize("fact", [*EXAMPLES, *sparse()], ids=lambda fact: type(fact).__name__)
def test_the_bulk_way_stores_the_same_values(session: Session, fact: Fact) -> None:
    model = TABLES[type(fact)]
    table = model.__table__
    assert isinstance(table, Table)
    first, second = two_blocks(session)
    row = row_of(fact) | {"known_at": NOW}
    assert insert_or_ignore(session, model, [row | {"block_id": first}]) == 1
    assert add_bulk(session.connection(), table, [row | {"block_id": second}]) == 1

    # As the driver gives them, past the column types.
    names = ", ".join(f'"{c.name}"' for c in table.columns if c.name != "block_id")
    plain, bulk = session.execute(text(f"SELECT {names} FROM {table.name}"))  # noqa: S608
    assert bulk == plain


def test_keys_may_come_in_any_order(session: Session) -> None:
    first, _ = two_blocks(session)
    row = {
        "amount": -(2**127),
        "resolved_index": 2**256 - 1,
        "voter": b"\x05" * 20,
        "known_at": NOW,
        "address": b"\x03" * 20,
        "transaction_hash": b"\x02" * 32,
        "log_index": 7,
        "block_id": first,
    }
    assert add_bulk(session.connection(), Slash.__table__, [row]) == 1  # type: ignore[arg-type]
    [stored] = session.scalars(select(Slash))
    assert {name: getattr(stored, name) for name in row} == row


def test_a_bulk_of_rows_belongs_to_the_callers_transaction(session: Session) -> None:
    with session.begin_nested() as part:
        insert_or_ignore(session, AncillaryText, texts(BULK))
        part.rollback()
    assert insert_or_ignore(session, AncillaryText, texts(BULK)) == BULK
