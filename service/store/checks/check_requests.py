"""Invariants of requests and payouts: disputes, settlements, what was paid."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from models import oracle
from models.chain import Block
from models.enums import IndexMode
from models.log_fact import LogFact
from models.question_state import QuestionState
from models.voting import TunnelRequest
from service.protocol.ids import condition_id, to_checksum, to_hex
from service.protocol.invariants import Break, Finding, add_up
from service.protocol.prices import outcome_of, outcome_of_payouts
from service.store.oracle.indexed_ranges import load_coverage
from service.store.upserts import CHUNK

# How a text begins that stands in for another one (``service.protocol.dvm_text``).
COMPRESSED = b"ancillaryDataHash:"


def check_bridges(session: Session) -> Finding:
    """Disputes without a log of the tunnel in their transaction; all of it in one query."""
    dispute = oracle.Dispute
    bridge, sent, text = oracle.BridgedRequest, TunnelRequest, oracle.AncillaryText
    is_bridged = exists().where(
        bridge.block_id == dispute.block_id, bridge.transaction_hash == dispute.transaction_hash
    )
    # The tunnel of before April 2025 sends whole texts, and logs no ids of the bridge.
    is_sent_whole = exists().where(
        sent.block_id == dispute.block_id,
        sent.transaction_hash == dispute.transaction_hash,
        text.hash == sent.ancillary_hash,
        func.substr(text.data, 1, len(COMPRESSED)) != COMPRESSED,
    )
    lost = (
        select(dispute, Block.chain_id, Block.number)
        .join(Block, Block.id == dispute.block_id)
        .where(~is_bridged, ~is_sent_whole)
        .order_by(Block.chain_id, Block.number, dispute.log_index)
    )
    breaks = tuple(
        Break(
            _log_key(chain_id, row),
            f"the dispute of {to_checksum(row.disputer)} has no log of the bridge beside it",
            chain_id,
            number,
            row.transaction_hash,
        )
        for row, chain_id, number in session.execute(lost)
    )
    return Finding(_count(session, dispute), breaks)


def check_proposals(session: Session) -> Finding:
    """Settlements without a proposal, where all was read from their request on."""
    settled = oracle.Settlement
    asked_in, asked = aliased(Block), oracle.PriceRequest
    # The first of the blocks that hold its request, if any does.
    asked_at = (
        select(func.min(asked_in.number))
        .join(asked, asked.block_id == asked_in.id)
        .where(same_request(asked, settled), asked_in.chain_id == Block.chain_id)
        .correlate(settled, Block)
        .scalar_subquery()
    )
    coverage = load_coverage(session, IndexMode.LAZY)
    lost = (
        select(settled, Block.chain_id, Block.number, asked_at)
        .join(Block, Block.id == settled.block_id)
        .where(~exists().where(same_request(oracle.Proposal, settled)))
        .order_by(Block.chain_id, Block.number, settled.log_index)
    )
    breaks, not_checkable = [], 0
    for row, chain_id, number, asked_at_block in session.execute(lost):
        if asked_at_block is None or not coverage.has_blocks(chain_id, asked_at_block, number):
            not_checkable += 1
            continue
        reason = f"settled at {row.price}; its request is stored and no proposal of it"
        breaks.append(
            Break(_log_key(chain_id, row), reason, chain_id, number, row.transaction_hash)
        )
    return Finding(_count(session, settled) - not_checkable, tuple(breaks), not_checkable)


def same_request(one: type[Any], other: type[Any]) -> ColumnElement[bool]:
    """That two tables' rows are of one request."""
    names = ("address", "requester", "identifier", "request_timestamp", "ancillary_hash")
    return and_(*(getattr(one, name) == getattr(other, name) for name in names))


