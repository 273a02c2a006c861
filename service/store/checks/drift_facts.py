"""What the checks of the model read: scored features, forecasts with their outcome, changes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from models.assessment import MarketAssessment
from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.enums import MarketState
from models.market import Market
from models.parameter_reading import ParameterReading
from models.question_state import QuestionState
from service.protocol.ids import to_checksum
from service.risk.explain.drift import ContractNews, Forecast
from service.risk.explain.drift_features import READINGS, MarketFeatures
from service.risk.explain.explanation import driver_rows
from service.store.upserts import IN_CHUNK, chunks

# Of one window; every so many-th market where there are more.
MOST_MARKETS = 20_000
# Changes of contracts that the priors know nothing of.
CONTRACT_KINDS = (
    DataIssueKind.CONTRACT_UPGRADED,
    DataIssueKind.ROLE_CHANGED,
    DataIssueKind.WHITELIST_REPLACED,
    DataIssueKind.PARAMETER_CHANGED,
    DataIssueKind.CONTRACT_MIGRATED,
)


def first_proposal_score_at(session: Session, priors_version: str) -> datetime | None:
    """When a proposed market was first scored with these priors."""
    return session.scalar(
        select(func.min(MarketAssessment.as_of)).where(
            MarketAssessment.state == MarketState.PROPOSED,
            MarketAssessment.priors_version == priors_version,
        )
    )


def load_features(session: Session, begin: datetime, end: datetime) -> Iterator[MarketFeatures]:
    """Each market first scored as proposed within [begin, end), as that score read it."""
    firsts = (
        select(func.min(MarketAssessment.id))
        .where(
            MarketAssessment.state == MarketState.PROPOSED,
            MarketAssessment.as_of >= begin,
            MarketAssessment.as_of < end,
        )
        .group_by(MarketAssessment.market_id)
    )
    ids = sorted(session.scalars(firsts))
    for part in chunks(ids[:: len(ids) // MOST_MARKETS + 1], IN_CHUNK):
        rows = session.execute(
            select(
                MarketAssessment.document,
                Market.category,
                QuestionState.expiration_timestamp,
                QuestionState.first_proposed_at,
                QuestionState.requests,
            )
            .join(Market, Market.id == MarketAssessment.market_id)
            .outerjoin(
                QuestionState,
                (QuestionState.question_id == Market.uma_question_id)
                & (QuestionState.adapter == Market.adapter),
            )
            .where(MarketAssessment.id.in_(part))
        )
        for row in rows:
            yield _features(row)


def _features(row: Row[*tuple[object, ...]]) -> MarketFeatures:
    document, category, expires, proposed_at, requests = row
    table = document if isinstance(document, dict) else {}
    money = table.get("money")
    volume = money.get("volume_usdc") if isinstance(money, dict) else None
    liveness = None
    # Of a question asked anew the expiry is another request's.
    if isinstance(expires, int) and isinstance(proposed_at, datetime) and requests == 1:
        liveness = expires - int(proposed_at.timestamp())
    return MarketFeatures(
        category=str(category),
        volume=_micro(volume),
        price=_driver_value(table, "price_before_proposal"),
        liveness_seconds=liveness,
        readings={
            name: value for name in READINGS if (value := _driver_value(table, name)) is not None
        },
    )


def _micro(usdc: object) -> int | None:
    try:
        return int(Decimal(usdc) * 10**6) if isinstance(usdc, str) else None
    except InvalidOperation:
        return None


def _driver_value(document: Mapping[str, object], feature: str) -> float | None:
    row = next((row for row in driver_rows(document) if row.get("feature") == feature), {})
    value = row.get("value")
    return float(value) if isinstance(value, int | float) else None


def load_forecasts(
    session: Session,
    versions: tuple[str, str],
    at: datetime,
    *,
    state: MarketState = MarketState.PRE_PROPOSAL,
) -> list[Forecast]:
    """Finished questions: P(disputed) as said, and whether a dispute came.

    As last said before the proposal, or, with ``state`` proposed, as first said of a proposal that
    nobody had disputed yet; one disputed before it was ever scored so is none of these.

    Questions whose first request may lie before indexing are left out, as are those never scored
    with this model and these priors (``versions``) in that state.
    """
    is_before = state is MarketState.PRE_PROPOSAL
    in_time = (MarketAssessment.as_of <= QuestionState.first_proposed_at,) if is_before else ()
    said_in = (
        select(
            (func.max if is_before else func.min)(MarketAssessment.id).label("assessment_id"),
            QuestionState.resolved_at,
            QuestionState.disputes,
            func.coalesce(Market.group_id, -Market.id).label("cluster"),
        )
        .select_from(QuestionState)
        .join(
            Market,
            (Market.uma_question_id == QuestionState.question_id)
            & (Market.adapter == QuestionState.adapter),
        )
        .join(MarketAssessment, MarketAssessment.market_id == Market.id)
        .where(
            QuestionState.resolved_at <= at,
            QuestionState.is_partial.is_(False),
            MarketAssessment.state == state,
            MarketAssessment.model_version == versions[0],
            MarketAssessment.priors_version == versions[1],
            *in_time,
        )
        .group_by(Market.id, Market.group_id, QuestionState.resolved_at, QuestionState.disputes)
        .subquery()
    )
    said = MarketAssessment.document["p_disputed"].as_float()
    rows = session.execute(
        select(said_in.c.resolved_at, said_in.c.cluster, said, said_in.c.disputes).join(
            MarketAssessment, MarketAssessment.id == said_in.c.assessment_id
        )
    )
    return [
        Forecast(resolved_at, str(cluster), p, disputes > 0)
        for resolved_at, cluster, p, disputes in rows
        if p is not None
    ]


def list_contract_news(session: Session, since: datetime, at: datetime) -> Sequence[ContractNews]:
    """Changes of contracts known in (since, at]: from their logs, and from what getters said."""
    logs = session.execute(
        select(DataIssue.known_at, DataIssue.key, DataIssue.reason).where(
            DataIssue.kind.in_(CONTRACT_KINDS), DataIssue.known_at > since, DataIssue.known_at <= at
        )
    )
    news = [ContractNews(known_at, key, reason) for known_at, key, reason in logs]
    return news + list(_read_otherwise(session, since, at))


def _read_otherwise(session: Session, since: datetime, at: datetime) -> Iterator[ContractNews]:
    """Getters whose value differs from the one read before; a first reading is no change."""
    before: dict[tuple[int, bytes, str], str] = {}
    rows = session.scalars(
        select(ParameterReading)
        .where(ParameterReading.known_at <= at)
        .order_by(ParameterReading.first_block, ParameterReading.id)
    )
    for row in rows:
        key = (row.chain_id, row.address, row.name)
        old = before.get(key)
        if old is not None and old != row.value and row.known_at > since:
            place = f"{row.chain_id}:{to_checksum(row.address)}"
            words = f"{place} {row.name}: {old} became {row.value}"
            yield ContractNews(row.known_at, f"{place}:{row.name}:{row.first_block}", words)
        before[key] = row.value
