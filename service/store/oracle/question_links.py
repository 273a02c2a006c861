"""Which oracle questions and requests belong to a market."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import Market
from models.oracle import Condition, NegRiskQuestion, Question
from models.sports import SportsMarket
from service.protocol.ids import condition_id


@dataclass(frozen=True, slots=True)
class QuestionLinks:
    """The keys under which the chain speaks of a market."""

    question_ids: frozenset[bytes]
    neg_risk_question_ids: frozenset[bytes]
    ancillary_hashes: frozenset[bytes]
    # Adapters: anybody may ask the oracle the same text, only theirs is the market's.
    requesters: frozenset[bytes]
    creators: frozenset[bytes]


def find_question_links(session: Session, market: Market) -> QuestionLinks:
    """Follow a market's ids through the prepared conditions and neg-risk questions."""
    prepared = set(
        session.scalars(
            select(Condition.question_id).where(Condition.condition_id == market.condition_id)
        )
    )
    neg_risk = session.execute(
        select(NegRiskQuestion.request_id, NegRiskQuestion.neg_risk_question_id).where(
            NegRiskQuestion.neg_risk_question_id.in_(prepared)
            | (NegRiskQuestion.request_id == market.uma_question_id)
        )
    ).all()
    ids = {row[0] for row in neg_risk} or prepared
    if market.uma_question_id is not None:
        ids.add(market.uma_question_id)
    questions = [
        question
        for question in session.scalars(select(Question).where(Question.question_id.in_(ids)))
        if _is_of(question, market)
    ]
    adapters = {question.address for question in questions}
    # A game's market is asked through its game.
    games = session.execute(
        select(SportsMarket.address, SportsMarket.game_id).where(
            SportsMarket.condition_id == market.condition_id
        )
    ).all()
    adapters |= {row[0] for row in games}
    if not adapters and market.adapter is not None:
        adapters = {market.adapter}
    return QuestionLinks(
        question_ids=frozenset(ids),
        neg_risk_question_ids=frozenset(row[1] for row in neg_risk),
        # Since adapter v2 a question's id is the hash of its text, as a game's is.
        ancillary_hashes=frozenset(
            ids | {question.ancillary_hash for question in questions} | {row[1] for row in games}
        ),
        requesters=frozenset(adapters),
        creators=frozenset(question.creator for question in questions),
    )


def _is_of(question: Question, market: Market) -> bool:
    if market.adapter is None or question.address == market.adapter:
        return True
    return condition_id(question.address, question.question_id) == market.condition_id
