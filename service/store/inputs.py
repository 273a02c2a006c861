"""What a score reads: a market's rows as they were known at a time, in one shape."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.assessment import Announcement
from models.enums import Category, MarketState, OracleVersion, Remedy
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market, MarketGroup, ResolutionReport, TradingActivity
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.protocol.ids import to_checksum, to_hex
from service.protocol.lifecycle import QuestionStatus, RequestStatus
from service.protocol.prices import outcome_of
from service.protocol.standing import Standing, instant_of, standing_of, standing_of_report
from service.risk.inputs import Freshness, MarketInputs, Proposal
from service.store.blocks import get_head
from service.store.latest import latest_by_market
from service.store.questions import get_statuses
from service.store.reports import first_proposal_report, to_resolution_row
from service.store.upserts import IN_CHUNK, chunks

# The price that counts as belief before a proposal: its median over this span before it.
BELIEF_FROM = timedelta(minutes=60)
BELIEF_TO = timedelta(minutes=5)
# Where no book was seen in that span, the last one seen within a day before it.
BELIEF_FALLBACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Rows:
    statuses: dict[bytes, list[QuestionStatus]]
    reports: dict[int, ResolutionReport]
    first_reports: dict[int, ResolutionReport]
    interest: dict[int, OpenInterest]
    activity: dict[int, TradingActivity]
    books: dict[tuple[int, int], BookSnapshot]
    announcements: dict[int, Announcement]
    # Polymarket's event ids by our group ids.
    events: dict[int, str]
    block: int | None
    missing: tuple[str, ...]


def load_inputs(
    session: Session,
    markets: Sequence[Market],
    book: ContractBook,
    at: datetime,
    missing: tuple[str, ...] = (),
) -> list[MarketInputs]:
    """The inputs of each market as known at ``at``; ``missing`` names absent sources."""
    ids = [market.id for market in markets]
    questions = {m.uma_question_id for m in markets if m.uma_question_id is not None}
    head = get_head(session, POLYGON, at)
    rows = _Rows(
        statuses=get_statuses(session, questions, book, at),
        reports=latest_by_market(session, ResolutionReport, ids, at),
        first_reports=first_proposal_report(session, ids, at),
        interest=latest_by_market(session, OpenInterest, ids, at),
        activity=latest_by_market(session, TradingActivity, ids, at),
        books=latest_by_market(session, BookSnapshot, ids, at, BookSnapshot.outcome_index),
        announcements=latest_by_market(session, Announcement, ids, at),
        events=_event_ids(session, {m.group_id for m in markets if m.group_id is not None}),
        block=None if head is None else head.number,
        missing=missing,
    )
    return [_inputs(session, market, rows, book, at) for market in markets]


def _inputs(
    session: Session, market: Market, rows: _Rows, book: ContractBook, at: datetime
) -> MarketInputs:
    status = _status_of(market, rows.statuses)
    report = rows.reports.get(market.id)
    standing, source = _standing(market, status, report, at)
    first = _first_proposal(status, rows.first_reports.get(market.id))
    current = _current_proposal(status, report, standing)
    interest = rows.interest.get(market.id)
    activity = rows.activity.get(market.id)
    yes_book = rows.books.get((market.id, 0))
    announced = rows.announcements.get(market.id)
    is_overridden = status is not None and status.overridden
    return MarketInputs(
        market_id=to_hex(market.condition_id),
        question_id=None if market.uma_question_id is None else to_hex(market.uma_question_id),
        event_id=None if market.group_id is None else rows.events.get(market.group_id),
        adapter=None if market.adapter is None else to_checksum(market.adapter),
        oracle_version=_oracle_version(market, status, book, at),
        category=Category(market.category),
        at=at,
        state=standing.state,
        state_source=source,
        request_timestamp=_request_timestamp(status),
        first_proposal=first,
        current_proposal=current,
        disputes=_disputes(status, report, standing),
        answer=standing.answer,
        payouts=_payouts(status, report),
        overridden=is_overridden,
        remedy=_remedy(announced, is_overridden=is_overridden),
        price_before_proposal=None if first is None else _belief(session, market.id, first, at),
        yes_mid=_mid(yes_book),
        volume=None if activity is None else activity.volume,
        open_interest=None if interest is None else interest.value,
        challenge_ends_at=standing.challenge_ends_at,
        challenge_open=standing.challenge_open,
        freshness=Freshness(
            block=rows.block,
            book_age_seconds=_age(yes_book, at),
            open_interest_age_seconds=_age(interest, at),
            stake_age_seconds=None,
            missing=_missing(market, rows, status),
        ),
    )


def _event_ids(session: Session, group_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in chunks(sorted(group_ids), IN_CHUNK):
        rows = session.execute(
            select(MarketGroup.id, MarketGroup.gamma_id).where(MarketGroup.id.in_(part))
        )
        found.update((group_id, gamma_id) for group_id, gamma_id in rows)
    return found


def _status_of(
    market: Market, statuses: dict[bytes, list[QuestionStatus]]
) -> QuestionStatus | None:
    """The question behind a market: the one with its condition, on its own adapter if two have it.

    The condition of a neg-risk question is known from the operator's logs only; where those lie
    before the first indexed block, its adapter and its id together name it.
    """
    if market.uma_question_id is None:
        return None
    found = statuses.get(market.uma_question_id, [])
    same = [s for s in found if s.condition_id == market.condition_id]
    if not same and market.neg_risk:
        same = [s for s in found if s.adapter == market.adapter]
    return next((s for s in same if s.adapter == market.adapter), same[0] if same else None)


def _standing(
    market: Market, status: QuestionStatus | None, report: ResolutionReport | None, at: datetime
) -> tuple[Standing, Literal["chain", "feed", "catalogue"]]:
    """The chain wins; then Polymarket's feed; then what the catalogue says."""
    if status is not None:
        return _with_earlier_dispute(standing_of(status, at), status, report), "chain"
    if report is not None:
        standing = standing_of_report(to_resolution_row(report, market.condition_id), at)
        if standing is not None:
            return standing, "feed"
    closed = MarketState.RESOLVED if market.closed else MarketState.PRE_PROPOSAL
    state = {
        "proposed": MarketState.PROPOSED,
        "disputed": MarketState.DISPUTED_ONCE,
    }.get(market.uma_status or "", closed)
    return Standing(
        closed if market.closed else state, None, None, challenge_open=False
    ), "catalogue"


