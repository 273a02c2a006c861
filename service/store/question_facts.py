"""The facts of a page of questions: one query a table, each fact given to its question."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from models import oracle, voting
from models.chain import Block
from models.enums import NegRiskChangeKind, VoteRequestChangeKind
from models.log_fact import LogFact
from service.protocol.dated_fact import DatedFact
from service.protocol.facts import QuestionInitialized
from service.protocol.log_position import LogPosition
from service.protocol.market_ids import neg_risk_market_of
from service.store.fact_shapes import fact_of

Row = TypeVar("Row", bound=LogFact)
# (chain, adapter, question id): the same text on two adapters is two questions.
QuestionKey = tuple[int, bytes, bytes]
Found = dict[QuestionKey, list[DatedFact]]
# Every table of a request's facts has the requester and the hash of the text; terms and rules may
# be a question's rather than a request's.
_REQUEST_MODELS: tuple[type[Any], ...] = (
    oracle.PriceRequest,
    oracle.Proposal,
    oracle.Dispute,
    oracle.Settlement,
    oracle.RequestTerm,
    oracle.RulesUpdate,
)


def collect_facts(
    session: Session, questions: Mapping[QuestionKey, QuestionInitialized], as_of: datetime | None
) -> Found:
    """Every fact of these questions known by ``as_of``, in no order."""
    reader = _Reader(session, as_of)
    ids = {key[2] for key in questions}
    found: Found = defaultdict(list, {key: [] for key in questions})
    _add_adapter_facts(reader, ids, found)
    texts = _read_texts(reader, questions, found)
    disputes = _add_request_facts(reader, texts, found)
    _add_vote_facts(reader, texts, disputes, found)
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


@dataclass(slots=True)
class _Texts:
    """Which question asked a text, and when, where one text belongs to several questions."""

    # (chain, adapter, hash of the text)
    owners: dict[tuple[int, bytes, bytes], list[QuestionKey]]
    # Adapter v1 only: its ids are no hashes, so a request is found by when it was asked.
    asked: dict[QuestionKey, set[int]]

    @property
    def hashes(self) -> set[bytes]:
        """The hash of every text."""
        return {text for _, _, text in self.owners}

    def owners_of(
        self, chain_id: int, requester: bytes, text: bytes, timestamp: int | None
    ) -> list[QuestionKey]:
        """The questions a request's row belongs to."""
        found = self.owners.get((chain_id, requester, text), [])
        if timestamp is None or not self.asked:
            return found
        return [key for key in found if timestamp in self.asked.get(key, (timestamp,))]


def _read_texts(
    reader: _Reader, questions: Mapping[QuestionKey, QuestionInitialized], found: Found
) -> _Texts:
    """The texts of a page of questions; from adapter v2 on their hashes are the questions' ids."""
    texts = _Texts(defaultdict(list), {})
    for key, initialized in questions.items():
        texts.owners[key[0], key[1], initialized.ancillary_hash].append(key)
    legacy = {key for key, first in questions.items() if first.resolution_time is not None}
    if not legacy:
        return texts
    ids = {key[2] for key in legacy}
    rows = reader.rows(oracle.ResolutionAsked, oracle.ResolutionAsked.question_id.in_(ids))
    for row, fact in rows:
        key = (fact.fact.at.chain_id, row.address, row.question_id)
        if key not in legacy:
            continue
        found[key].append(fact)
        texts.asked.setdefault(key, set()).add(row.request_timestamp)
        owners = texts.owners[key[0], key[1], row.ancillary_hash]
        if key not in owners:
            owners.append(key)
    return texts


def _add_request_facts(
    reader: _Reader, texts: _Texts, found: Found
) -> dict[tuple[bytes, bytes], list[QuestionKey]]:
    """Requests, their answers and terms; gives the disputed questions by (transaction, text)."""
    disputes: dict[tuple[bytes, bytes], list[QuestionKey]] = defaultdict(list)
    hashes = texts.hashes
    for model in _REQUEST_MODELS:
        rows: Iterator[tuple[Any, DatedFact]] = reader.rows(model, model.ancillary_hash.in_(hashes))
        for row, fact in rows:
            # A question's own terms and rules hold for whichever request.
            timestamp: int | None = getattr(row, "request_timestamp", None)
            chain_id = fact.fact.at.chain_id
            keys = texts.owners_of(chain_id, row.requester, row.ancillary_hash, timestamp)
            _give(fact, keys, found)
            if model is oracle.Dispute:
                disputes[row.transaction_hash, row.ancillary_hash] += keys
    return disputes


