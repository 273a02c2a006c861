"""Periods of contracts: folded from their changes, replaced whole."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.contract_change import ContractChange
from models.contract_period import ContractPeriod
from service.protocol.contract_facts import ContractChanged
from service.protocol.periods import FOLDED_EVENTS, Period, fold_periods
from service.store.oracle.fact_reader import dated, position_of
from service.store.oracle.fact_shapes import fact_of
from service.store.upserts import insert_or_ignore


def fold_contract(session: Session, chain_id: int, address: bytes) -> int:
    """Fold a contract's changes anew and replace its periods; returns how many there are."""
    session.connection().execute(
        delete(ContractPeriod).where(
            ContractPeriod.chain_id == chain_id, ContractPeriod.address == address
        )
    )
    periods = fold_periods(_changes(session, chain_id, address))
    rows = [_to_row(chain_id, address, period) for period in periods]
    return insert_or_ignore(session, ContractPeriod, rows)


def _changes(
    session: Session, chain_id: int, address: bytes
) -> Iterator[tuple[ContractChanged, Any]]:
    query = (
        dated(ContractChange, None)
        .where(
            Block.chain_id == chain_id,
            ContractChange.address == address,
            ContractChange.name.in_(FOLDED_EVENTS),
        )
        .order_by(Block.number, ContractChange.log_index)
    )
    for row, chain, number, block_hash, mined_at in session.execute(query):
        fact = fact_of(row, position_of(row, chain, number, block_hash))
        assert isinstance(fact, ContractChanged)  # noqa: S101  # a ContractChange's row
        yield fact, mined_at


def _to_row(chain_id: int, address: bytes, period: Period) -> dict[str, Any]:
    end = period.end
    return {
        "chain_id": chain_id,
        "address": address,
        "kind": period.held.kind.value,
        "name": period.held.name,
        "subject": period.held.subject,
        "value": period.held.value,
        "from_block": period.from_block,
        "from_log_index": period.from_log_index,
        "from_at": period.from_at,
        "transaction_hash": period.transaction_hash,
        "to_block": None if end is None else end.block,
        "to_log_index": None if end is None else end.log_index,
        "to_at": None if end is None else end.at,
        "ended_by": None if end is None else end.transaction_hash,
    }


def list_folded_contracts(session: Session) -> set[tuple[int, bytes]]:
    """Every contract that has changes to fold, or periods."""
    changed = (
        select(Block.chain_id, ContractChange.address)
        .join(Block, Block.id == ContractChange.block_id)
        .where(ContractChange.name.in_(FOLDED_EVENTS))
        .distinct()
    )
    held = select(ContractPeriod.chain_id, ContractPeriod.address).distinct()
    return {(c, a) for query in (changed, held) for c, a in session.execute(query)}


def iterate_periods(session: Session) -> Iterator[ContractPeriod]:
    """Every period, of each contract in the order of its chain."""
    order = (
        ContractPeriod.chain_id,
        ContractPeriod.address,
        ContractPeriod.from_block,
        ContractPeriod.from_log_index,
        ContractPeriod.name,
        ContractPeriod.value,
    )
    yield from session.scalars(
        select(ContractPeriod).order_by(*order).execution_options(yield_per=1_000)
    )
