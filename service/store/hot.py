"""Which markets need looking at now, the most pressing and most valuable first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from models.assessment import MarketStanding
from models.liquidity import OpenInterest
from models.market import Market, ResolutionReport, TradingActivity

# Gamma's words for an answer on its way. On closed markets they are labels left behind.
LIVE_STATUSES = ("proposed", "disputed")
# The feed's words for the same.
PENDING_WORDS = ("proposed", "challenged", "reproposed", "disputed")
FINAL_WORD = "resolved"
# Rows of the feed that stay pending for longer are left behind too (nine were, up to 304 days).
PENDING_AGE = timedelta(days=60)
# How long a market that has closed is asked for its final word.
AFTERMATH = timedelta(days=7)
# Money where no open interest is known: its usual share of traded volume, in per cent.
INTEREST_PERCENT = 7


@dataclass(frozen=True, slots=True)
class HotMarket:
    """A market to look at, by the names its sources know it by."""

    market_id: int
    condition_id: bytes
    token_ids: tuple[str, ...]


def list_hot_markets(session: Session, now: datetime, limit: int) -> list[HotMarket]:
    """Markets with an answer on its way or past their end; open challenges, then money, first."""
    query = _ranked(now).where(or_(_is_live(now), _is_overdue(now)))
    return _read(session, query.limit(limit))


def list_awaiting_resolution(session: Session, now: datetime, limit: int) -> list[HotMarket]:
    """Hot markets, and those closed lately whose final word has not been heard."""
    closed_at = func.coalesce(Market.closed_at, Market.refreshed_at)
    unheard = and_(
        Market.closed.is_(True),
        closed_at >= now - AFTERMATH,
        func.coalesce(_last_report(ResolutionReport.status), "") != FINAL_WORD,
    )
    query = _ranked(now).where(or_(_is_live(now), _is_overdue(now), unheard))
    return _read(session, query.limit(limit))


def list_book_markets(session: Session, now: datetime, limit: int) -> list[HotMarket]:
    """Open markets whose books are watched: the hot ones, then the most valuable others.

    The price before a proposal is belief; no book of the past can be had once it is proposed.
    """
    return _read(session, _ranked(now).where(Market.closed.is_(False)).limit(limit))


def list_open_by_volume(session: Session, min_volume: int) -> list[HotMarket]:
    """Open markets with at least this traded volume (micro-USDC), the largest first."""
    volume = func.coalesce(_last(TradingActivity, TradingActivity.volume), 0)
    query = (
        select(Market.id, Market.condition_id, Market.token_ids)
        .where(Market.closed.is_(False), volume >= min_volume)
        .order_by(volume.desc(), Market.id)
    )
    return _read(session, query)


def _ranked(now: datetime) -> Select[int, bytes, list[str]]:
    money = func.coalesce(
        _last(OpenInterest, OpenInterest.value),
        _last(TradingActivity, TradingActivity.volume) * INTEREST_PERCENT / 100,
        0,
    )
    urgency = case((_is_live(now), 0), (_is_overdue(now), 1), else_=2)
    return (
        select(Market.id, Market.condition_id, Market.token_ids)
        .outerjoin(MarketStanding, MarketStanding.market_id == Market.id)
        .order_by(urgency, money.desc(), Market.id)
    )


def _is_live(now: datetime) -> ColumnElement[bool]:
    """An answer is on its way: by the chain's folded state, the feed or the catalogue."""
    reported_at = func.coalesce(
        _last_report(ResolutionReport.reported_at), _last_report(ResolutionReport.known_at)
    )
    return or_(
        func.coalesce(MarketStanding.challenge_open, False),
        and_(Market.closed.is_(False), Market.uma_status.in_(LIVE_STATUSES)),
        and_(
            _last_report(ResolutionReport.status).in_(PENDING_WORDS),
            reported_at >= now - PENDING_AGE,
        ),
    )


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    return and_(Market.closed.is_(False), Market.end_at <= now)


def _last_report(column: Any) -> Any:  # noqa: ANN401  # a column of whatever type
    return _last(ResolutionReport, column)


def _last(model: Any, column: Any) -> Any:  # noqa: ANN401  # as above
    """A column of the market's newest row in a history."""
    return (
        select(column)
        .where(model.market_id == Market.id)
        .order_by(model.known_at.desc(), model.id.desc())
        .limit(1)
        .correlate(Market)
        .scalar_subquery()
    )


def _read(session: Session, query: Select[int, bytes, list[str]]) -> list[HotMarket]:
    rows: Sequence[Any] = session.execute(query).all()
    return [HotMarket(row.id, row.condition_id, tuple(row.token_ids)) for row in rows]
