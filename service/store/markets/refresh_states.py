"""How pressing each market is: its refresh state, folded from what the other tables say.

One statement over the open markets finds those whose stored state is no longer right; nothing is
read a market at a time. What a state means for each kind of read is the plan's
(``service.protocol.refresh_plan``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from models.assessment import MarketStanding
from models.enums import MarketState
from models.liquidity import OpenInterest
from models.market import Market, ResolutionReport, TradingActivity
from models.refresh import MarketRefresh
from models.refresh_enums import RefreshState
from service.protocol.refresh_periods import BAND_FROM, Band
from service.store.latest import latest_by_market
from service.store.upserts import chunks, insert_for, insert_or_ignore

# The feed's words for an answer on its way, and for the end.
PROPOSED_WORDS = ("proposed", "reproposed")
DISPUTED_WORDS = ("challenged", "disputed", "arbitration")
PENDING_WORDS = (*PROPOSED_WORDS, *DISPUTED_WORDS)
FINAL_WORD = "resolved"
# Rows of the feed that stay pending for longer are left behind (nine were, up to 304 days).
PENDING_AGE = timedelta(days=60)
# How long a market that has closed is asked for its final word.
AFTERMATH = timedelta(days=7)
NEAR_END = timedelta(hours=24)
LONG_OVERDUE = timedelta(days=7)
# Money where no open interest is known: its usual share of traded volume, in per cent.
INTEREST_PERCENT = 7
# New markets whose histories are read at once.
PART = 2_000
# Not "closed": an index of that would lead SQLite through all that ever closed.
_NOT_OPEN = Market.closed.is_not(False)


@dataclass(frozen=True, slots=True)
class StateChange:
    """A market whose refresh state is another than stored."""

    market_id: int
    # None: the market is new here.
    before: RefreshState | None
    state: RefreshState
    money: int | None
    # The end of its challenge as last scored, whether or not that is past.
    challenge_ends_at: datetime | None


def find_state_changes(session: Session, now: datetime) -> list[StateChange]:
    """Markets whose stored state is no longer right, new ones among them, the hottest first."""
    state = _state(now)
    columns = (
        Market.id,
        MarketRefresh.state.label("before"),
        state.label("state"),
        MarketRefresh.money,
        MarketStanding.challenge_ends_at,
    )
    joined = (
        select(*columns)
        .select_from(Market)
        .outerjoin(MarketRefresh, MarketRefresh.market_id == Market.id)
        .outerjoin(MarketStanding, MarketStanding.market_id == Market.id)
    )
    is_new = MarketRefresh.market_id.is_(None)
    is_open = joined.where(Market.closed.is_(False), or_(is_new, MarketRefresh.state != state))
    left_lately = joined.where(
        _NOT_OPEN,
        Market.closed_at >= now - AFTERMATH,
        or_(is_new, MarketRefresh.state != state),
    )
    followed = [word for word in RefreshState if word is not RefreshState.CLOSED]
    left = (
        select(*columns)
        .select_from(MarketRefresh)
        .join(Market, Market.id == MarketRefresh.market_id)
        .outerjoin(MarketStanding, MarketStanding.market_id == Market.id)
        .where(
            MarketRefresh.state.in_(followed),
            _NOT_OPEN,
            MarketRefresh.state != state,
        )
    )
    queries = (is_open, left_lately, left)
    changes = {row.id: _to_change(row) for query in queries for row in session.execute(query)}
    ranks = {state: rank for rank, state in enumerate(RefreshState)}
    return sorted(changes.values(), key=lambda change: (ranks[change.state], change.market_id))


def store_state_changes(session: Session, changes: Sequence[StateChange], now: datetime) -> None:
    """Write the new states; a new market's money and last word are taken from its histories."""
    known = [change for change in changes if change.before is not None]
    _write_states(session, {change.market_id: change.state for change in known}, now)
    fresh = [change for change in changes if change.before is None]
    for part in chunks(fresh, PART):
        ids = [change.market_id for change in part]
        money = _money_of(session, ids, now)
        words = latest_by_market(session, ResolutionReport, ids, now)
        rows = [
            {
                "market_id": change.market_id,
                "state": change.state,
                "since": now,
                "feed_status": words[change.market_id].status
                if change.market_id in words
                else None,
                "feed_at": _said_at(words.get(change.market_id)),
                "money": money.get(change.market_id),
            }
            # By row id, as all write here: two that lock the same rows wait, and never in a circle.
            for change in sorted(part, key=lambda change: change.market_id)
        ]
        insert_or_ignore(session, MarketRefresh, rows)


def note_reports(session: Session, reports: Sequence[ResolutionReport]) -> None:
    """Keep the feed's last word on these markets where the refresh state is folded from."""
    if not reports:
        return
    insert = insert_for(session, MarketRefresh)
    rows = [
        {
            "market_id": report.market_id,
            # Not placed yet: the next run finds that this is not its state, and schedules it.
            "state": RefreshState.CLOSED,
            "since": report.known_at,
            "feed_status": report.status,
            "feed_at": _said_at(report),
            "money": None,
        }
        for report in sorted(reports, key=lambda report: report.market_id)
    ]
    kept = {name: insert.excluded[name] for name in ("feed_status", "feed_at")}
    statement = insert.on_conflict_do_update(index_elements=["market_id"], set_=kept)
    session.connection().execute(statement, rows)


