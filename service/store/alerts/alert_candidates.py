"""Markets that may be news: the few the alert rule has to look at, found by one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, union, union_all
from sqlalchemy.orm import Session, aliased

from models.assessment import MarketAssessment, MarketStanding
from models.chain import Block
from models.enums import MarketState, Support
from models.market import Market, MarketGroup
from models.oracle import Dispute, Proposal
from service.store.oracle.question_links import find_question_links


@dataclass(frozen=True, slots=True)
class AlertCandidate:
    """A market's current line with what an alert would say of it. Money is micro-USDC."""

    market_id: int
    condition_id: bytes
    title: str
    slug: str | None
    group_slug: str | None
    assessment_id: int
    as_of: datetime
    model_version: str
    state: MarketState
    # The state of the newest assessment in another state; None where there is none.
    previous_state: MarketState | None
    p_mean: float
    p_low: float
    p_high: float
    expected_loss: int | None
    open_interest: int | None
    support: Support
    challenge_open: bool
    challenge_ends_at: datetime | None
    document: dict[str, Any]


def list_candidates(
    session: Session,
    *,
    probability: float,
    expected_loss: int,
    states: Sequence[MarketState],
    since: datetime,
) -> list[AlertCandidate]:
    """Markets above a threshold with a challenge open, and those assessed ``since`` in ``states``.

    A sieve, not the decision: it only has to let everything through that could be news.
    """
    earlier = aliased(MarketAssessment)
    previous_state = (
        select(earlier.state)
        .where(
            earlier.market_id == MarketStanding.market_id,
            earlier.as_of <= MarketStanding.as_of,
            earlier.state != MarketStanding.state,
        )
        .order_by(earlier.as_of.desc(), earlier.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    # A union and not an OR: each branch reads its own index, and the catalogue is not scanned.
    ids = select(MarketStanding.market_id)
    wanted = union(
        ids.where(MarketStanding.p_mean >= probability, MarketStanding.challenge_open),
        ids.where(MarketStanding.expected_loss >= expected_loss, MarketStanding.challenge_open),
        ids.where(MarketStanding.state.in_(states), MarketStanding.as_of >= since),
    )
    query = (
        select(
            MarketStanding.market_id,
            Market.condition_id,
            Market.title,
            Market.slug,
            MarketGroup.slug,
            MarketStanding.assessment_id,
            MarketStanding.as_of,
            MarketAssessment.model_version,
            MarketStanding.state,
            previous_state,
            MarketStanding.p_mean,
            MarketStanding.p_low,
            MarketStanding.p_high,
            # The list's column has a stand-in for "unknown"; this one says None.
            MarketAssessment.expected_loss,
            MarketStanding.open_interest,
            MarketStanding.support,
            MarketStanding.challenge_open,
            MarketStanding.challenge_ends_at,
            MarketAssessment.document,
        )
        .join(Market, Market.id == MarketStanding.market_id)
        .join(MarketAssessment, MarketAssessment.id == MarketStanding.assessment_id)
        .outerjoin(MarketGroup, MarketGroup.id == Market.group_id)
        .where(MarketStanding.market_id.in_(wanted))
        .order_by(MarketStanding.market_id)
    )
    return [_to_candidate(row) for row in session.execute(query)]


def find_latest_transaction(session: Session, market_id: int) -> tuple[int, bytes] | None:
    """Chain and hash of the market's newest proposal or dispute; ``None`` where none is stored."""
    links = find_question_links(session, session.get_one(Market, market_id))
    logs = union_all(
        *(
            select(
                Block.chain_id,
                Block.mined_at,
                fact.log_index,
                fact.transaction_hash,
            )
            .join(Block, Block.id == fact.block_id)
            .where(
                fact.ancillary_hash.in_(links.ancillary_hashes),
                fact.requester.in_(links.requesters),
            )
            for fact in (Proposal, Dispute)
        )
    ).subquery()
    newest = select(logs.c.chain_id, logs.c.transaction_hash).order_by(
        logs.c.mined_at.desc(), logs.c.log_index.desc()
    )
    row = session.execute(newest.limit(1)).first()
    return None if row is None else (row[0], row[1])


def _to_candidate(row: Sequence[Any]) -> AlertCandidate:
    values = list(row)
    values[8] = MarketState(values[8])
    values[9] = None if values[9] is None else MarketState(values[9])
    values[15] = Support(values[15])
    return AlertCandidate(*values)