def _was_disputed_before(status: QuestionStatus, report: ResolutionReport | None) -> bool:
    """Whether the feed remembers a dispute from before the first indexed block."""
    return status.is_partial and report is not None and report.was_disputed


_AFTER_A_DISPUTE = {
    MarketState.PRE_PROPOSAL: MarketState.DISPUTED_ONCE,
    MarketState.PROPOSED: MarketState.REPROPOSED,
}


def _with_earlier_dispute(
    standing: Standing, status: QuestionStatus, report: ResolutionReport | None
) -> Standing:
    if not _was_disputed_before(status, report):
        return standing
    return replace(standing, state=_AFTER_A_DISPUTE.get(standing.state, standing.state))


def _oracle_version(
    market: Market, status: QuestionStatus | None, book: ContractBook, at: datetime
) -> OracleVersion:
    oracle = status.oracle if status is not None else None
    oracle = oracle or book.oracle_of_adapter(POLYGON, market.adapter)
    # The rules in force when the answer was proposed, not those of today.
    when = at
    if status is not None and status.operative is not None and status.operative.proposed_at:
        when = status.operative.proposed_at
    version = None if oracle is None else book.oracle_version(POLYGON, oracle, when)
    return version or OracleVersion.MANAGED_RESOLVER


def _request_timestamp(status: QuestionStatus | None) -> int | None:
    operative = None if status is None else status.operative
    return None if operative is None else operative.request_timestamp


def _proposal(request: RequestStatus) -> Proposal:
    assert request.proposed_at is not None  # noqa: S101  # callers choose proposed requests
    assert request.proposed_price is not None  # noqa: S101  # as above
    expires_at = instant_of(request.expiration_timestamp)
    liveness = (
        None if expires_at is None else int((expires_at - request.proposed_at).total_seconds())
    )
    return Proposal(
        outcome=outcome_of(request.proposed_price),
        proposed_at=request.proposed_at,
        expires_at=expires_at,
        liveness_seconds=liveness,
        proposer=None if request.proposer is None else to_checksum(request.proposer),
        self_disputed=request.disputer is not None and request.disputer == request.proposer,
    )


