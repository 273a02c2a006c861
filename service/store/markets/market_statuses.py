"""What the chain says of markets' questions, those that a game's scores decide among them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import ContractKind
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.protocol.lifecycle import QuestionStatus
from service.risk.inputs import Proposal
from service.store.markets.input_oracle import find_status, first_proposal
from service.store.markets.market_lines import AnyMarket
from service.store.markets.reports import first_proposal_report
from service.store.oracle.games import get_sports_markets
from service.store.oracle.questions import get_statuses


def get_market_statuses(
    session: Session, markets: Sequence[AnyMarket], book: ContractBook, at: datetime
) -> dict[bytes, list[QuestionStatus]]:
    """The questions of these markets as known at ``at``, by the id UMA knows them by."""
    questions = {m.uma_question_id for m in markets if m.uma_question_id is not None}
    return get_statuses(session, questions, book, at) | _games(session, markets, book, at)


def get_first_proposals(
    session: Session, markets: Sequence[AnyMarket], book: ContractBook, at: datetime
) -> dict[int, Proposal]:
    """The first proposal of each market that has one, by the chain or else by the feed."""
    statuses = get_market_statuses(session, markets, book, at)
    reports = first_proposal_report(session, [market.id for market in markets], at)
    found = {
        market.id: first_proposal(find_status(market, statuses), reports.get(market.id))
        for market in markets
    }
    return {market_id: first for market_id, first in found.items() if first is not None}


def _games(
    session: Session, markets: Sequence[AnyMarket], book: ContractBook, at: datetime
) -> dict[bytes, list[QuestionStatus]]:
    """Markets that a game's scores decide, in a question's words, by the market's own id."""
    oracles = book.addresses(POLYGON, [ContractKind.UMA_SPORTS_ORACLE])
    conditions = {m.condition_id for m in markets if m.adapter in oracles}
    found = get_sports_markets(session, conditions, book, at) if conditions else {}
    return {status.market_id: [status.as_question()] for status in found.values()}
