"""Audits of undisputed markets: what there is to draw from, plans, and what came of them."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.adjudication import AuditItem, AuditPlan, Correction
from models.enums import Outcome
from models.liquidity import BookSnapshot
from models.market import Market, RulesText, RulesVersion, TradingActivity
from models.price import SiblingQuote
from models.question_state import QuestionState
from service.risk.truth.audit_plan import (
    AUDIT_VERSION,
    AuditCandidate,
    AuditPriors,
    Drawn,
    Screen,
    Stratum,
    screens_of,
)
from service.risk.wording_features import wording_logit
from service.store.latest import latest_by_market
from service.store.money.earlier_prices import list_earlier_prices
from service.store.upserts import IN_CHUNK, chunks

_HOUR = timedelta(hours=1)
# Complaints after a settlement count as its own for so long.
_COMPLAINED_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class _Settled:
    market: Market
    paid: Outcome
    proposed_at: datetime
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedMarket:
    """One market of a stored plan."""

    market: Market
    item: AuditItem


def list_candidates(
    session: Session,
    frame_from: datetime,
    frame_to: datetime,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[AuditCandidate]:
    """Every undisputed market that settled in [from, to) to an outcome, and what screens read.

    Questions first seen half-way are left out: an earlier dispute of theirs would not be known.
    """
    ids = list(
        session.execute(
            select(Market.id, QuestionState.question_id)
            .join(QuestionState, QuestionState.condition_id == Market.condition_id)
            .where(
                QuestionState.settled_at >= frame_from,
                QuestionState.settled_at < frame_to,
                QuestionState.disputes == 0,
                QuestionState.is_partial.is_(False),
                QuestionState.outcome.is_not(None),
                QuestionState.first_proposed_at.is_not(None),
            )
            .order_by(QuestionState.settled_at, Market.id)
        )
    )
    found: dict[int, AuditCandidate] = {}
    for part in chunks([id_ for id_, _ in ids], IN_CHUNK):
        found.update((c.market_id, c) for c in _candidates(session, part, frame_to))
        progress(len(found), len(ids))
    return list(found.values())


def _candidates(
    session: Session, market_ids: Sequence[int], at: datetime
) -> Iterator[AuditCandidate]:
    settled = _settled(session, market_ids)
    before = list_earlier_prices(session, {i: s.proposed_at for i, s in settled.items()}, _HOUR, at)
    after = _mids_after(session, settled)
    siblings = _siblings(session, settled)
    wording = _wording(session, settled)
    activity = latest_by_market(session, TradingActivity, settled, at)
    complaints = _complaints(session, settled)
    for market_id, one in settled.items():
        held = _held(before.get(market_id, []), one.proposed_at - _HOUR)
        volume = activity.get(market_id)
        yield AuditCandidate(
            market_id=market_id,
            price_before=_of_paid(held, one.paid),
            price_after=_of_paid(after.get(market_id), one.paid),
            sibling_price=_of_paid(siblings.get(market_id), one.paid),
            wording=wording.get(market_id),
            volume=None if volume is None else volume.volume,
            has_complaint=market_id in complaints,
        )


def _settled(session: Session, market_ids: Sequence[int]) -> dict[int, _Settled]:
    rows = session.execute(
        select(Market, QuestionState)
        .join(QuestionState, QuestionState.condition_id == Market.condition_id)
        .where(Market.id.in_(market_ids))
    )
    return {
        market.id: _Settled(
            market, Outcome(state.outcome), state.first_proposed_at, state.settled_at
        )
        for market, state in rows
        if state.outcome is not None
        and state.first_proposed_at is not None
        and state.settled_at is not None
    }


def _held(changes: Sequence[tuple[datetime, Decimal]], at: datetime) -> Decimal | None:
    """The price that held at an instant; each holds until the next."""
    place = bisect_right([when for when, _ in changes], at)
    return changes[place - 1][1] if place else None


def _of_paid(price: Decimal | None, paid: Outcome) -> float | None:
    """The price of the outcome paid; half and half has none."""
    if price is None or paid is Outcome.HALF:
        return None
    return float(price if paid is Outcome.YES else 1 - price)


def _mids_after(session: Session, settled: Mapping[int, _Settled]) -> dict[int, Decimal]:
    """The first outcome's last middle in the hour after settlement."""
    if not settled:
        return {}
    begin = min(one.settled_at for one in settled.values())
    end = max(one.settled_at for one in settled.values()) + _HOUR
    rows = session.execute(
        select(
            BookSnapshot.market_id,
            BookSnapshot.known_at,
            BookSnapshot.best_bid,
            BookSnapshot.best_ask,
        )
        .where(
            BookSnapshot.market_id.in_(list(settled)),
            BookSnapshot.outcome_index == 0,
            BookSnapshot.known_at >= begin,
            BookSnapshot.known_at <= end,
        )
        .order_by(BookSnapshot.known_at, BookSnapshot.id)
    )
    return {
        market_id: (bid + ask) / 2
        for market_id, known_at, bid, ask in rows
        if bid is not None
        and ask is not None
        and timedelta() <= known_at - settled[market_id].settled_at <= _HOUR
    }


