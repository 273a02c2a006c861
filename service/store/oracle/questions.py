"""Questions from rows: the facts of each, loaded in pages and folded by ``service.protocol``."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import oracle
from models.chain import Block
from service.protocol.ancillary import read_ancillary
from service.protocol.contracts import ContractBook
from service.protocol.facts import QuestionInitialized
from service.protocol.lifecycle import QuestionFacts, QuestionStatus, fold_question
from service.protocol.log_position import LogPosition
from service.store.id_lists import ID_CHUNK, among_hashes
from service.store.oracle.blocks import get_head
from service.store.oracle.fact_reader import QuestionKey, dated, position_of
from service.store.oracle.fact_shapes import NO_TEXT, fact_of
from service.store.oracle.question_facts import collect_facts
from service.store.upserts import IN_CHUNK, chunks

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
        dated(oracle.Question, as_of).order_by(
            Block.chain_id, Block.number, oracle.Question.log_index
        )
    ).all()
    heads = _Heads(session, as_of)
    for part in chunks(keys, IN_CHUNK):
        for loaded in _load(session, part, as_of):
            yield _fold(loaded, book, heads)


def get_statuses(
    session: Session,
    question_ids: Collection[bytes],
    book: ContractBook,
    as_of: datetime | None = None,
    *,
    is_timeless: bool = False,
) -> dict[bytes, list[QuestionStatus]]:
    """The questions with these adapter ids, by id; one id may live on several adapters.

    ``is_timeless`` leaves out what only time decides: no proposal has expired.
    """
    found: dict[bytes, list[QuestionStatus]] = defaultdict(list)
    heads = _Heads(session, as_of, is_timeless)
    for part in chunks(sorted(question_ids), ID_CHUNK):
        rows = session.execute(
            dated(oracle.Question, as_of)
            .where(among_hashes(session, oracle.Question.question_id, part))
            .order_by(Block.chain_id, Block.number, oracle.Question.log_index)
        ).all()
        for page in chunks(rows, IN_CHUNK):
            for loaded in _load(session, page, as_of):
                found[loaded.facts.initialized.question_id].append(_fold(loaded, book, heads))
        for loaded in _load_partial(session, [q for q in part if q not in found], as_of):
            found[loaded.facts.initialized.question_id].append(_fold(loaded, book, heads))
    return dict(found)


def _load_partial(
    session: Session, ids: Sequence[bytes], as_of: datetime | None
) -> Iterator[LoadedQuestion]:
    """Questions that entered before indexing began, as far as the oracle's facts tell of them.

    The text each of those repeats names the creator; rewards and bonds stay unknown.
    """
    if not ids:
        return
    firsts: dict[QuestionKey, tuple[QuestionInitialized, datetime, str]] = {}
    for model in (oracle.PriceRequest, oracle.Proposal, oracle.Dispute, oracle.Settlement):
        query = (
            dated(model, as_of)
            .add_columns(oracle.AncillaryText.data)
            .join(oracle.AncillaryText, oracle.AncillaryText.hash == model.ancillary_hash)
            .where(among_hashes(session, model.ancillary_hash, ids))
            .order_by(Block.chain_id, Block.number, model.log_index)
        )
        for row, chain_id, number, block_hash, mined_at, text in session.execute(query):
            at = replace(position_of(row, chain_id, number, block_hash), address=row.requester)
            key = (chain_id, row.requester, row.ancillary_hash)
            if key not in firsts or _order(at) < _order(firsts[key][0].at):
                firsts[key] = _implied(row, at, text, mined_at)
    for asked, at, text, mined_at in _asked_by_id(session, ids, as_of):
        key = (at.chain_id, at.address, asked.question_id)
        if key not in firsts or _order(at) < _order(firsts[key][0].at):
            firsts[key] = _implied_legacy(asked, at, text, mined_at)
    for page in chunks(list(firsts.items()), IN_CHUNK):
        yield from _assemble(session, dict(page), as_of, is_partial=True)


def _asked_by_id(
    session: Session, ids: Sequence[bytes], as_of: datetime | None
) -> Iterator[tuple[oracle.ResolutionAsked, LogPosition, bytes, datetime]]:
    """When adapter v1 asked the oracle about questions with these ids."""
    asked = oracle.ResolutionAsked
    query = (
        dated(asked, as_of)
        .add_columns(oracle.AncillaryText.data)
        .join(oracle.AncillaryText, oracle.AncillaryText.hash == asked.ancillary_hash)
        .where(among_hashes(session, asked.question_id, ids))
    )
    for row, chain_id, number, block_hash, mined_at, text in session.execute(query):
        yield row, position_of(row, chain_id, number, block_hash), text, mined_at


def _implied_legacy(
    row: oracle.ResolutionAsked, at: LogPosition, text: bytes, mined_at: datetime
) -> tuple[QuestionInitialized, datetime, str]:
    """The entry of an adapter v1 question as its first known request implies it."""
    initialized = QuestionInitialized(
        at=at,
        question_id=row.question_id,
        request_timestamp=0,
        creator=NO_ADDRESS,
        ancillary_hash=row.ancillary_hash,
        ancillary_data=NO_TEXT,
        reward_token=NO_ADDRESS,
        reward=0,
        proposal_bond=0,
        # No later than when it was asked; that it has one at all says it is adapter v1's.
        resolution_time=row.request_timestamp,
    )
    return initialized, mined_at, read_ancillary(text).headline


def _implied(
    row: oracle.RequestFact, at: LogPosition, text: bytes, mined_at: datetime
) -> tuple[QuestionInitialized, datetime, str]:
    """The entry of a question as one of its requests implies it."""
    read = read_ancillary(text)
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
    return initialized, mined_at, read.headline


def _order(at: LogPosition) -> tuple[int, int]:
    return at.block_number, at.log_index


@dataclass(slots=True)
class _Heads:
    """The time each chain has reached, looked up once; 0 where time is left out."""

    session: Session
    as_of: datetime | None
    is_timeless: bool = False
    times: dict[int, int] = field(default_factory=dict)

    def time_of(self, chain_id: int) -> int:
        if self.is_timeless:
            return 0
        if chain_id not in self.times:
            head = get_head(self.session, chain_id, self.as_of)
            self.times[chain_id] = 0 if head is None else int(head.mined_at.timestamp())
        return self.times[chain_id]


def _fold(loaded: LoadedQuestion, book: ContractBook, heads: _Heads) -> QuestionStatus:
    now = heads.time_of(loaded.facts.initialized.at.chain_id)
    return fold_question(loaded.facts, book, loaded.title, now)


def _load(
    session: Session, rows: Sequence[Any], as_of: datetime | None
) -> Iterator[LoadedQuestion]:
    """Load the facts of a page of questions with one query a table."""
    questions: dict[QuestionKey, tuple[QuestionInitialized, datetime, str]] = {}
    for row, chain_id, number, block_hash, mined_at in rows:
        at = position_of(row, chain_id, number, block_hash)
        key = (chain_id, row.address, row.question_id)
        initialized = fact_of(row, at)
        assert isinstance(initialized, QuestionInitialized)  # noqa: S101  # a Question's row
        questions[key] = (initialized, mined_at, row.title)
    yield from _assemble(session, questions, as_of)


def _assemble(
    session: Session,
    questions: dict[QuestionKey, tuple[QuestionInitialized, datetime, str]],
    as_of: datetime | None,
    *,
    is_partial: bool = False,
) -> Iterator[LoadedQuestion]:
    if not questions:
        # A query a table would be asked for nobody.
        return
    firsts = {key: initialized for key, (initialized, _, _) in questions.items()}
    found = collect_facts(session, firsts, as_of)
    for key, (initialized, mined_at, title) in questions.items():
        dated = sorted(
            found.get(key, ()),
            key=lambda d: (-d.fact.at.chain_id, d.fact.at.block_number, d.fact.at.log_index),
        )
        facts = QuestionFacts(initialized, mined_at, tuple(dated), is_partial)
        yield LoadedQuestion(title, facts)