def _first_proposal(
    status: QuestionStatus | None, report: ResolutionReport | None
) -> Proposal | None:
    if status is not None:
        proposed = [r for r in status.requests if r.proposed_at is not None]
        first = min(proposed, key=lambda r: (r.proposed_at, r.request_timestamp), default=None)
        return None if first is None else _proposal(first)
    return None if report is None else _reported(report, report.proposed_price)


def _current_proposal(
    status: QuestionStatus | None, report: ResolutionReport | None, standing: Standing
) -> Proposal | None:
    if status is not None:
        operative = status.operative
        if operative is None or operative.proposed_at is None:
            return None
        return _proposal(operative)
    if report is None:
        return None
    if standing.state is MarketState.PROPOSED:
        return _reported(report, report.proposed_price)
    return _reported(report, report.reproposed_price)


def _reported(report: ResolutionReport, price: str | None) -> Proposal | None:
    if price is None:
        return None
    return Proposal(
        outcome=outcome_of(int(price)),
        proposed_at=report.reported_at or report.known_at,
        expires_at=report.expected_settlement_at,
        liveness_seconds=None,
        proposer=None,
    )


_FEED_DISPUTES = {
    MarketState.DISPUTED_ONCE: 1,
    MarketState.REPROPOSED: 1,
    MarketState.VOTING: 2,
}


def _disputes(
    status: QuestionStatus | None, report: ResolutionReport | None, standing: Standing
) -> int:
    if status is not None:
        return max(status.disputes, 1 if _was_disputed_before(status, report) else 0)
    known = _FEED_DISPUTES.get(standing.state, 0)
    return max(known, 1) if report is not None and report.was_disputed else known


def _payouts(
    status: QuestionStatus | None, report: ResolutionReport | None
) -> tuple[int, ...] | None:
    if status is not None and status.payouts is not None:
        return status.payouts
    return tuple(report.payouts) if report is not None and report.payouts else None


def _remedy(announced: Announcement | None, *, is_overridden: bool) -> Remedy:
    if is_overridden:
        return Remedy.OVERRIDE
    return Remedy.NONE if announced is None else Remedy(announced.remedy)


def _belief(session: Session, market_id: int, first: Proposal, at: datetime) -> float | None:
    """The median mid of Yes in the hour before the first proposal, as far as books were seen."""
    latest = min(first.proposed_at - BELIEF_TO, at)
    query = select(BookSnapshot).where(
        BookSnapshot.market_id == market_id,
        BookSnapshot.outcome_index == 0,
        BookSnapshot.known_at <= latest,
    )
    hour = session.scalars(query.where(BookSnapshot.known_at >= first.proposed_at - BELIEF_FROM))
    mids = [mid for mid in map(_mid, hour) if mid is not None]
    if not mids:
        day = query.where(BookSnapshot.known_at >= first.proposed_at - BELIEF_FALLBACK)
        last = session.scalars(day.order_by(BookSnapshot.known_at.desc()).limit(1)).first()
        mids = [mid for mid in (_mid(last),) if mid is not None]
    return median(mids) if mids else None


def _mid(book: BookSnapshot | None) -> float | None:
    if book is None or book.best_bid is None or book.best_ask is None:
        return None
    return float((book.best_bid + book.best_ask) / Decimal(2))


def _age(row: BookSnapshot | OpenInterest | None, at: datetime) -> float | None:
    return None if row is None else (at - row.known_at).total_seconds()


def _missing(market: Market, rows: _Rows, status: QuestionStatus | None) -> tuple[str, ...]:
    lacks = list(rows.missing)
    if market.id not in rows.interest:
        lacks.append("open_interest: never seen")
    if (market.id, 0) not in rows.books:
        lacks.append("book: never seen")
    if status is None and not rows.missing:
        lacks.append("oracle: the question's logs are not indexed")
    lacks.append("stake: votes are not indexed")
    return tuple(lacks)