def _siblings(session: Session, settled: Mapping[int, _Settled]) -> dict[int, Decimal]:
    """What another venue's last quote before settlement says of the first outcome."""
    rows = session.scalars(
        select(SiblingQuote)
        .where(SiblingQuote.market_id.in_(list(settled)), SiblingQuote.price.is_not(None))
        .order_by(SiblingQuote.known_at, SiblingQuote.id)
    )
    return {
        row.market_id: row.price if row.outcome_index == 0 else 1 - row.price
        for row in rows
        if row.price is not None and row.known_at <= settled[row.market_id].settled_at
    }


def _wording(session: Session, settled: Mapping[int, _Settled]) -> dict[int, float]:
    rows = session.execute(
        select(RulesVersion.market_id, RulesText.text)
        .join(RulesText, RulesText.hash == RulesVersion.text_hash)
        .where(RulesVersion.market_id.in_(list(settled)))
        .order_by(RulesVersion.version.desc())
    )
    # The oldest version comes last, and stays.
    texts = {row[0]: row[1] for row in rows}
    return {
        market_id: wording_logit(
            settled[market_id].market.title, text, settled[market_id].market.category
        )
        for market_id, text in texts.items()
    }


def _complaints(session: Session, settled: Mapping[int, _Settled]) -> set[int]:
    rows = session.execute(
        select(Correction.market_id, Correction.known_at).where(
            Correction.market_id.in_(list(settled))
        )
    )
    return {
        market_id
        for market_id, known_at in rows
        if known_at <= settled[market_id].settled_at + _COMPLAINED_WITHIN
    }


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A drawn plan to be stored."""

    seed: int
    budget: int
    frame_from: datetime
    frame_to: datetime
    strata: Sequence[Stratum]
    drawn: Sequence[Drawn]


def add_plan(
    session: Session,
    plan: NewPlan,
    candidates: Sequence[AuditCandidate],
    priors: AuditPriors,
    known_at: datetime,
) -> int:
    """Store a plan and its markets; returns its number."""
    population = sum(stratum.size for stratum in plan.strata)
    row = AuditPlan(
        seed=plan.seed,
        budget=plan.budget,
        version=AUDIT_VERSION,
        frame_from=plan.frame_from,
        frame_to=plan.frame_to,
        population=population,
        strata=[_told(stratum, population) for stratum in plan.strata],
        known_at=known_at,
    )
    session.add(row)
    session.flush()
    screens = {c.market_id: _screens(c, priors) for c in candidates}
    session.add_all(
        AuditItem(
            plan_id=row.id,
            market_id=one.market_id,
            stratum=one.stratum,
            position=position,
            inclusion=one.inclusion,
            screens=screens[one.market_id],
        )
        for position, one in enumerate(plan.drawn)
    )
    session.flush()
    return row.id


def _screens(candidate: AuditCandidate, priors: AuditPriors) -> list[str]:
    found: Sequence[Screen] = screens_of(candidate, priors)
    return [screen.value for screen in found]


def _told(stratum: Stratum, population: int) -> dict[str, object]:
    return {
        "name": stratum.name,
        "size": stratum.size,
        "weight": stratum.size / population,
        "assumed_rate": stratum.assumed_rate,
        "value_usdc": stratum.value,
        "planned": stratum.planned,
    }


def list_plans(session: Session) -> list[AuditPlan]:
    """Every plan, oldest first."""
    return list(session.scalars(select(AuditPlan).order_by(AuditPlan.id)))


def list_planned(session: Session, plan_id: int) -> list[PlannedMarket]:
    """A plan's markets in the order of handing out; empty where there is no such plan."""
    rows = session.execute(
        select(Market, AuditItem)
        .join(AuditItem, AuditItem.market_id == Market.id)
        .where(AuditItem.plan_id == plan_id)
        .order_by(AuditItem.position)
    )
    return [PlannedMarket(market, item) for market, item in rows]
