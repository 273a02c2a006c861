"""Disputed requests of which something was not indexed, and what was done about it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.chain import Block, LookUp
from models.enums import LookUpKind
from models.oracle import BridgedRequest, Dispute, PriceRequest, PushedPrice, Settlement
from service.store.upserts import insert_for


@dataclass(frozen=True, slots=True)
class Missing:
    """A disputed request that lacks its beginning or its settlement."""

    kind: LookUpKind
    chain_id: int
    oracle: bytes
    requester: bytes
    ancillary_hash: bytes
    request_timestamp: int
    disputer: bytes
    # Of a beginning: the block of the dispute, before which it lies. Of a settlement: the first
    # block that may hold it.
    block: int


def list_missing_beginnings(
    session: Session, chain_id: int, requesters: Collection[bytes], limit: int
) -> list[Missing]:
    """Disputed requests of these whose RequestPrice is not stored nor looked up, newest first."""
    asked, done = _key_of(PriceRequest.address, PriceRequest), _key_of(LookUp.oracle, LookUp)
    query = (
        _disputes(chain_id, Block.number)
        .outerjoin(PriceRequest, asked)
        .outerjoin(LookUp, and_(done, LookUp.kind == LookUpKind.BEGINNING.value))
        .where(
            Dispute.requester.in_(requesters),
            PriceRequest.block_id.is_(None),
            LookUp.oracle.is_(None),
        )
        .order_by(Block.number.desc())
        .limit(limit)
    )
    return [Missing(LookUpKind.BEGINNING, *row) for row in session.execute(query)]


def list_missing_settlements(session: Session, chain_id: int, limit: int) -> list[Missing]:
    """Disputed requests whose vote has landed and whose Settle is not stored, oldest first."""
    landed = Block.__table__.alias("landed")
    settled, done = _key_of(Settlement.address, Settlement), _key_of(LookUp.oracle, LookUp)
    query = (
        _disputes(chain_id, func.coalesce(LookUp.next_block, landed.c.number))
        .join(
            BridgedRequest,
            and_(
                BridgedRequest.transaction_hash == Dispute.transaction_hash,
                BridgedRequest.ancillary_hash == Dispute.ancillary_hash,
            ),
        )
        .join(PushedPrice, PushedPrice.request_hash == BridgedRequest.child_request_id)
        .join(landed, landed.c.id == PushedPrice.block_id)
        .outerjoin(Settlement, settled)
        .outerjoin(LookUp, and_(done, LookUp.kind == LookUpKind.SETTLEMENT.value))
        .where(Settlement.block_id.is_(None))
        .order_by(landed.c.number)
        .limit(limit)
    )
    return [Missing(LookUpKind.SETTLEMENT, *row) for row in session.execute(query)]


def _disputes(
    chain_id: int, block: InstrumentedAttribute[int] | ColumnElement[int]
) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Block.chain_id,
            Dispute.address,
            Dispute.requester,
            Dispute.ancillary_hash,
            Dispute.request_timestamp,
            Dispute.disputer,
            block,
        )
        .select_from(Dispute)
        .join(Block, Block.id == Dispute.block_id)
        .where(Block.chain_id == chain_id)
    )


def _key_of(
    oracle: InstrumentedAttribute[bytes], model: type[PriceRequest | Settlement | LookUp]
) -> ColumnElement[bool]:
    return and_(
        oracle == Dispute.address,
        model.requester == Dispute.requester,
        model.ancillary_hash == Dispute.ancillary_hash,
        model.request_timestamp == Dispute.request_timestamp,
    )


def mark_looked_up(
    session: Session, missing: Missing, next_block: int | None, at: datetime
) -> None:
    """Remember a look-up; of a settlement, the block from which to look again."""
    insert = insert_for(session, LookUp)
    words = {
        "chain_id": missing.chain_id,
        "oracle": missing.oracle,
        "requester": missing.requester,
        "ancillary_hash": missing.ancillary_hash,
        "request_timestamp": missing.request_timestamp,
        "kind": missing.kind.value,
        "next_block": next_block,
        "updated_at": at,
    }
    key = list(words)[:6]
    changed = {name: insert.excluded[name] for name in ("next_block", "updated_at")}
    session.connection().execute(
        insert.on_conflict_do_update(index_elements=key, set_=changed), [words]
    )


def forget_look_ups(session: Session, chain_id: int) -> None:
    """Let everything still missing be looked up again: what was found may have gone in a reorg."""
    session.execute(delete(LookUp).where(LookUp.chain_id == chain_id))
