"""Markets whose answer is at issue: disputed or being voted on, or proposed with much open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from models.enums import Category
from models.liquidity import OpenInterest
from models.market import Market, TradingActivity
from models.question_state import QuestionState
from service.protocol.contracts import ContractBook
from service.protocol.request_status import DvmRequestStatus, RequestStatus
from service.protocol.vote_links import LinkedVote
from service.store.latest import latest_by_market
from service.store.oracle.questions import get_statuses
from service.store.votes.votes import link_votes

# A question that is neither paid nor moved for longer is nobody's target any more.
DISPUTED_WITHIN = timedelta(days=60)
PROPOSED_WITHIN = timedelta(days=3)
_MICRO = 10**6


@dataclass(frozen=True, slots=True)
class AtIssue:
    """A market with the request at issue, its last with a proposal. Money is micro-USDC."""

    market_id: int
    condition_id: bytes
    category: Category
    volume: int | None
    open_interest: int | None
    chain_id: int
    request: RequestStatus
    # The vote on that request, where it was disputed.
    vote: LinkedVote | None


def list_at_issue(
    session: Session,
    book: ContractBook,
    now: datetime,
    least_open_usd: float,
    most: int,
) -> tuple[list[AtIssue], int]:
    """At most ``most`` markets, disputed ones first, then by open interest; how many more."""
    disputed = _rows(session, _disputed(now))
    proposed = _rows(session, _proposed(now))
    ids = [row.market_id for row in (*disputed, *proposed)]
    interest = latest_by_market(session, OpenInterest, ids, now)
    least = int(Decimal(str(least_open_usd)) * _MICRO)

    def money(row: "_Row") -> int:
        return interest[row.market_id].value if row.market_id in interest else 0

    large = [row for row in proposed if money(row) > least]
    ordered = [*sorted(disputed, key=money, reverse=True), *sorted(large, key=money, reverse=True)]
    chosen = {row.market_id: row for row in ordered}
    rows = list(chosen.values())[:most]
    found = _to_issues(session, book, rows, now)
    volumes = latest_by_market(session, TradingActivity, [row.market_id for row in rows], now)
    issues = []
    for row, request, vote in found:
        activity, money_now = volumes.get(row.market_id), interest.get(row.market_id)
        issues.append(
            AtIssue(
                market_id=row.market_id,
                condition_id=row.condition_id,
                category=Category(row.category),
                volume=None if activity is None else activity.volume,
                open_interest=None if money_now is None else money_now.value,
                chain_id=row.chain_id,
                request=request,
                vote=vote,
            )
        )
    return issues, len(chosen) - len(rows)


def list_voted(
    session: Session, book: ContractBook, now: datetime, since: datetime, most: int
) -> list[tuple[int, bytes, LinkedVote]]:
    """Votes that decide markets, by market and condition: of questions disputed twice."""
    query = (
        select(*_COLUMNS)
        .join(QuestionState, QuestionState.condition_id == Market.condition_id)
        .where(
            QuestionState.is_official.is_(True),
            QuestionState.disputes > 1,
            QuestionState.first_disputed_at > since,
            QuestionState.first_disputed_at <= now,
        )
        .order_by(QuestionState.first_disputed_at.desc(), Market.id)
        .limit(most)
    )
    found = _to_issues(session, book, _rows(session, query), now)
    return [(row.market_id, row.condition_id, vote) for row, _, vote in found if vote is not None]


@dataclass(frozen=True, slots=True)
class _Row:
    market_id: int
    condition_id: bytes
    category: Category
    chain_id: int
    adapter: bytes
    question_id: bytes


_COLUMNS: tuple[Any, ...] = (
    Market.id,
    Market.condition_id,
    Market.category,
    QuestionState.chain_id,
    QuestionState.adapter,
    QuestionState.question_id,
)
_Query = Select[Any]


def _rows(session: Session, query: _Query) -> list[_Row]:
    rows: Any = session.execute(query)
    return [_Row(*row) for row in rows]


def _unpaid(now: datetime) -> _Query:
    """Asked of times, not of states: those are of now, and a look may be at the past."""
    return (
        select(*_COLUMNS)
        .join(QuestionState, QuestionState.condition_id == Market.condition_id)
        .where(
            QuestionState.is_official.is_(True),
            or_(QuestionState.paid_at.is_(None), QuestionState.paid_at > now),
        )
    )


def _disputed(now: datetime) -> _Query:
    return _unpaid(now).where(
        QuestionState.first_disputed_at > now - DISPUTED_WITHIN,
        QuestionState.first_disputed_at <= now,
    )


def _proposed(now: datetime) -> _Query:
    return _unpaid(now).where(
        QuestionState.first_proposed_at > now - PROPOSED_WITHIN,
        QuestionState.first_proposed_at <= now,
        or_(QuestionState.first_disputed_at.is_(None), QuestionState.first_disputed_at > now),
        or_(QuestionState.settled_at.is_(None), QuestionState.settled_at > now),
    )


def _to_issues(
    session: Session, book: ContractBook, rows: Sequence[_Row], now: datetime
) -> list[tuple[_Row, RequestStatus, LinkedVote | None]]:
    by_key = {(row.chain_id, row.adapter, row.question_id): row for row in rows}
    statuses = get_statuses(session, {row.question_id for row in rows}, book, now)
    found: list[tuple[_Row, RequestStatus, int | None]] = []
    sent: list[DvmRequestStatus] = []
    for same_id in statuses.values():
        for status in same_id:
            row = by_key.get((status.chain_id, status.adapter, status.question_id))
            proposed = [one for one in status.requests if one.proposal_log is not None]
            if row is None or not proposed:
                continue
            request = max(proposed, key=lambda one: (one.proposed_at or now, one.request_timestamp))
            asked = [one for one in status.dvm_requests if one.is_of(request)]
            found.append((row, request, len(sent) if asked else None))
            sent += asked[-1:]
    votes = link_votes(session, sent, book, now) if sent else []
    return [
        (row, request, None if place is None else votes[place]) for row, request, place in found
    ]
