"""Finished questions of the store as a fit learns from them: facts at the first proposal, labels.

docs/methodology.md, "Dispute model". Everything but the labels was known when the answer came; the
title, category, tags and event are the catalogue's, which keeps no earlier ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, Subquery, select
from sqlalchemy.orm import Session, aliased

from models.chain import Block
from models.liquidity import BookSnapshot
from models.market import Market
from models.oracle import Proposal, Question
from models.signal_enums import AnswerKind
from service.protocol.contracts import ContractBook
from service.protocol.listings import BookLevel
from service.protocol.proposed_answers import read_answer
from service.risk.proposals.executable import TokenBook
from service.risk.proposals.notifier import NotifierRule, margin_at_once, pages_at_once
from service.store.oracle.finished_questions import SETTLED, finished_questions
from service.store.proposals.notifier_records import NotifierHistory, list_notifier_records
from service.store.rates.fit_columns import (
    bond_then,
    book_then,
    rules_then,
    settled_by,
    volume_by,
    volume_then,
)

# An older book says little of the moment of the answer; the score asks the same of it.
FRESH_BOOK = timedelta(hours=24)
_OTHER_BOOK = aliased(BookSnapshot)
# The notifier's rule asks for no size.
_ANY_SIZE = Decimal(1)
_ROWS_AT_ONCE = 5_000
_TOLD = (
    *("market_id", "group_code", "first_at", "category", "oracle_version"),
    *("disputed", "flipped_early", "flipped_outcome"),
)


@dataclass(frozen=True, slots=True)
class FitQuestion:
    """One finished question. Labels are as known at the fit's time; None: cannot be told."""

    market_id: int
    condition_id: bytes
    # Markets of one group share it.
    group_code: int
    title: str
    # The newest text known when the answer came; None where none was stored by then.
    rules: str | None
    category: str
    tags: tuple[str, ...]
    neg_risk: bool | None
    # The request the answer was given to, by the oracle's key.
    requested_at: datetime
    proposed_at: datetime
    proposer: bytes
    creator: bytes | None
    proposed_price: int
    oracle_version: str
    # Micro-USDC. None where no log tells it, or it is the oracle's own fee.
    bond: int | None
    reward: int | None
    liveness_seconds: int
    # The middle of outcome 0's newest book seen by us before the answer, if younger than a day.
    yes_price: Decimal | None
    # Micro-USDC traded, as known when the answer came.
    volume_then: int | None
    # What UMA's notifier had said by then; where it had not looked, what its rule says of that
    # volume and both outcomes' newest books before the answer, if younger than a day. None where
    # one of the three is missing.
    notifier_pages: bool | None
    # At which margins its rule pages of that volume and these books: below this one.
    notifier_margin: float | None
    disputed: bool
    flipped: bool | None
    # The oracle's last settlement that was known.
    settled_at: datetime | None
    # Micro-USDC, as of the fit's time: it weighs errors and is no fact.
    volume: int | None
    # Whether UMA's notifier paged of the answer while it could be disputed, by stored verdicts.
    notifier_paged: bool | None


def list_fit_questions(session: Session, book: ContractBook, at: datetime) -> Iterator[FitQuestion]:
    """The finished questions as known at ``at``, in the order of answers and condition ids.

    Answers of the last fortnight are left out: a vote may still be on for those disputed, so that
    the finished ones would look quieter than they are.
    """
    told = finished_questions(book, at, at).subquery("told")
    query = _questions(told, at).where(told.c.first_at <= at - SETTLED)
    records = list_notifier_records(session, at)
    last = None
    for row in session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
        # Where the catalogue names no adapter, anybody may have asked the same text.
        if row.condition_id != last:
            key = (row.market_id, row.request_timestamp, row.proposed_price)
            yield _question(row, records.get(key))
        last = row.condition_id


