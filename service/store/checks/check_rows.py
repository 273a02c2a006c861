"""Invariants of what is stored around the facts: blocks, and rows derived from facts."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import oracle, voting
from models.chain import Block
from models.contract_change import ContractChange
from models.contract_period import ContractPeriod
from models.dvm_request_state import DvmRequestState
from models.question_state import QuestionState
from service.protocol.ids import to_checksum, to_hex
from service.protocol.invariants import Break, Finding
from service.protocol.periods import FOLDED_EVENTS
from service.store.oracle.stale_folds import count_marks


def check_blocks(session: Session) -> Finding:
    """Adjacent stored blocks by their hashes; where there is a gap, nothing can be said."""
    above, below = aliased(Block), aliased(Block)
    adjacent = and_(below.chain_id == above.chain_id, below.number == above.number - 1)
    pairs = select(func.count()).select_from(above).join(below, adjacent)
    chains, blocks = session.execute(
        select(func.count(func.distinct(Block.chain_id)), func.count())
    ).one()
    torn = (
        select(above.chain_id, above.number, above.hash, above.parent_hash, below.hash)
        .join(below, adjacent)
        .where(above.parent_hash != below.hash)
        .order_by(above.chain_id, above.number)
    )
    breaks = tuple(
        Break(
            f"{chain_id}:{number}",
            f"block {to_hex(own)} names {to_hex(parent)} as its parent, stored is {to_hex(before)}",
            chain_id,
            number,
        )
        for chain_id, number, own, parent, before in session.execute(torn)
    )
    checked = session.scalar(pairs) or 0
    # The first block of a chain has none before it and is no gap.
    return Finding(checked, breaks, blocks - chains - checked)


def check_derived(session: Session) -> Finding:
    """Derived rows without a fact, and facts without their row; marked ones are still to come."""
    breaks = tuple(_without(session))
    models = (QuestionState, DvmRequestState, ContractPeriod)
    rows = sum(session.scalar(select(func.count()).select_from(model)) or 0 for model in models)
    waiting = count_marks(session)
    if waiting:
        # What is marked is being folded: its rows are as they were before.
        return Finding(max(0, rows - waiting), (), waiting)
    return Finding(rows, breaks)


def _without(session: Session) -> Iterator[Break]:
    for chain_id, address, question_id in session.execute(_questions_without_facts()):
        key = f"question_states:{chain_id}:{to_checksum(address)}:{to_hex(question_id)}"
        yield Break(key, "the row rests on no stored log", chain_id)
    for chain_id, address, question_id in session.execute(_facts_without_question()):
        key = f"questions:{chain_id}:{to_checksum(address)}:{to_hex(question_id)}"
        yield Break(key, "the question has no row of its state", chain_id)
    for (request_id,) in session.execute(_requests_without_facts()):
        key = f"dvm_request_states:{to_hex(request_id)}"
        yield Break(key, "the row rests on no stored log")
    for (request_id,) in session.execute(_facts_without_request()):
        yield Break(f"dvm_requests:{to_hex(request_id)}", "the request has no row of its state")
    for chain_id, address, name, value, number in session.execute(_periods_without_facts()):
        key = f"contract_periods:{chain_id}:{to_checksum(address)}:{name}:{value}:{number}"
        yield Break(key, "the period rests on no stored log", chain_id, number)


def _questions_without_facts() -> Select[*tuple[Any, ...]]:
    state = QuestionState
    own = exists().where(
        oracle.Question.question_id == state.question_id, oracle.Question.address == state.adapter
    )
    requests = (
        exists().where(model.ancillary_hash == state.question_id, model.requester == state.adapter)
        for model in (oracle.PriceRequest, oracle.Proposal, oracle.Dispute, oracle.Settlement)
    )
    asked = exists().where(
        oracle.ResolutionAsked.question_id == state.question_id,
        oracle.ResolutionAsked.address == state.adapter,
    )
    return select(state.chain_id, state.adapter, state.question_id).where(
        ~or_(own, and_(state.is_partial, or_(asked, *requests)))
    )


def _facts_without_question() -> Select[*tuple[Any, ...]]:
    question, state = oracle.Question, QuestionState
    has_row = exists().where(
        state.question_id == question.question_id,
        state.adapter == question.address,
        state.chain_id == Block.chain_id,
    )
    return (
        select(Block.chain_id, question.address, question.question_id)
        .join(Block, Block.id == question.block_id)
        .where(~has_row)
    )


def _requests_without_facts() -> Select[*tuple[Any, ...]]:
    state = DvmRequestState
    told = (
        exists().where(model.request_id == state.request_id)
        for model in (
            voting.DvmRequest,
            voting.DvmRequestChange,
            voting.Commit,
            voting.Reveal,
        )
    )
    announced = exists().where(oracle.BridgedRequest.parent_request_id == state.request_id)
    return select(state.request_id).where(~or_(announced, *told))


def _facts_without_request() -> Select[*tuple[Any, ...]]:
    request, state = voting.DvmRequest, DvmRequestState
    return select(request.request_id).where(~exists().where(state.request_id == request.request_id))


def _periods_without_facts() -> Select[*tuple[Any, ...]]:
    period, change = ContractPeriod, ContractChange
    begun = exists().where(
        Block.chain_id == period.chain_id,
        Block.number == period.from_block,
        change.block_id == Block.id,
        change.log_index == period.from_log_index,
        change.address == period.address,
        change.name.in_(FOLDED_EVENTS),
    )
    return select(
        period.chain_id, period.address, period.name, period.value, period.from_block
    ).where(~begun)
