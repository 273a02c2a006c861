"""Questions from rows: the facts of each, loaded in pages and folded by ``service.protocol``."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models import oracle
from models.chain import Block
from service.protocol.ancillary import read_ancillary
from service.protocol.contracts import ContractBook
from service.protocol.facts import LogPosition, QuestionInitialized
from service.protocol.lifecycle import DatedFact, QuestionFacts, QuestionStatus, fold_question
from service.store.blocks import get_head
from service.store.question_rows import NO_TEXT, FactRow, fact_of, question_of
from service.store.upserts import IN_CHUNK, chunks

Model = TypeVar("Model", bound=oracle.LogFact)
# (chain, adapter, question id): the same text on two adapters is two questions.
QuestionKey = tuple[int, bytes, bytes]
NO_ADDRESS = bytes(20)


@dataclass(frozen=True, slots=True)
class LoadedQuestion:
    """A question with its facts and its title."""

    title: str
    facts: QuestionFacts


def iterate_statuses(
    session: Session, book: ContractBook, as_of: datetime | None = None
) -> Iterator[QuestionStatus]:
    """Every question in chain order, folded to the newest stored block (or that of ``as_of``)."""
    keys = session.execute(
        _dated(oracle.Question, as_of).order_by(
            Block.chain_id, Block.number, oracle.Question.log_index
        )
    ).all()
    heads: dict[int, int] = {}
    for part in chunks(keys, IN_CHUNK):
        for loaded in _load(session, part, as_of):
            yield _fold(session, loaded, book, heads, as_of)


def get_statuses(
    session: Session,
    question_ids: Collection[bytes],
    book: ContractBook,
    as_of: datetime | None = None,
) -> dict[bytes, list[QuestionStatus]]:
    """The questions with these adapter ids, by id; one id may live on several adapters."""
    found: dict[bytes, list[QuestionStatus]] = defaultdict(list)
    heads: dict[int, int] = {}
    for part in chunks(sorted(question_ids), IN_CHUNK):
        rows = session.execute(
            _dated(oracle.Question, as_of)
            .where(oracle.Question.question_id.in_(part))
            .order_by(Block.chain_id, Block.number, oracle.Question.log_index)
        ).all()
        for loaded in _load(session, rows, as_of):
            found[loaded.facts.initialized.question_id].append(
                _fold(session, loaded, book, heads, as_of)
            )
        for loaded in _load_partial(session, [q for q in part if q not in found], as_of):
            found[loaded.facts.initialized.question_id].append(
                _fold(session, loaded, book, heads, as_of)
            )
    return dict(found)


def _load_partial(
    session: Session, ids: Sequence[bytes], as_of: datetime | None
) -> Iterator[LoadedQuestion]:
    """Questions that entered before indexing began, as far as their proposals tell of them.

    The text each proposal repeats names the creator; rewards and bonds stay unknown.
    """
    firsts: dict[QuestionKey, tuple[QuestionInitialized, datetime, str]] = {}
    query = (
        _dated(oracle.Proposal, as_of)
        .add_columns(oracle.AncillaryText.data)
        .join(oracle.AncillaryText, oracle.AncillaryText.hash == oracle.Proposal.ancillary_hash)
        .where(oracle.Proposal.ancillary_hash.in_(ids))
        .order_by(Block.number, oracle.Proposal.log_index)
    )
    for row, chain_id, number, block_hash, mined_at, text in session.execute(query):
        read = read_ancillary(text)
        at = replace(_position(row, chain_id, number, block_hash), address=row.requester)
        initialized = QuestionInitialized(
            at=at,
            question_id=row.ancillary_hash,
            request_timestamp=row.request_timestamp,
            creator=read.initializer or NO_ADDRESS,
            ancillary_hash=row.ancillary_hash,
            ancillary_data=NO_TEXT,
            reward_token=NO_ADDRESS,
            reward=0,
            proposal_bond=0,
        )
        key = (chain_id, row.requester, row.ancillary_hash)
        firsts.setdefault(key, (initialized, mined_at, read.title))
    yield from _assemble(session, firsts, as_of)


def _fold(
    session: Session,
    loaded: LoadedQuestion,
    book: ContractBook,
    heads: dict[int, int],
    as_of: datetime | None,
) -> QuestionStatus:
    chain_id = loaded.facts.initialized.at.chain_id
    if chain_id not in heads:
        head = get_head(session, chain_id, as_of)
        heads[chain_id] = 0 if head is None else int(head.mined_at.timestamp())
    return fold_question(loaded.facts, book, loaded.title, heads[chain_id])


def _dated(model: type[Model], as_of: datetime | None) -> Select[Any]:
    query = select(model, Block.chain_id, Block.number, Block.hash, Block.mined_at).join(
        Block, model.block_id == Block.id
    )
    return query if as_of is None else query.where(model.known_at <= as_of)


def _load(
    session: Session, rows: Sequence[Any], as_of: datetime | None
) -> Iterator[LoadedQuestion]:
    """Load the facts of a page of questions with one query a table."""
    questions: dict[QuestionKey, tuple[QuestionInitialized, datetime, str]] = {}
    for row, chain_id, number, block_hash, mined_at in rows:
        at = _position(row, chain_id, number, block_hash)
        key = (chain_id, row.address, row.question_id)
        questions[key] = (question_of(row, at), mined_at, row.title)
    yield from _assemble(session, questions, as_of)


def _assemble(
    session: Session,
    questions: dict[QuestionKey, tuple[QuestionInitialized, datetime, str]],
    as_of: datetime | None,
) -> Iterator[LoadedQuestion]:
    found = _collect(session, questions, as_of)
    for key, (initialized, mined_at, title) in questions.items():
        dated = sorted(
            found.get(key, ()),
            key=lambda d: (-d.fact.at.chain_id, d.fact.at.block_number, d.fact.at.log_index),
        )
        yield LoadedQuestion(title, QuestionFacts(initialized, mined_at, tuple(dated)))


def _collect(
    session: Session, keys: Collection[QuestionKey], as_of: datetime | None
) -> dict[QuestionKey, list[DatedFact]]:
    ids = {key[2] for key in keys}
    found: dict[QuestionKey, list[DatedFact]] = defaultdict(list, {key: [] for key in keys})

    def rows(
        model: type[Model], condition: ColumnElement[bool]
    ) -> Iterator[tuple[FactRow, DatedFact]]:
        for row, chain_id, number, block_hash, mined_at in session.execute(
            _dated(model, as_of).where(condition)
        ):
            position = _position(row, chain_id, number, block_hash)
            yield row, DatedFact(fact_of(row, position), mined_at)

    for changes in (oracle.QuestionChange, oracle.Override, oracle.Clarification):
        for row, dated in rows(changes, changes.question_id.in_(ids)):
            found[dated.fact.at.chain_id, row.address, row.question_id].append(dated)  # type: ignore[union-attr]  # each of these has one
    disputes: dict[tuple[bytes, bytes], list[QuestionKey]] = defaultdict(list)
    for requests in (oracle.PriceRequest, oracle.Proposal, oracle.Dispute, oracle.Settlement):
        for row, dated in rows(requests, requests.ancillary_hash.in_(ids)):
            key = (dated.fact.at.chain_id, row.requester, row.ancillary_hash)  # type: ignore[union-attr]  # as above
            found[key].append(dated)
            if isinstance(row, oracle.Dispute):
                disputes[row.transaction_hash, row.ancillary_hash].append(key)
    owners: dict[bytes, QuestionKey] = {}
    for row, dated in rows(oracle.BridgedRequest, oracle.BridgedRequest.ancillary_hash.in_(ids)):
        assert isinstance(row, oracle.BridgedRequest)  # noqa: S101  # what was asked for
        for key in disputes.get((row.transaction_hash, row.ancillary_hash), ()):
            found[key].append(dated)
            owners[row.child_request_id] = owners[row.parent_request_id] = key
    for row, dated in rows(oracle.PushedPrice, oracle.PushedPrice.request_hash.in_(owners)):
        found[owners[row.request_hash]].append(dated)  # type: ignore[union-attr]  # as above
    _collect_tokens(rows, ids, found)
    return found


def _collect_tokens(rows: Any, ids: set[bytes], found: dict[QuestionKey, list[DatedFact]]) -> None:
    """Add what the tokens and the neg-risk operator say, through the neg-risk id where needed."""
    by_id: dict[bytes, list[QuestionKey]] = defaultdict(list)
    for key in found:
        by_id[key[2]].append(key)
    neg_risk: dict[bytes, bytes] = {}
    for row, dated in rows(oracle.NegRiskQuestion, oracle.NegRiskQuestion.request_id.in_(ids)):
        neg_risk[row.neg_risk_question_id] = row.request_id
        for key in by_id[row.request_id]:
            found[key].append(dated)
    for row, dated in rows(oracle.NegRiskReport, oracle.NegRiskReport.request_id.in_(ids)):
        for key in by_id[row.request_id]:
            found[key].append(dated)
    for row, dated in rows(oracle.Override, oracle.Override.question_id.in_(neg_risk)):
        if row.layer == "operator":
            for key in by_id[neg_risk[row.question_id]]:
                found[key].append(dated)
    for tokens in (oracle.Condition, oracle.Payout):
        wanted = tokens.question_id.in_(ids | set(neg_risk))
        for row, dated in rows(tokens, wanted):
            for key in by_id[neg_risk.get(row.question_id, row.question_id)]:
                if row.question_id in neg_risk or row.oracle == key[1]:
                    found[key].append(dated)


def _position(row: oracle.LogFact, chain_id: int, number: int, block_hash: bytes) -> LogPosition:
    return LogPosition(
        chain_id, number, block_hash, row.log_index, row.transaction_hash, row.address
    )
