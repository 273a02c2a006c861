"""``score_markets``: an assessment for every market about which something became known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from jobs.cell_cache import CellCache
from jobs.cycle import CycleReport
from models.market import Market
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.risk.assess import assess
from service.risk.cells import CellPosteriors
from service.risk.digest import inputs_digest
from service.risk.document import to_document
from service.risk.inputs import MarketInputs
from service.risk.parameters import RiskParameters
from service.risk.result import MarketAssessmentResult
from service.store.assessments import NewAssessment, add_assessment
from service.store.cell_counts import count_cells
from service.store.contracts import add_book, load_book
from service.store.inputs import load_inputs
from service.store.scoring import clear_stale, latest_digests, list_due_markets

# Markets scored in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True)
class _Scale:
    """What all markets of one run are scored against."""

    cells: CellPosteriors
    parameters: RiskParameters
    book: ContractBook
    missing: tuple[str, ...]


def score_markets(
    sessions: sessionmaker[Session],
    clock: Clock,
    cache: CellCache,
    book: ContractBook,
    missing: tuple[str, ...],
) -> CycleReport:
    """Score what is due, as of now; a score that reads the same as the last is not stored again."""
    at = clock.now()
    counts: Counter[str] = Counter()
    with sessions.begin() as session:
        add_book(session, book)
        stored = load_book(session)
        cells = cache.get(count_cells(session, stored, at))
        due = list_due_markets(session)
    scale = _Scale(cells, cache.parameters, stored, missing)
    for start in range(0, len(due), BATCH):
        with sessions.begin() as session:
            counts += _score_batch(session, due[start : start + BATCH], scale, at)
    return CycleReport(dict(counts))


def _score_batch(
    session: Session, market_ids: Sequence[int], scale: _Scale, at: datetime
) -> Counter[str]:
    markets = [session.get_one(Market, market_id) for market_id in market_ids]
    seen = {market.id: market.stale_since for market in markets}
    known = latest_digests(session, market_ids)
    counts = Counter(due=len(markets), assessed=0, unchanged=0)
    inputs = load_inputs(session, markets, scale.book, at, scale.missing)
    for market, market_inputs in zip(markets, inputs, strict=True):
        digest = inputs_digest(market_inputs, scale.cells, scale.parameters)
        if known.get(market.id) == digest:
            counts["unchanged"] += 1
            continue
        result = assess(market_inputs, scale.cells, scale.parameters)
        add_assessment(session, market.id, _to_new(market_inputs, result, digest))
        counts["assessed"] += 1
    clear_stale(session, seen)
    return counts


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
