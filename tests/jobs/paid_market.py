"""A market of the catalogue and a row of the feed, to a question that the chain has paid."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from models.market import ResolutionReport
from models.question_state import QuestionState
from tests.store.scenes import add_market


def list_first_paid(sessions: sessionmaker[Session], at: datetime) -> None:
    """Agree with the chain on the first paid question."""
    fold_facts(sessions)
    with sessions.begin() as session:
        state = session.scalars(
            select(QuestionState).where(QuestionState.paid_at.is_not(None)).limit(1)
        ).one()
        market = add_market(
            session, 1, condition_id=state.condition_id, closed=True, closed_at=state.paid_at
        )
        report = ResolutionReport(
            market_id=market.id,
            status="resolved",
            was_disputed=state.disputes > 0,
            extended_review=False,
            rules_updated=False,
            known_at=at,
        )
        session.add(report)
