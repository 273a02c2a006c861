"""Which markets need a new assessment because something about them became known."""

from collections.abc import Collection
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, case, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import oracle, voting
from models.chain import Block
from models.enums import OverrideLayer
from models.market import Market
from service.protocol import facts, sports_facts, vote_facts
from service.protocol.facts import Fact
from service.store.upserts import IN_CHUNK, chunks

Touched = tuple[set[bytes], set[bytes]]


def touched_by(session: Session, decoded: Collection[Fact]) -> Touched:
    """The adapter question ids and the condition ids that stored facts speak of."""
    questions: set[bytes] = set()
    conditions: set[bytes] = set()
    neg_risk: set[bytes] = set()
    for fact in decoded:
        match fact:
            case (
                facts.PriceRequested()
                | facts.PriceProposed()
                | facts.PriceDisputed()
                | facts.PriceSettled()
            ):
                questions.add(fact.key.ancillary_hash)
            case facts.ConditionPrepared() | facts.ConditionResolved():
                conditions.add(fact.condition_id)
            case facts.RequestBridged() | facts.RequestTermsChanged() | facts.RulesUpdated():
                questions.add(fact.ancillary_hash)
            case facts.NegRiskQuestionPrepared() | facts.NegRiskQuestionReported():
                questions.add(fact.request_id)
            case facts.OutcomeOverridden(layer=OverrideLayer.OPERATOR):
                neg_risk.add(fact.question_id)
            case facts.NegRiskChanged():
                neg_risk.add(fact.neg_risk_question_id)
            case sports_facts.SportsMarketCreated():
                conditions.add(fact.condition_id)
            case (
                facts.QuestionInitialized()
                | facts.ResolutionAsked()
                | facts.QuestionChanged()
                | facts.OutcomeOverridden()
                | facts.ClarificationPosted()
            ):
                questions.add(fact.question_id)
            case _:
                pass
    voted = {request for fact in decoded if (request := _voted_request(fact)) is not None}
    questions |= _bridged_questions(session, voted) | _neg_risk_questions(session, neg_risk)
    return questions, conditions


def _voted_request(fact: Fact) -> bytes | None:
    """The id under which the vote or the bridge names a request; ``None`` for any other fact."""
    match fact:
        case facts.PricePushed() | vote_facts.TunnelRequestAdded():
            return fact.request_hash
        case (
            vote_facts.VoteRequested()
            | vote_facts.VoteRequestChanged()
            | vote_facts.VoteCommitted()
            | vote_facts.VoteRevealed()
        ):
            return fact.key.request_id
        case _:
            # Stake, delegations, games and contracts are no one question's.
            return None


def _bridged_questions(session: Session, request_hashes: Collection[bytes]) -> set[bytes]:
    """The questions whose vote's answer carries one of these request ids."""
    found: set[bytes] = set()
    for part in chunks(sorted(request_hashes), IN_CHUNK):
        found.update(
            session.scalars(
                select(oracle.BridgedRequest.ancillary_hash).where(
                    or_(
                        oracle.BridgedRequest.child_request_id.in_(part),
                        oracle.BridgedRequest.parent_request_id.in_(part),
                    )
                )
            )
        )
    return found


def _neg_risk_questions(session: Session, neg_risk_ids: Collection[bytes]) -> set[bytes]:
    """The adapter's question ids behind the operator's."""
    found: set[bytes] = set()
    for part in chunks(sorted(neg_risk_ids), IN_CHUNK):
        query = select(oracle.NegRiskQuestion.request_id)
        found.update(
            session.scalars(query.where(oracle.NegRiskQuestion.neg_risk_question_id.in_(part)))
        )
    return found


_QUESTION_COLUMNS: tuple[InstrumentedAttribute[bytes], ...] = (
    oracle.Question.question_id,
    oracle.QuestionChange.question_id,
    oracle.Override.question_id,
    oracle.Clarification.question_id,
    oracle.PriceRequest.ancillary_hash,
    oracle.Proposal.ancillary_hash,
    oracle.Dispute.ancillary_hash,
    oracle.Settlement.ancillary_hash,
    oracle.BridgedRequest.ancillary_hash,
    oracle.NegRiskQuestion.request_id,
    oracle.NegRiskReport.request_id,
    oracle.RequestTerm.ancillary_hash,
    oracle.RulesUpdate.ancillary_hash,
    # A neg-risk id, brought to the adapter's question below.
    oracle.NegRiskChange.neg_risk_question_id,
)
# Under which the vote's logs name a request.
_VOTE_COLUMNS: tuple[InstrumentedAttribute[bytes], ...] = (
    oracle.PushedPrice.request_hash,
    voting.TunnelRequest.request_hash,
    voting.DvmRequest.request_id,
    voting.DvmRequestChange.request_id,
    voting.Commit.request_id,
    voting.Reveal.request_id,
)


def touched_from(session: Session, chain_id: int, number: int) -> Touched:
    """The questions and conditions whose facts lie at or above a block that is to go."""
    blocks = select(Block.id).where(Block.chain_id == chain_id, Block.number >= number)
    questions: set[bytes] = set()
    for column in _QUESTION_COLUMNS:
        questions.update(session.scalars(select(column).where(column.class_.block_id.in_(blocks))))
    conditions: set[bytes] = set()
    for tokens in (oracle.Condition, oracle.Payout):
        conditions.update(
            session.scalars(select(tokens.condition_id).where(tokens.block_id.in_(blocks)))
        )
    voted: set[bytes] = set()
    for column in _VOTE_COLUMNS:
        voted.update(session.scalars(select(column).where(column.class_.block_id.in_(blocks))))
    # An operator's override carries the neg-risk id; the others are no neg-risk ids.
    questions |= _bridged_questions(session, voted) | _neg_risk_questions(session, questions)
    return questions, conditions


def mark_stale(
    session: Session, questions: Collection[bytes], conditions: Collection[bytes], at: datetime
) -> int:
    """Mark markets as needing an assessment; returns how many.

    A mark that is already there is renewed: a scoring under way must not clear it. A later one
    stays: what it stands for is not known before.
    """
    later = case((Market.stale_since > at, Market.stale_since), else_=at)
    marked = 0
    for column, keys in ((Market.uma_question_id, questions), (Market.condition_id, conditions)):
        for part in chunks(sorted(keys), IN_CHUNK):
            result = session.connection().execute(
                update(Market).where(column.in_(part)).values(stale_since=later)
            )
            marked += cast("CursorResult[tuple[()]]", result).rowcount
    return marked