def note_money(session: Session, money: Mapping[int, int]) -> None:
    """Keep the open interest (micro-USDC) just read of these markets (by row id)."""
    rows = [{"id": market_id, "value": value} for market_id, value in sorted(money.items())]
    if rows:
        statement = (
            update(MarketRefresh)
            .where(MarketRefresh.market_id == bindparam("id"))
            .values(money=bindparam("value"))
        )
        session.connection().execute(statement, rows)


def count_states(session: Session) -> Counter[tuple[RefreshState, Band]]:
    """How many markets are in each state and band of money."""
    band = case(
        *(
            (MarketRefresh.money >= least, int(name))
            for name, least in sorted(BAND_FROM.items(), reverse=True)
        ),
        (MarketRefresh.money.is_(None), int(Band.MEDIUM)),
        else_=int(Band.SMALL),
    )
    query = (
        select(MarketRefresh.state, band.label("band"), func.count())
        .where(MarketRefresh.state != RefreshState.CLOSED)
        .group_by(MarketRefresh.state, band)
    )
    return Counter(
        {(RefreshState(state), Band(number)): n for state, number, n in session.execute(query)}
    )


def list_hot(session: Session, states: Sequence[RefreshState]) -> Sequence[int]:
    """Row ids of the markets in these states, the longest in them first."""
    return session.scalars(
        select(MarketRefresh.market_id)
        .where(MarketRefresh.state.in_(states))
        .order_by(MarketRefresh.since, MarketRefresh.market_id)
    ).all()


def _state(now: datetime) -> ColumnElement[str]:
    """The state as it should be; the first that fits."""
    chain = MarketStanding.state
    word, closed = MarketRefresh.feed_status, Market.closed.is_(True)
    pending = word.in_(PENDING_WORDS)
    # The managed oracle lets a proposal be disputed for ever: one whose end the chain told is real
    # however old the feed's row is.
    real_end = and_(MarketStanding.challenge_open, MarketStanding.challenge_ends_at.is_not(None))
    left_behind = func.coalesce(
        and_(pending, MarketRefresh.feed_at < now - PENDING_AGE, ~real_end), false()
    )
    recent = and_(pending, MarketRefresh.feed_at >= now - PENDING_AGE)
    answered = or_(word == FINAL_WORD, chain.in_((MarketState.ANSWERED, MarketState.RESOLVED)))
    # Where nobody told when it closed, from when it was found to be.
    waited = and_(
        Market.closed_at.is_(None),
        MarketRefresh.state == RefreshState.AWAITING,
        MarketRefresh.since < now - AFTERMATH,
    )
    ended = and_(closed, or_(word == FINAL_WORD, Market.closed_at < now - AFTERMATH, waited))
    # Gamma's own word has no date: long after the end it takes the chain or the feed as well.
    is_fresh = or_(Market.end_at.is_(None), Market.end_at > now - PENDING_AGE)
    labelled = and_(~closed, is_fresh, ~left_behind)
    disputed = or_(
        and_(
            chain.in_((MarketState.DISPUTED_ONCE, MarketState.VOTING, MarketState.FLAGGED)),
            ~left_behind,
        ),
        and_(recent, word.in_(DISPUTED_WORDS)),
        and_(labelled, Market.uma_status == "disputed"),
    )
    proposed = or_(
        and_(
            or_(
                chain.in_((MarketState.PROPOSED, MarketState.REPROPOSED)),
                func.coalesce(MarketStanding.challenge_open, false()),
            ),
            ~left_behind,
        ),
        and_(recent, word.in_(PROPOSED_WORDS)),
        and_(labelled, Market.uma_status == "proposed"),
    )
    return case(
        (and_(answered, ended), _is(RefreshState.CLOSED)),
        (answered, _is(RefreshState.AWAITING)),
        (disputed, _is(RefreshState.DISPUTED)),
        (proposed, _is(RefreshState.PROPOSED)),
        (ended, _is(RefreshState.CLOSED)),
        (closed, _is(RefreshState.AWAITING)),
        (Market.end_at <= now - LONG_OVERDUE, _is(RefreshState.LONG_OVERDUE)),
        (Market.end_at <= now, _is(RefreshState.OVERDUE)),
        (Market.end_at <= now + NEAR_END, _is(RefreshState.NEAR_END)),
        else_=_is(RefreshState.CALM),
    )


def _is(state: RefreshState) -> ColumnElement[str]:
    return literal(state.value)


def _to_change(row: Any) -> StateChange:  # noqa: ANN401  # a row of several queries
    before = None if row.before is None else RefreshState(row.before)
    return StateChange(row.id, before, RefreshState(row.state), row.money, row.challenge_ends_at)


def _write_states(session: Session, states: Mapping[int, RefreshState], now: datetime) -> None:
    by_state: dict[RefreshState, list[int]] = {}
    for market_id, state in states.items():
        by_state.setdefault(state, []).append(market_id)
    for state, ids in by_state.items():
        for part in chunks(sorted(ids), 500):
            session.connection().execute(
                update(MarketRefresh)
                .where(MarketRefresh.market_id.in_(part))
                .values(state=state, since=now)
            )


def _money_of(session: Session, ids: Sequence[int], now: datetime) -> dict[int, int]:
    activity = latest_by_market(session, TradingActivity, ids, now)
    guessed = {
        market_id: row.volume * INTEREST_PERCENT // 100
        for market_id, row in activity.items()
        if row.volume is not None
    }
    interest = latest_by_market(session, OpenInterest, ids, now)
    return guessed | {market_id: row.value for market_id, row in interest.items()}


def _said_at(report: ResolutionReport | None) -> datetime | None:
    return None if report is None else report.reported_at or report.known_at
