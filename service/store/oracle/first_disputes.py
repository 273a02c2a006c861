"""First disputes of official questions as known at a time, with what the market then believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from models.chain import Block
from models.enums import Category
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market
from models.oracle import Dispute
from models.price_point import PricePoint
from models.question_state import QuestionState
from service.protocol.proposed_answers import ProposedAnswer, read_answer


@dataclass(frozen=True, slots=True)
class FirstDispute:
    """The dispute that came first of a question. Money is micro-USDC."""

    chain_id: int
    question_id: bytes
    condition_id: bytes
    disputed_at: datetime
    proposer: bytes
    disputer: bytes
    answer: ProposedAnswer
    transaction_hash: bytes
    log_index: int
    # None where the catalogue has not shown the market; so are the next two and the prices.
    market_id: int | None
    group_id: int | None
    category: Category | None
    # Of outcome 0 before the dispute.
    price: Decimal | None
    open_interest: int | None

    @property
    def proposed_price(self) -> Decimal | None:
        """What the market thought of the proposed winner; None where either is not known."""
        winner = self.answer.winner
        if winner is None or self.price is None:
            return None
        return self.price if winner == 0 else 1 - self.price

    @property
    def event(self) -> tuple[str, object]:
        """What it counts once for: the group of markets, else the question itself."""
        if self.group_id is None:
            return "question", self.question_id
        return "group", self.group_id


def list_first_disputes(
    session: Session, since: datetime, as_of: datetime
) -> Sequence[FirstDispute]:
    """First disputes after ``since`` known by ``as_of``, oldest first, by one query.

    Those of a question that entered before indexing began are the first of those stored.
    """
    earlier, block_of_earlier = aliased(Dispute), aliased(Block)
    is_later = exists(
        select(earlier.block_id)
        .join(block_of_earlier, block_of_earlier.id == earlier.block_id)
        .where(
            earlier.ancillary_hash == Dispute.ancillary_hash,
            earlier.requester == Dispute.requester,
            block_of_earlier.chain_id == Block.chain_id,
            block_of_earlier.number < Block.number,
        )
    )
    query = (
        select(
            Dispute,
            Block.chain_id,
            Block.mined_at,
            QuestionState.condition_id,
            Market.id,
            Market.group_id,
            Market.category,
            _price_before(as_of),
            _middle_before(),
            _interest_before(),
        )
        .join(Block, Block.id == Dispute.block_id)
        .join(
            QuestionState,
            and_(
                QuestionState.chain_id == Block.chain_id,
                QuestionState.adapter == Dispute.requester,
                QuestionState.question_id == Dispute.ancillary_hash,
            ),
        )
        .outerjoin(Market, Market.condition_id == QuestionState.condition_id)
        .where(
            Block.mined_at > since,
            Dispute.known_at <= as_of,
            QuestionState.is_official.is_(True),
            ~is_later,
        )
        .order_by(Block.mined_at, Block.number, Dispute.log_index)
    )
    return [_to_dispute(row) for row in session.execute(query)]


def first_dispute_at(session: Session) -> datetime | None:
    """When the oldest stored dispute was made: before it, none is known to be missing."""
    found: datetime | None = session.scalar(
        select(func.min(Block.mined_at)).join(Dispute, Dispute.block_id == Block.id)
    )
    return found


def _to_dispute(row: Any) -> FirstDispute:  # noqa: ANN401  # a row of the query
    dispute, chain_id, mined_at, condition_id, market_id, group_id, category, *known = row
    point, middle, interest = known
    return FirstDispute(
        chain_id=chain_id,
        question_id=dispute.ancillary_hash,
        condition_id=condition_id,
        disputed_at=mined_at,
        proposer=dispute.proposer,
        disputer=dispute.disputer,
        answer=read_answer(dispute.proposed_price),
        transaction_hash=dispute.transaction_hash,
        log_index=dispute.log_index,
        market_id=market_id,
        group_id=group_id,
        category=None if category is None else Category(category),
        price=next((_to_price(value) for value in (point, middle) if value is not None), None),
        open_interest=None if interest is None else int(interest),
    )


def _to_price(value: object) -> Decimal:
    return Decimal(str(value))


def _price_before(as_of: datetime) -> Any:  # noqa: ANN401  # a scalar of a query
    return (
        select(PricePoint.price)
        .where(
            PricePoint.market_id == Market.id,
            PricePoint.at < Block.mined_at,
            PricePoint.known_at <= as_of,
        )
        .order_by(PricePoint.at.desc())
        .limit(1)
        .correlate(Market, Block)
        .scalar_subquery()
    )


def _middle_before() -> Any:  # noqa: ANN401  # as above
    return (
        select((BookSnapshot.best_bid + BookSnapshot.best_ask) / 2)
        .where(
            BookSnapshot.market_id == Market.id,
            BookSnapshot.outcome_index == 0,
            BookSnapshot.best_bid.is_not(None),
            BookSnapshot.best_ask.is_not(None),
            BookSnapshot.known_at < Block.mined_at,
        )
        .order_by(BookSnapshot.known_at.desc())
        .limit(1)
        .correlate(Market, Block)
        .scalar_subquery()
    )


def _interest_before() -> Any:  # noqa: ANN401  # as above
    return (
        select(OpenInterest.value)
        .where(OpenInterest.market_id == Market.id, OpenInterest.known_at <= Block.mined_at)
        .order_by(OpenInterest.known_at.desc())
        .limit(1)
        .correlate(Market, Block)
        .scalar_subquery()
    )
