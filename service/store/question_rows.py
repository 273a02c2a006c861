"""Rows back into facts."""

from collections.abc import Sequence
from typing import assert_never

from models import oracle
from models.enums import OverrideLayer, QuestionChangeKind
from service.protocol import facts
from service.protocol.facts import Fact, LogPosition, RequestKey

FactRow = (
    oracle.QuestionChange
    | oracle.Override
    | oracle.Clarification
    | oracle.PriceRequest
    | oracle.Proposal
    | oracle.Dispute
    | oracle.Settlement
    | oracle.BridgedRequest
    | oracle.PushedPrice
    | oracle.Condition
    | oracle.Payout
    | oracle.NegRiskQuestion
    | oracle.NegRiskReport
)

# The text is stored once elsewhere and no fold reads it.
NO_TEXT = b""


def _numbers(values: Sequence[str] | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(int(value) for value in values)


def fact_of(row: FactRow, at: LogPosition) -> Fact:  # noqa: C901, PLR0911  # one arm a table
    """The fact a row was made from."""
    match row:
        case oracle.QuestionChange():
            kind = QuestionChangeKind(row.kind)
            payouts = _numbers(row.payouts)
            return facts.QuestionChanged(at, row.question_id, kind, row.settled_price, payouts)
        case oracle.Override():
            layer = OverrideLayer(row.layer)
            return facts.OutcomeOverridden(
                at, row.question_id, layer, tuple(int(v) for v in row.payouts)
            )
        case oracle.Clarification():
            return facts.ClarificationPosted(at, row.question_id, row.owner, row.data)
        case oracle.PriceRequest() | oracle.Proposal() | oracle.Dispute() | oracle.Settlement():
            return _request_fact(row, at)
        case oracle.BridgedRequest():
            return facts.RequestBridged(
                at,
                row.requester,
                row.identifier,
                row.dvm_time,
                row.ancillary_hash,
                row.child_request_id,
                row.parent_request_id,
            )
        case oracle.PushedPrice():
            return facts.PricePushed(at, row.identifier, row.dvm_time, row.price, row.request_hash)
        case oracle.Condition():
            return facts.ConditionPrepared(
                at, row.condition_id, row.oracle, row.question_id, row.outcome_slots
            )
        case oracle.Payout():
            numerators = tuple(int(v) for v in row.numerators)
            return facts.ConditionResolved(
                at, row.condition_id, row.oracle, row.question_id, numerators
            )
        case oracle.NegRiskQuestion():
            return facts.NegRiskQuestionPrepared(
                at,
                row.neg_risk_market_id,
                row.neg_risk_question_id,
                row.request_id,
                row.question_index,
            )
        case oracle.NegRiskReport():
            return facts.NegRiskQuestionReported(
                at, row.neg_risk_question_id, row.request_id, row.result
            )
    assert_never(row)


def _request_fact(
    row: oracle.PriceRequest | oracle.Proposal | oracle.Dispute | oracle.Settlement,
    at: LogPosition,
) -> Fact:
    key = RequestKey(row.requester, row.identifier, row.request_timestamp, row.ancillary_hash)
    match row:
        case oracle.PriceRequest():
            return facts.PriceRequested(at, key, NO_TEXT, row.currency, row.reward, row.final_fee)
        case oracle.Proposal():
            return facts.PriceProposed(
                at,
                key,
                NO_TEXT,
                row.proposer,
                row.proposed_price,
                row.expiration_timestamp,
                row.currency,
            )
        case oracle.Dispute():
            return facts.PriceDisputed(
                at, key, NO_TEXT, row.proposer, row.disputer, row.proposed_price
            )
        case oracle.Settlement():
            return facts.PriceSettled(
                at, key, NO_TEXT, row.proposer, row.disputer, row.price, row.payout
            )
    assert_never(row)


def question_of(row: oracle.Question, at: LogPosition) -> facts.QuestionInitialized:
    """The fact a question's row was made from."""
    return facts.QuestionInitialized(
        at,
        row.question_id,
        row.request_timestamp,
        row.creator,
        row.ancillary_hash,
        NO_TEXT,
        row.reward_token,
        row.reward,
        row.proposal_bond,
    )
