"""``score_markets``: an assessment for every market about which something became known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cell_cache import CellCache
from jobs.cycle import CycleReport
from models.data_enums import DataIssueKind
from models.market import Market
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.protocol.listings import Refused
from service.risk.assess import assess
from service.risk.cells import CellPosteriors
from service.risk.digest import inputs_digest
from service.risk.document import to_document
from service.risk.inputs import MarketInputs
from service.risk.parameters import RiskParameters
from service.risk.result import MarketAssessmentResult
from service.store.assessments import NewAssessment, add_assessments
from service.store.cell_counts import count_cells
from service.store.contracts import add_book, load_book
from service.store.inputs import load_inputs
from service.store.issues import add_issues
from service.store.scoring import clear_stale, latest_digests, list_due_markets

log = structlog.get_logger()
# Markets read, and then stored, in one transaction.
BATCH = 1_000
# What the rows of one market can make go wrong; a database error is no market's own and ends the
# run.
MARKET_FAULTS = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Scale:
    """What all markets of one run are scored against."""

    cells: CellPosteriors
    parameters: RiskParameters
    book: ContractBook
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Run:
    """What one run has done so far."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Files:
    """Where to read without keeping any writer waiting, and where to write."""

    reading: sessionmaker[Session]
    writing: sessionmaker[Session]


def score_markets(
    sessions: sessionmaker[Session],
    read_sessions: sessionmaker[Session],
    clock: Clock,
    cache: CellCache,
    book: ContractBook,
    missing: tuple[str, ...],
) -> CycleReport:
    """Score what is due, as of now; a score that reads the same as the last is not stored again.

    A market whose own rows make its scoring fail is named and left as it was; the others count.
    """
    at = clock.now()
    run = _Run()
    with sessions.begin() as session:
        add_book(session, book)
    with read_sessions() as session:
        stored = load_book(session)
        cells = cache.get(at, lambda: count_cells(session, stored, at))
        due = list_due_markets(session, at)
    scale = _Scale(cells, cache.parameters, stored, missing)
    files = _Files(read_sessions, sessions)
    for start in range(0, len(due), BATCH):
        _score_apart(files, due[start : start + BATCH], scale, at, run)
    if run.failures:
        with sessions.begin() as session:
            add_issues(session, run.failures, at)
    degraded = tuple(f"market {item.key} was not scored: {item.reason}" for item in run.failures)
    return CycleReport(dict(run.counts), degraded)


def _score_apart(
    files: _Files,
    market_ids: Sequence[int],
    scale: _Scale,
    at: datetime,
    run: _Run,
) -> None:
    """Score markets together; where one of them spoils it, halve until it is alone."""
    try:
        counts = _score_batch(files, market_ids, scale, at)
    except MARKET_FAULTS as error:
        if len(market_ids) == 1:
            run.failures.append(_refusal(files.reading, market_ids[0], error))
            return
        half = len(market_ids) // 2
        _score_apart(files, market_ids[:half], scale, at, run)
        _score_apart(files, market_ids[half:], scale, at, run)
        return
    run.counts += counts


def _refusal(reading: sessionmaker[Session], market_id: int, error: Exception) -> Refused:
    with reading() as session:
        key = to_hex(session.get_one(Market, market_id).condition_id)
    reason = f"{type(error).__name__}: {error}"
    log.error("market not scored", market=key, exc_info=error)
    return Refused(DataIssueKind.UNSCORED_MARKET, "score_markets", key, reason)


def _score_batch(
    files: _Files, market_ids: Sequence[int], scale: _Scale, at: datetime
) -> Counter[str]:
    """Read and score, then store: SQLite's one writer is held for the storing alone.

    What becomes known in between marks its market with another time, and that mark stays.
    """
    with files.reading() as session:
        markets = _markets(session, market_ids)
        seen = {market.id: market.stale_since for market in markets}
        known = latest_digests(session, market_ids)
        inputs = load_inputs(session, markets, scale.book, at, scale.missing)
    scored = []
    for market, market_inputs in zip(markets, inputs, strict=True):
        digest = inputs_digest(market_inputs, scale.cells, scale.parameters)
        if known.get(market.id) == digest:
            continue
        result = assess(market_inputs, scale.cells, scale.parameters)
        scored.append((market.id, _to_new(market_inputs, result, digest)))
    with files.writing.begin() as session:
        add_assessments(session, scored)
        clear_stale(session, seen, at)
    new = len(scored)
    return Counter(due=len(markets), assessed=new, unchanged=len(markets) - new)


def _markets(session: Session, market_ids: Sequence[int]) -> list[Market]:
    """The markets in the order of their ids; one that is gone by now is nobody's any more."""
    return list(
        session.scalars(select(Market).where(Market.id.in_(market_ids)).order_by(Market.id))
    )


def _to_new(inputs: MarketInputs, result: MarketAssessmentResult, digest: bytes) -> NewAssessment:
    p = result.p_misresolved
    return NewAssessment(
        as_of=inputs.at,
        model_version=result.model_version,
        priors_version=result.priors_version,
        inputs_digest=digest,
        state=result.state,
        category=inputs.category,
        p_mean=p.mean,
        p_low=p.p05,
        p_high=p.p95,
        open_interest=result.money.open_interest,
        expected_loss=result.expected_loss,
        support=result.support,
        remedy=inputs.remedy,
        challenge_ends_at=inputs.challenge_ends_at,
        challenge_open=inputs.challenge_open,
        document=to_document(result),
    )
