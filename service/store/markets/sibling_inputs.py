"""The other outcomes of events of which a single one pays Yes, as known at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import MarketState
from models.liquidity import BookSnapshot
from models.market import Market, ResolutionReport
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.protocol.question_status import QuestionStatus
from service.risk.inputs import Proposal, SiblingStanding
from service.store.latest import latest_by_market
from service.store.markets.input_oracle import (
    count_disputes,
    current_proposal,
    find_standing,
    find_status,
    first_proposal,
)
from service.store.markets.market_lines import AnyMarket
from service.store.markets.market_statuses import get_market_statuses
from service.store.markets.reports import first_proposal_report

# The price that counts is from before the event's first proposal.
_BEFORE = timedelta(minutes=5)
# An older book tells no price of then, as for a market's own.
_OLDEST_BOOK = timedelta(hours=24)
# An event of more outcomes is no list of candidates.
_MOST = 300


@dataclass(frozen=True, slots=True)
class _Member:
    market: Market
    standing: SiblingStanding
    first: Proposal | None


def get_siblings(
    session: Session,
    proposed: Sequence[AnyMarket],
    book: ContractBook,
    at: datetime,
) -> dict[int, tuple[SiblingStanding, ...]]:
    """The siblings of each proposed market of a neg-risk event; the others are left out.

    A fixed number of queries for all events, and one more for the prices of each.
    """
    groups = {m.group_id for m in proposed if m.neg_risk and m.group_id is not None}
    if not groups:
        return {}
    query = select(Market).where(Market.group_id.in_(groups), Market.neg_risk.is_(True))
    by_group: dict[int | None, list[Market]] = defaultdict(list)
    for market in session.scalars(query.order_by(Market.id)):
        by_group[market.group_id].append(market)
    whole = [m for members in by_group.values() if len(members) <= _MOST for m in members]
    statuses = get_market_statuses(session, whole, book, at)
    ids = [market.id for market in whole]
    reports = latest_by_market(session, ResolutionReport, ids, at)
    firsts = first_proposal_report(session, ids, at)
    members: dict[int | None, list[_Member]] = defaultdict(list)
    for market in whole:
        told = reports.get(market.id), firsts.get(market.id)
        members[market.group_id].append(_to_member(market, statuses, *told, at))
    wanted = {market.id for market in proposed}
    found: dict[int, tuple[SiblingStanding, ...]] = {}
    for event in members.values():
        priced = _with_prices(session, event)
        for member in event:
            if member.market.id in wanted and len(event) > 1:
                own = member.standing.market_id
                found[member.market.id] = tuple(s for s in priced if s.market_id != own)
    return found


def _to_member(
    market: Market,
    statuses: Mapping[bytes, list[QuestionStatus]],
    report: ResolutionReport | None,
    first_report: ResolutionReport | None,
    at: datetime,
) -> _Member:
    status = find_status(market, dict(statuses))
    standing, _ = find_standing(market, status, report, at)
    first = first_proposal(status, first_report)
    current = current_proposal(status, report, standing) or first
    value = standing.answer or (None if current is None else current.outcome)
    told = SiblingStanding(
        market_id=to_hex(market.condition_id),
        state=standing.state,
        value=None if standing.state is MarketState.PRE_PROPOSAL else value,
        disputes=count_disputes(status, report, standing),
        price_yes=None,
    )
    return _Member(market, told, first)


def _with_prices(session: Session, event: Sequence[_Member]) -> list[SiblingStanding]:
    """Each outcome's price of Yes just before any was proposed."""
    starts = [member.first.proposed_at for member in event if member.first is not None]
    books: dict[tuple[int, int], BookSnapshot] = {}
    if starts:
        ids = [member.market.id for member in event]
        before = min(starts) - _BEFORE
        latest = latest_by_market(session, BookSnapshot, ids, before, BookSnapshot.outcome_index)
        books = {k: b for k, b in latest.items() if b.known_at >= before - _OLDEST_BOOK}
    return [
        SiblingStanding(
            m.standing.market_id,
            m.standing.state,
            m.standing.value,
            m.standing.disputes,
            _mid(books.get((m.market.id, 0))),
        )
        for m in event
    ]


def _mid(book: BookSnapshot | None) -> float | None:
    if book is None or book.best_bid is None or book.best_ask is None:
        return None
    return round(float((book.best_bid + book.best_ask) / Decimal(2)), 3)
