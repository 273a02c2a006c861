"""Some markets read and scored: everything of ``score_markets`` but the storing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.orm import Session, sessionmaker

from models.data_enums import DataIssueKind
from models.market import Market
from service.json_text import JsonText, encode
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
from service.risk.situation import to_situation
from service.store.markets.market_lines import list_lines
from service.store.scores.assessments import NewAssessment, PreparedAssessments, prepare_assessments
from service.store.scores.inputs import load_inputs
from service.store.scores.scoring import latest_digests

log = structlog.get_logger()
# What the rows of one market can make go wrong; a database error is no market's own and ends the
# run.
MARKET_FAULTS = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Scale:
    """What all markets of one run are scored against."""

    cells: CellPosteriors
    parameters: RiskParameters
    book: ContractBook
    missing: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ScoredMarkets:
    """New scores of some markets, ready to store."""

    # Of those that read otherwise than their last one.
    scored: PreparedAssessments | None = None
    # The mark of its news each market was read with, by market id.
    seen: dict[int, datetime | None] = field(default_factory=dict)
    failures: list[Refused] = field(default_factory=list)


def score_apart(
    reading: sessionmaker[Session], market_ids: Sequence[int], scale: Scale
) -> Iterator[ScoredMarkets]:
    """Score markets together; where one of them spoils it, halve until it is alone and named."""
    try:
        yield _score(reading, market_ids, scale)
    except MARKET_FAULTS as error:
        if len(market_ids) == 1:
            yield ScoredMarkets(failures=[_refusal(reading, market_ids[0], error)])
            return
        half = len(market_ids) // 2
        yield from score_apart(reading, market_ids[:half], scale)
        yield from score_apart(reading, market_ids[half:], scale)


def _refusal(reading: sessionmaker[Session], market_id: int, error: Exception) -> Refused:
    with reading() as session:
        key = to_hex(session.get_one(Market, market_id).condition_id)
    reason = f"{type(error).__name__}: {error}"
    log.error("market not scored", market=key, exc_info=error)
    return Refused(DataIssueKind.UNSCORED_MARKET, "score_markets", key, reason)


def _score(
    reading: sessionmaker[Session], market_ids: Sequence[int], scale: Scale
) -> ScoredMarkets:
    with reading() as session:
        markets = list_lines(session, market_ids)
        known = latest_digests(session, market_ids)
        inputs = load_inputs(session, markets, scale.book, scale.at, scale.missing)
        dialect = session.get_bind().dialect
    scored = []
    for market, market_inputs in zip(markets, inputs, strict=True):
        situation = to_situation(market_inputs, scale.parameters)
        digest = inputs_digest(market_inputs, scale.cells, scale.parameters, situation)
        if known.get(market.id) == digest:
            continue
        result = assess(market_inputs, scale.cells, scale.parameters, situation)
        scored.append((market.id, _to_new(market_inputs, result, digest)))
    seen = {market.id: market.stale_since for market in markets}
    return ScoredMarkets(prepare_assessments(dialect, scored) if scored else None, seen)


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
        # Encoded here, where several processes may score: the one that stores has enough to do.
        document=JsonText(encode(to_document(result))),
    )
