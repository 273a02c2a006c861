"""What is known, at a time, of the markets a wallet holds: prices, scores, groups, votes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from models.assessment import MarketAssessment
from models.dvm_request_state import DvmRequestState
from models.liquidity import BookSnapshot
from models.market import Market, MarketGroup
from service.protocol.holdings import HeldMarket, join_outcomes, newest_source
from service.protocol.ids import to_hex
from service.store.latest import latest_by_market
from service.store.money.holdings import list_wallet_holdings
from service.store.upserts import IN_CHUNK, chunks
from service.store.wallets.positions import list_checks, list_positions


@dataclass(frozen=True, slots=True)
class MidPrice:
    """A Yes halfway between bid and ask, and when the book was."""

    price: Decimal
    known_at: datetime


@dataclass(frozen=True, slots=True)
class KnownMarket:
    """A market a wallet holds, as known at a time."""

    market_id: int
    ref: str
    slug: str | None
    title: str
    outcomes: tuple[str, ...]
    # Of markets of which a single one pays Yes.
    exclusive_group: str | None
    group_title: str | None
    mid: MidPrice | None
    assessment: MarketAssessment | None
    vote_round: int | None


def list_held(session: Session, wallets: Collection[bytes], as_of: datetime) -> list[HeldMarket]:
    """What these wallets were known to hold, from their own positions and markets' holders.

    An answer that lists a wallet's positions speaks for all markets: what holders' lists said
    before it, and it does not show, is gone.
    """
    positions = list_positions(session, wallets, as_of)
    own = join_outcomes(
        ((p.wallet, p.market_id, p.outcome_index, p.size, p.known_at) for p in positions),
        "positions",
    )
    checks = list_checks(session, wallets)
    spoken = {
        wallet: check.checked_at
        for wallet, check in checks.items()
        if check.checked_at is not None and check.checked_at <= as_of and not check.is_cut
    }
    listed = join_outcomes(
        (
            (h.wallet, h.market_id, h.outcome_index, h.size, h.known_at)
            for h in list_wallet_holdings(session, wallets, as_of)
            if h.wallet not in spoken or h.known_at > spoken[h.wallet]
        ),
        "holders",
    )
    return newest_source(own, listed)


def list_known_markets(
    session: Session, market_ids: Collection[int], as_of: datetime
) -> dict[int, KnownMarket]:
    """These markets with what their exposure needs; each part by one query, however many."""
    mids = _mids(session, market_ids, as_of)
    scores = newest_assessments(session, market_ids, as_of)
    found: dict[int, KnownMarket] = {}
    questions: dict[bytes, list[int]] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = (
            select(Market, MarketGroup)
            .outerjoin(MarketGroup, MarketGroup.id == Market.group_id)
            .where(Market.id.in_(part))
        )
        for market, group in session.execute(query):
            # An outer join: there may be none.
            of_group: MarketGroup | None = group
            exclusive = None if of_group is None else of_group.neg_risk_market_id
            found[market.id] = KnownMarket(
                market_id=market.id,
                ref=to_hex(market.condition_id),
                slug=market.slug,
                title=market.title,
                outcomes=tuple(market.outcomes),
                exclusive_group=None if exclusive is None else to_hex(exclusive),
                group_title=None if of_group is None else of_group.title,
                mid=mids.get(market.id),
                assessment=scores.get(market.id),
                vote_round=None,
            )
            if market.uma_question_id is not None:
                questions.setdefault(market.uma_question_id, []).append(market.id)
    rounds = _rounds(session, questions, as_of)
    return {
        market_id: replace(known, vote_round=rounds.get(market_id))
        for market_id, known in found.items()
    }


def _mids(session: Session, market_ids: Collection[int], as_of: datetime) -> Mapping[int, MidPrice]:
    """From the book of Yes, or that of No where it alone has both sides."""
    books = latest_by_market(session, BookSnapshot, market_ids, as_of, BookSnapshot.outcome_index)
    found: dict[int, MidPrice] = {}
    # Of a market's two books the first outcome's comes last, and counts.
    for (market_id, outcome), book in sorted(books.items(), reverse=True):
        if book.best_bid is None or book.best_ask is None or outcome > 1:
            continue
        middle = (book.best_bid + book.best_ask) / 2
        found[market_id] = MidPrice(1 - middle if outcome else middle, book.known_at)
    return found


def newest_assessments(
    session: Session, market_ids: Collection[int], as_of: datetime
) -> Mapping[int, MarketAssessment]:
    """The newest assessment of each of these markets made by a time."""
    found: dict[int, MarketAssessment] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        rank = (
            func.row_number()
            .over(
                partition_by=MarketAssessment.market_id,
                order_by=(MarketAssessment.as_of.desc(), MarketAssessment.id.desc()),
            )
            .label("rank")
        )
        ranked = (
            select(MarketAssessment, rank)
            .where(MarketAssessment.market_id.in_(part), MarketAssessment.as_of <= as_of)
            .subquery()
        )
        newest = aliased(MarketAssessment, ranked)
        rows = session.scalars(select(newest).where(ranked.c.rank == 1))
        found.update((row.market_id, row) for row in rows)
    return found


def _rounds(
    session: Session, questions: Mapping[bytes, list[int]], as_of: datetime
) -> dict[int, int]:
    """The newest round of each market's vote that was not decided by then."""
    found: dict[int, int] = {}
    state = DvmRequestState
    for part in chunks(sorted(questions), IN_CHUNK):
        query: Any = select(state.question_id, state.last_round).where(
            state.question_id.in_(part),
            state.last_round.is_not(None),
            state.added_at <= as_of,
            or_(state.resolved_at.is_(None), state.resolved_at > as_of),
            state.is_deleted.is_(False),
        )
        for question_id, last_round in session.execute(query):
            for market_id in questions[question_id]:
                found[market_id] = max(found.get(market_id, 0), last_round)
    return found