def check_payouts(session: Session) -> Finding:
    """What was paid against the price of the request that decides."""
    checked = not_checkable = 0
    breaks = []
    coverage = {mode: load_coverage(session, mode) for mode in IndexMode}
    for row in _paid(session):
        paid = outcome_of_payouts([int(n) for n in row.numerators])
        if row.is_by_hand or (
            row.price is not None and paid is not None and paid is outcome_of(row.price)
        ):
            checked += 1
            continue
        # The lazy mode reads what asks again or sets by hand, and leaves settlements out.
        mode = IndexMode.FULL if row.price is None else IndexMode.LAZY
        is_read = row.asked_at is not None and coverage[mode].has_blocks(
            row.chain_id, row.asked_at, row.number
        )
        if not is_read or (row.price is None and row.is_legacy):
            not_checkable += 1
            continue
        checked += 1
        breaks.append(_unexplained(row))
    return Finding(checked, tuple(breaks), not_checkable)


def _paid(session: Session) -> Iterator[Any]:
    """Every paid question with the price of its deciding request, both from facts."""
    state, payout, settled = QuestionState, oracle.Payout, oracle.Settlement
    request, override = oracle.PriceRequest, oracle.Override
    asked_in = aliased(Block)

    def deciding(model: type[Any]) -> ColumnElement[bool]:
        return and_(
            model.ancillary_hash == state.question_id,
            model.requester == state.adapter,
            model.request_timestamp == state.operative_timestamp,
        )

    query = (
        select(
            state.chain_id,
            state.question_id,
            state.adapter,
            state.is_legacy,
            payout.numerators,
            payout.transaction_hash,
            Block.number,
            settled.price,
            select(func.min(asked_in.number))
            .join(request, request.block_id == asked_in.id)
            .where(deciding(request), asked_in.chain_id == state.chain_id)
            .correlate(state)
            .scalar_subquery()
            .label("asked_at"),
            exists()
            .where(override.question_id.in_([state.question_id, state.neg_risk_question_id]))
            .label("is_by_hand"),
        )
        .join(payout, payout.condition_id == state.condition_id)
        .join(Block, and_(Block.id == payout.block_id, Block.chain_id == state.chain_id))
        .outerjoin(settled, deciding(settled))
        .order_by(state.chain_id, state.adapter, state.question_id)
    )
    return iter(session.execute(query.execution_options(yield_per=CHUNK)))


def _unexplained(row: Row[*tuple[Any, ...]]) -> Break:
    price = "no stored price" if row.price is None else f"price {row.price}"
    return Break(
        f"{row.chain_id}:{to_checksum(row.adapter)}:{to_hex(row.question_id)}",
        f"paid {row.numerators}; the deciding request has {price}, and nothing was set by hand",
        row.chain_id,
        row.number,
        row.transaction_hash,
    )


def check_condition_ids(session: Session) -> Finding:
    """Conditions and payouts whose id is not the hash of their own words."""
    return add_up(
        Finding(_count(session, model), tuple(_wrong_ids(session, model)))
        for model in (oracle.Condition, oracle.Payout)
    )


def _wrong_ids(session: Session, model: type[Any]) -> Iterator[Break]:
    slots = getattr(model, "outcome_slots", None)
    query = (
        select(
            model.condition_id,
            model.oracle,
            model.question_id,
            model.numerators if slots is None else slots,
            model.log_index,
            model.transaction_hash,
            Block.chain_id,
            Block.number,
            Block.hash,
        )
        .join(Block, Block.id == model.block_id)
        .order_by(Block.chain_id, Block.number, model.log_index)
        .execution_options(yield_per=CHUNK)
    )
    for stored, owner, question, size, index, transaction, chain, number, block in session.execute(
        query
    ):
        count = size if isinstance(size, int) else len(size)
        made = condition_id(owner, question, count)
        if made != stored:
            yield Break(
                f"{chain}:{to_hex(block)}:{index}",
                f"the condition {to_hex(stored)} should be {to_hex(made)}",
                chain,
                number,
                transaction,
            )


def _count(session: Session, model: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def _log_key(chain_id: int, row: LogFact) -> str:
    return f"{chain_id}:{to_hex(row.transaction_hash)}:{row.log_index}"
