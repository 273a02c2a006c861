"""The facts of a page of questions: one query a table, each fact given to its question."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models import oracle
from models.chain import Block
from models.log_fact import LogFact
from service.protocol.lifecycle import DatedFact
from service.protocol.log_position import LogPosition
from service.store.fact_shapes import fact_of

Row = TypeVar("Row", bound=LogFact)
# (chain, adapter, question id): the same text on two adapters is two questions.
QuestionKey = tuple[int, bytes, bytes]
Found = dict[QuestionKey, list[DatedFact]]


def collect_facts(session: Session, keys: Collection[QuestionKey], as_of: datetime | None) -> Found:
    """Every fact of these questions known by ``as_of``, in no order."""
    reader = _Reader(session, as_of)
    ids = {key[2] for key in keys}
    found: Found = defaultdict(list, {key: [] for key in keys})
    _add_adapter_facts(reader, ids, found)
    disputes = _add_request_facts(reader, ids, found)
    _add_vote_facts(reader, ids, disputes, found)
    _add_token_facts(reader, ids, found)
    return found


def dated(model: type[Any], as_of: datetime | None) -> Select[Any]:
    """Rows of a fact table with their blocks, as known by ``as_of``."""
    query: Select[Any] = select(
        model, Block.chain_id, Block.number, Block.hash, Block.mined_at
    ).join(Block, model.block_id == Block.id)
    return query if as_of is None else query.where(model.known_at <= as_of)


def position_of(row: LogFact, chain_id: int, number: int, block_hash: bytes) -> LogPosition:
    """Where a row's log stands."""
    return LogPosition(
        chain_id, number, block_hash, row.log_index, row.transaction_hash, row.address
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rows of any fact table beside the facts they were made from."""

    session: Session
    as_of: datetime | None

    def rows(
        self, model: type[Row], condition: ColumnElement[bool]
    ) -> Iterator[tuple[Row, DatedFact]]:
        query = dated(model, self.as_of).where(condition)
        for row, chain_id, number, block_hash, mined_at in self.session.execute(query):
            position = position_of(row, chain_id, number, block_hash)
            yield row, DatedFact(fact_of(row, position), mined_at)


def _add_adapter_facts(reader: _Reader, ids: set[bytes], found: Found) -> None:
    """Resets, flags, pauses, overrides and clarifications: keyed by adapter and question id."""
    for model in (oracle.QuestionChange, oracle.Override, oracle.Clarification):
        rows: Iterator[tuple[Any, DatedFact]] = reader.rows(model, model.question_id.in_(ids))
        for row, fact in rows:
            found[fact.fact.at.chain_id, row.address, row.question_id].append(fact)


def _add_request_facts(
    reader: _Reader, ids: set[bytes], found: Found
) -> dict[tuple[bytes, bytes], list[QuestionKey]]:
    """Requests, proposals, disputes, settlements; gives the questions by (transaction, text)."""
    disputes: dict[tuple[bytes, bytes], list[QuestionKey]] = defaultdict(list)
    for model in (oracle.PriceRequest, oracle.Proposal, oracle.Dispute, oracle.Settlement):
        rows: Iterator[tuple[Any, DatedFact]] = reader.rows(model, model.ancillary_hash.in_(ids))
        for row, fact in rows:
            key = (fact.fact.at.chain_id, row.requester, row.ancillary_hash)
            found[key].append(fact)
            if model is oracle.Dispute:
                disputes[row.transaction_hash, row.ancillary_hash].append(key)
    return disputes


def _add_vote_facts(
    reader: _Reader,
    ids: set[bytes],
    disputes: dict[tuple[bytes, bytes], list[QuestionKey]],
    found: Found,
) -> None:
    """What crossed the bridge: a bridged request belongs to the dispute of its transaction."""
    owners: dict[bytes, QuestionKey] = {}
    for row, fact in reader.rows(
        oracle.BridgedRequest, oracle.BridgedRequest.ancillary_hash.in_(ids)
    ):
        for key in disputes.get((row.transaction_hash, row.ancillary_hash), ()):
            found[key].append(fact)
            owners[row.child_request_id] = owners[row.parent_request_id] = key
    for pushed, fact in reader.rows(
        oracle.PushedPrice, oracle.PushedPrice.request_hash.in_(owners)
    ):
        found[owners[pushed.request_hash]].append(fact)


def _add_token_facts(reader: _Reader, ids: set[bytes], found: Found) -> None:
    """What the tokens and the neg-risk operator say, through the neg-risk id where needed."""
    owners: dict[bytes, list[QuestionKey]] = defaultdict(list)
    for key in list(found):
        owners[key[2]].append(key)
    # A question with tokens of its own adapter's making has nothing to do with the operator, even
    # where the same text was also asked through it.
    direct: set[QuestionKey] = set()
    for token, fact in _token_rows(reader, ids):
        keys = [key for key in owners[token.question_id] if token.oracle == key[1]]
        _give(fact, keys, found)
        direct.update(keys)
    neg_risk: dict[bytes, list[QuestionKey]] = {}
    for row, fact in reader.rows(
        oracle.NegRiskQuestion, oracle.NegRiskQuestion.request_id.in_(ids)
    ):
        neg_risk[row.neg_risk_question_id] = [k for k in owners[row.request_id] if k not in direct]
        _give(fact, neg_risk[row.neg_risk_question_id], found)
    for report, fact in reader.rows(oracle.NegRiskReport, oracle.NegRiskReport.request_id.in_(ids)):
        _give(fact, neg_risk.get(report.neg_risk_question_id, []), found)
    by_hand = oracle.Override.question_id.in_(neg_risk) & (oracle.Override.layer == "operator")
    for override, fact in reader.rows(oracle.Override, by_hand):
        _give(fact, neg_risk[override.question_id], found)
    for token, fact in _token_rows(reader, neg_risk):
        _give(fact, neg_risk[token.question_id], found)


def _token_rows(
    reader: _Reader, question_ids: Collection[bytes]
) -> Iterator[tuple[oracle.Condition | oracle.Payout, DatedFact]]:
    yield from reader.rows(oracle.Condition, oracle.Condition.question_id.in_(question_ids))
    yield from reader.rows(oracle.Payout, oracle.Payout.question_id.in_(question_ids))


def _give(fact: DatedFact, keys: list[QuestionKey], found: Found) -> None:
    for key in keys:
        found[key].append(fact)
