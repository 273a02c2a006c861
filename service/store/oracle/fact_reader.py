"""Rows of any fact table as the facts they were made from, as known by a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.log_fact import LogFact
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import LogPosition
from service.store.oracle.fact_shapes import fact_of

Row = TypeVar("Row", bound=LogFact)
# (chain, adapter, question id): the same text on two adapters is two questions.
QuestionKey = tuple[int, bytes, bytes]
Found = dict[QuestionKey, list[DatedFact]]


def dated(model: type[Any], as_of: datetime | None) -> Select[Any]:
    """Rows of a fact table with their blocks, as known by ``as_of``."""
    query: Select[Any] = select(
        model, Block.chain_id, Block.number, Block.hash, Block.mined_at
    ).join(Block, model.block_id == Block.id)
    return query if as_of is None else query.where(model.known_at <= as_of)


def position_of(row: LogFact, chain_id: int, number: int, block_hash: bytes) -> LogPosition:
    """Where a row's log stands."""
    return LogPosition(
        chain_id, number, block_hash, row.log_index, row.transaction_hash, row.address
    )


@dataclass(frozen=True, slots=True)
class FactReader:
    """Reads rows of any fact table beside the facts they were made from."""

    session: Session
    as_of: datetime | None

    def rows(
        self, model: type[Row], condition: ColumnElement[bool]
    ) -> Iterator[tuple[Row, DatedFact]]:
        """Rows that meet a condition, in no order."""
        query = dated(model, self.as_of).where(condition)
        for row, chain_id, number, block_hash, mined_at in self.session.execute(query):
            position = position_of(row, chain_id, number, block_hash)
            yield row, DatedFact(fact_of(row, position), mined_at)


def give(fact: DatedFact, keys: Iterable[QuestionKey], found: Found) -> None:
    """Give a fact to the questions it belongs to."""
    for key in keys:
        found[key].append(fact)
