"""A listed market behind a request of the recorded chain, with money and a holder."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.dvm_request_state import DvmRequestState
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market
from models.position import Position
from service.protocol.ids import parse_address
from service.store.oracle.contracts import load_book
from service.store.oracle.questions import get_statuses
from tests.store.scenes import add_market

MINUTE = timedelta(minutes=1)
# Holds 59 % of all stake, and 75 % after it staked 20 million more.
WHALE = "0x8b3c0a6f115f8aa098e2d08366dc615761cd2f65"


def list_market(session: Session, round_id: int, at: datetime) -> Market:
    """The catalogue's market of the round's question, with a book, and wallets that hold it."""
    state = session.scalars(
        select(DvmRequestState).where(
            DvmRequestState.last_round == round_id, DvmRequestState.question_id.is_not(None)
        )
    ).first()
    assert state is not None
    assert state.question_id is not None
    (status,) = get_statuses(session, [state.question_id], load_book(session), at)[
        state.question_id
    ]
    market = add_market(
        session,
        1,
        condition_id=status.condition_id,
        question_id=status.question_id,
        uma_question_id=status.question_id,
        adapter=status.adapter,
        title=status.title,
        known_at=at - timedelta(days=5),
    )
    seen = at - 2 * MINUTE
    session.add(OpenInterest(market_id=market.id, value=250_000_000_000, known_at=seen))
    session.add(
        BookSnapshot(
            market_id=market.id,
            token_id=market.token_ids[1],
            outcome_index=1,
            best_bid=Decimal("0.79"),
            best_ask=Decimal("0.81"),
            bid_depth=0,
            ask_depth=0,
            # Those who bid for No offer Yes.
            bids=[["0.79", "1000"], ["0.5", "20"]],
            asks=[["0.81", "70"]],
            known_at=seen,
        )
    )
    for outcome, size in ((0, 7_000_000_000), (1, 2_000_000_000)):
        session.add(
            Position(
                wallet=parse_address(WHALE),
                market_id=market.id,
                outcome_index=outcome,
                size=size,
                known_at=seen,
            )
        )
    session.flush()
    return market