def _add_vote_facts(
    reader: _Reader,
    texts: _Texts,
    disputes: dict[tuple[bytes, bytes], list[QuestionKey]],
    found: Found,
) -> None:
    """What crossed the bridge: a bridged request belongs to the dispute of its transaction."""
    if not disputes:
        return
    owners: dict[bytes, list[QuestionKey]] = {}
    for row, fact in reader.rows(
        oracle.BridgedRequest, oracle.BridgedRequest.ancillary_hash.in_(texts.hashes)
    ):
        keys = disputes.get((row.transaction_hash, row.ancillary_hash), [])
        _give(fact, keys, found)
        owners[row.child_request_id] = owners[row.parent_request_id] = keys
    for pushed, fact in reader.rows(
        oracle.PushedPrice, oracle.PushedPrice.request_hash.in_(owners)
    ):
        _give(fact, owners[pushed.request_hash], found)
    given_up = voting.DvmRequestChange.request_id.in_(owners) & (
        voting.DvmRequestChange.kind == VoteRequestChangeKind.DELETED.value
    )
    deleted: set[bytes] = set()
    for change, fact in reader.rows(voting.DvmRequestChange, given_up):
        _give(fact, owners[change.request_id], found)
        deleted.add(change.request_id)
    if deleted:
        asked = voting.DvmRequest.request_id.in_(deleted)
        for request, fact in reader.rows(voting.DvmRequest, asked):
            _give(fact, owners[request.request_id], found)


def _add_token_facts(reader: _Reader, ids: set[bytes], found: Found) -> None:
    """What the tokens and the neg-risk contracts say, through the neg-risk id where needed."""
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
    if neg_risk:
        _add_neg_risk_facts(reader, neg_risk, found)


def _add_neg_risk_facts(
    reader: _Reader, neg_risk: Mapping[bytes, list[QuestionKey]], found: Found
) -> None:
    """Reports, flags, overrides and payouts under the neg-risk ids."""
    reported: set[bytes] = set()
    of_ours = oracle.NegRiskReport.neg_risk_question_id.in_(neg_risk)
    for report, fact in reader.rows(oracle.NegRiskReport, of_ours):
        _give(fact, neg_risk[report.neg_risk_question_id], found)
        if report.result:
            reported.add(report.neg_risk_question_id)
    changed = oracle.NegRiskChange.neg_risk_question_id.in_(neg_risk)
    for change, fact in reader.rows(oracle.NegRiskChange, changed):
        _give(fact, neg_risk[change.neg_risk_question_id], found)
    by_hand = oracle.Override.question_id.in_(neg_risk) & (oracle.Override.layer == "operator")
    for override, fact in reader.rows(oracle.Override, by_hand):
        _give(fact, neg_risk[override.question_id], found)
    paid: set[bytes] = set()
    for token, fact in _token_rows(reader, neg_risk):
        _give(fact, neg_risk[token.question_id], found)
        if isinstance(token, oracle.Payout):
            paid.add(token.question_id)
    _add_rivals(reader, reported - paid, neg_risk, found)


def _add_rivals(
    reader: _Reader,
    waiting: set[bytes],
    neg_risk: Mapping[bytes, list[QuestionKey]],
    found: Found,
) -> None:
    """For an unpaid Yes: other outcomes of its market that were reported as Yes already."""
    if not waiting:
        return
    changes = oracle.NegRiskChange
    # All questions of a market share every byte of their ids but the last.
    same_market = or_(
        *(
            changes.neg_risk_question_id.between(market, market[:-1] + b"\xff")
            for market in {neg_risk_market_of(question) for question in waiting}
        )
    )
    is_yes = changes.result & (changes.kind == NegRiskChangeKind.OUTCOME_REPORTED.value)
    for rival, fact in reader.rows(changes, same_market & is_yes):
        for question in waiting:
            is_rival = neg_risk_market_of(question) == neg_risk_market_of(
                rival.neg_risk_question_id
            )
            if is_rival and rival.neg_risk_question_id != question:
                _give(fact, neg_risk[question], found)


def _token_rows(
    reader: _Reader, question_ids: Collection[bytes]
) -> Iterator[tuple[oracle.Condition | oracle.Payout, DatedFact]]:
    yield from reader.rows(oracle.Condition, oracle.Condition.question_id.in_(question_ids))
    yield from reader.rows(oracle.Payout, oracle.Payout.question_id.in_(question_ids))


def _give(fact: DatedFact, keys: list[QuestionKey], found: Found) -> None:
    for key in keys:
        found[key].append(fact)
