"""Facts into rows: one insert-or-ignore a table, keyed by (block, log index)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy.orm import DeclarativeBase, Session

from models import oracle
from models.chain import DataIssue
from models.enums import DataIssueKind
from service.protocol import facts
from service.protocol.ancillary import read_ancillary
from service.protocol.facts import Fact, LogPosition, UndecodableLog
from service.protocol.ids import to_checksum, to_hex
from service.protocol.prices import is_known
from service.protocol.standing import instant_of
from service.store.upserts import insert_or_ignore

Row = dict[str, Any]


def add_facts(
    session: Session,
    decoded: Sequence[Fact],
    block_ids: Mapping[bytes, int],
    known_at: Callable[[LogPosition], datetime],
) -> int:
    """Store facts that are new, and each ancillary text once; returns how many facts were new."""
    rows: dict[type[DeclarativeBase], list[Row]] = defaultdict(list)
    texts: dict[bytes, bytes] = {}
    for fact in decoded:
        model, words = _row(fact)
        at = fact.at
        words["block_id"] = block_ids[at.block_hash]
        words["log_index"] = at.log_index
        words["transaction_hash"] = at.transaction_hash
        words["address"] = at.address
        words["known_at"] = known_at(at)
        rows[model].append(words)
        _collect_text(fact, texts)
    insert_or_ignore(
        session, oracle.AncillaryText, [{"hash": h, "data": d} for h, d in texts.items()]
    )
    return sum(insert_or_ignore(session, model, part) for model, part in rows.items())


def _collect_text(fact: Fact, texts: dict[bytes, bytes]) -> None:
    match fact:
        case facts.QuestionInitialized():
            texts.setdefault(fact.ancillary_hash, fact.ancillary_data)
        case (
            facts.PriceRequested()
            | facts.PriceProposed()
            | facts.PriceDisputed()
            | facts.PriceSettled()
        ):
            texts.setdefault(fact.key.ancillary_hash, fact.ancillary_data)
        case _:
            pass


def _key(key: facts.RequestKey) -> Row:
    return {
        "requester": key.requester,
        "identifier": key.identifier,
        "request_timestamp": key.request_timestamp,
        "ancillary_hash": key.ancillary_hash,
    }


def _numbers(values: tuple[int, ...] | None) -> list[str] | None:
    # JSON has no exact integers of this size.
    return None if values is None else [str(value) for value in values]


def _row(fact: Fact) -> tuple[type[DeclarativeBase], Row]:  # noqa: PLR0911  # one arm a table
    match fact:
        case facts.QuestionInitialized():
            return oracle.Question, {
                "question_id": fact.question_id,
                "request_timestamp": fact.request_timestamp,
                "creator": fact.creator,
                "ancillary_hash": fact.ancillary_hash,
                "title": read_ancillary(fact.ancillary_data).headline,
                "reward_token": fact.reward_token,
                "reward": fact.reward,
                "proposal_bond": fact.proposal_bond,
            }
        case facts.QuestionChanged():
            return oracle.QuestionChange, {
                "question_id": fact.question_id,
                "kind": fact.kind.value,
                "settled_price": fact.settled_price,
                "payouts": _numbers(fact.payouts),
            }
        case facts.OutcomeOverridden():
            return oracle.Override, {
                "question_id": fact.question_id,
                "layer": fact.layer.value,
                "payouts": _numbers(fact.payouts),
            }
        case facts.ClarificationPosted():
            words = {"question_id": fact.question_id, "owner": fact.owner, "data": fact.data}
            return oracle.Clarification, words
        case (
            facts.PriceRequested()
            | facts.PriceProposed()
            | facts.PriceDisputed()
            | facts.PriceSettled()
        ):
            return _request_row(fact)
        case facts.RequestBridged():
            return oracle.BridgedRequest, {
                "requester": fact.requester,
                "identifier": fact.identifier,
                "dvm_time": fact.dvm_time,
                "ancillary_hash": fact.ancillary_hash,
                "child_request_id": fact.child_request_id,
                "parent_request_id": fact.parent_request_id,
            }
        case facts.PricePushed():
            return oracle.PushedPrice, {
                "identifier": fact.identifier,
                "dvm_time": fact.dvm_time,
                "price": fact.price,
                "request_hash": fact.request_hash,
            }
        case (
            facts.ConditionPrepared()
            | facts.ConditionResolved()
            | facts.NegRiskQuestionPrepared()
            | facts.NegRiskQuestionReported()
        ):
            return _token_row(fact)
    assert_never(fact)


def _request_row(
    fact: facts.PriceRequested | facts.PriceProposed | facts.PriceDisputed | facts.PriceSettled,
) -> tuple[type[DeclarativeBase], Row]:
    words = _key(fact.key)
    match fact:
        case facts.PriceRequested():
            words |= {
                "currency": fact.currency,
                "reward": fact.reward,
                "final_fee": fact.final_fee,
            }
            return oracle.PriceRequest, words
        case facts.PriceProposed():
            words |= {
                "proposer": fact.proposer,
                "proposed_price": fact.proposed_price,
                "expires_at": instant_of(fact.expiration_timestamp),
                "expiration_timestamp": fact.expiration_timestamp,
                "currency": fact.currency,
            }
            return oracle.Proposal, words
        case facts.PriceDisputed():
            words |= {
                "proposer": fact.proposer,
                "disputer": fact.disputer,
                "proposed_price": fact.proposed_price,
            }
            return oracle.Dispute, words
        case facts.PriceSettled():
            words |= {
                "proposer": fact.proposer,
                "disputer": fact.disputer,
                "price": fact.price,
                "payout": fact.payout,
            }
            return oracle.Settlement, words
    assert_never(fact)


def _token_row(
    fact: facts.ConditionPrepared
    | facts.ConditionResolved
    | facts.NegRiskQuestionPrepared
    | facts.NegRiskQuestionReported,
) -> tuple[type[DeclarativeBase], Row]:
    match fact:
        case facts.ConditionPrepared():
            return oracle.Condition, {
                "condition_id": fact.condition_id,
                "oracle": fact.oracle,
                "question_id": fact.question_id,
                "outcome_slots": fact.outcome_slots,
            }
        case facts.ConditionResolved():
            return oracle.Payout, {
                "condition_id": fact.condition_id,
                "oracle": fact.oracle,
                "question_id": fact.question_id,
                "numerators": _numbers(fact.numerators),
            }
        case facts.NegRiskQuestionPrepared():
            return oracle.NegRiskQuestion, {
                "neg_risk_market_id": fact.neg_risk_market_id,
                "neg_risk_question_id": fact.neg_risk_question_id,
                "request_id": fact.request_id,
                "question_index": fact.question_index,
            }
        case facts.NegRiskQuestionReported():
            return oracle.NegRiskReport, {
                "neg_risk_question_id": fact.neg_risk_question_id,
                "request_id": fact.request_id,
                "result": fact.result,
            }
    assert_never(fact)


def add_unexpected_prices(
    session: Session,
    decoded: Sequence[Fact],
    block_ids: Mapping[bytes, int],
    known_at: Callable[[LogPosition], datetime],
) -> int:
    """Name proposals and settlements whose price answers no binary question; the facts stay."""
    odd = [
        (fact.at, fact.proposed_price if isinstance(fact, facts.PriceProposed) else fact.price)
        for fact in decoded
        if (isinstance(fact, facts.PriceProposed) and not is_known(fact.proposed_price))
        or (isinstance(fact, facts.PriceSettled) and not is_known(fact.price))
    ]
    return insert_or_ignore(
        session,
        DataIssue,
        [
            {
                "kind": DataIssueKind.UNEXPECTED_PRICE.value,
                "source": f"chain {at.chain_id}",
                "key": _log_key(at),
                "reason": f"price {price} is no answer to a binary question",
                "evidence": {
                    "address": to_checksum(at.address),
                    "block": at.block_number,
                    "transaction": to_hex(at.transaction_hash),
                },
                "known_at": known_at(at),
                "block_id": block_ids[at.block_hash],
            }
            for at, price in odd
        ],
    )


def _log_key(at: LogPosition) -> str:
    return f"{at.chain_id}:{to_hex(at.block_hash)}:{at.log_index}"


def add_undecodable(
    session: Session,
    logs: Sequence[UndecodableLog],
    block_ids: Mapping[bytes, int],
    known_at: Callable[[LogPosition], datetime],
) -> int:
    """Keep logs that did not decode as error rows with their evidence; returns how many are new."""
    return insert_or_ignore(
        session,
        DataIssue,
        [
            {
                "kind": DataIssueKind.UNDECODABLE_LOG.value,
                "source": f"chain {log.at.chain_id}",
                "key": _log_key(log.at),
                "reason": log.reason[:500],
                "evidence": {
                    "address": to_checksum(log.at.address),
                    "block": log.at.block_number,
                    "transaction": to_hex(log.at.transaction_hash),
                    "topics": [to_hex(topic) for topic in log.topics],
                    "data": to_hex(log.data[:4096]),
                },
                "known_at": known_at(log.at),
                "block_id": block_ids[log.at.block_hash],
            }
            for log in logs
        ],
    )