def _questions(told: Subquery, at: datetime) -> Select[Any]:
    by_requester = Market.adapter.is_(None) | (Market.adapter == Proposal.requester)
    custom_bond, request_bond = bond_then()
    return (
        select(
            *(told.c[name] for name in _TOLD),
            Market.condition_id,
            Market.title,
            Market.tags,
            Market.neg_risk,
            rules_then().label("rules"),
            Proposal.proposer,
            Proposal.proposed_price,
            Proposal.request_timestamp,
            Proposal.expiration_timestamp,
            Block.mined_at,
            Question.creator,
            Question.reward,
            Question.proposal_bond,
            custom_bond.label("custom_bond"),
            request_bond.label("request_bond"),
            BookSnapshot.best_bid,
            BookSnapshot.best_ask,
            BookSnapshot.known_at.label("booked_at"),
            _OTHER_BOOK.best_bid.label("other_bid"),
            _OTHER_BOOK.best_ask.label("other_ask"),
            _OTHER_BOOK.known_at.label("other_booked_at"),
            volume_then().label("volume_then"),
            settled_by(at).label("settled_at"),
            volume_by(at).label("final_volume"),
        )
        .select_from(told)
        .join(Market, Market.id == told.c.market_id)
        .join(
            Proposal,
            (Proposal.ancillary_hash == Market.uma_question_id)
            & (Proposal.known_at == told.c.first_at)
            & by_requester,
        )
        .join(Block, Block.id == Proposal.block_id)
        .outerjoin(
            Question,
            (Question.question_id == Proposal.ancillary_hash)
            & (Question.address == Proposal.requester)
            & (Question.known_at <= Proposal.known_at),
        )
        .outerjoin(BookSnapshot, BookSnapshot.id == book_then(0))
        .outerjoin(_OTHER_BOOK, _OTHER_BOOK.id == book_then(1))
        .order_by(told.c.first_at, Market.condition_id, Proposal.log_index)
    )


def _question(row: Row[Any], history: NotifierHistory | None) -> FitQuestion:
    said = None if history is None else history.paged_by(row.first_at)
    rule_pages, margin = _rule_says(row) or (None, None)
    outcome = row.flipped_outcome
    bonds = (row.custom_bond, row.request_bond, row.proposal_bond or None)
    return FitQuestion(
        market_id=row.market_id,
        condition_id=row.condition_id,
        group_code=row.group_code,
        title=row.title,
        rules=row.rules,
        category=row.category,
        tags=tuple(sorted(set(row.tags))),
        neg_risk=row.neg_risk,
        requested_at=datetime.fromtimestamp(row.request_timestamp, UTC),
        proposed_at=row.first_at,
        proposer=row.proposer,
        creator=row.creator,
        proposed_price=row.proposed_price,
        oracle_version=row.oracle_version,
        bond=next((bond for bond in bonds if bond is not None), None),
        reward=row.reward,
        liveness_seconds=row.expiration_timestamp - int(row.mined_at.timestamp()),
        yes_price=_middle(row),
        volume_then=row.volume_then,
        notifier_pages=rule_pages if said is None else said,
        notifier_margin=margin,
        disputed=bool(row.disputed),
        flipped=True if row.flipped_early else None if outcome is None else bool(outcome),
        settled_at=row.settled_at,
        volume=row.final_volume,
        notifier_paged=None if history is None else history.paged,
    )


def _middle(row: Row[Any]) -> Decimal | None:
    bid, ask = row.best_bid, row.best_ask
    if bid is None or ask is None or not _is_fresh(row, row.booked_at):
        return None
    middle: Decimal = (bid + ask) / 2
    return middle


def _is_fresh(row: Row[Any], booked_at: datetime | None) -> bool:
    return booked_at is not None and row.first_at - booked_at <= FRESH_BOOK


def _rule_says(row: Row[Any]) -> tuple[bool, float] | None:
    """Whether the notifier's rule pages, and up to which margin; None where it cannot be told.

    A game's packed answer is not read here, so that nothing is known of it.
    """
    answer = read_answer(row.proposed_price)
    fresh = _is_fresh(row, row.booked_at) and _is_fresh(row, row.other_booked_at)
    if row.volume_then is None or not fresh or answer.kind is AnswerKind.UNREADABLE:
        return None
    books = (_best(row.best_bid, row.best_ask), _best(row.other_bid, row.other_ask))
    pages = pages_at_once(answer, row.volume_then, books, NotifierRule())
    return pages, margin_at_once(answer, row.volume_then, books)


def _best(bid: Decimal | None, ask: Decimal | None) -> TokenBook:
    """The best levels alone: the rule asks whether any level lies beyond a price."""
    return TokenBook(
        *(() if price is None else (BookLevel(price, _ANY_SIZE),) for price in (bid, ask))
    )
