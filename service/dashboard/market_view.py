"""Everything one market's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.assessment import MarketAssessment
from models.market import Market, MarketGroup
from service.dashboard.adjudication_view import AdjudicationView, view_adjudication
from service.dashboard.charts import Gauge, Sparkline, gauge, sparkline
from service.dashboard.document import (
    BaselineView,
    BeliefView,
    ComponentView,
    DriverView,
    FreshnessView,
    read_baseline,
    read_beliefs,
    read_components,
    read_drivers,
    read_freshness,
    read_money_source,
)
from service.dashboard.rules_view import RulesView, view_rules
from service.protocol.ids import to_checksum, to_hex
from service.store.links import address_link, polymarket_link, transaction_link
from service.store.markets.markets import get_group
from service.store.markets.standings import StandingLine, get_standing
from service.store.scores.assessments import get_latest, list_history
from service.store.timeline.timeline import list_timeline
from service.store.timeline.timeline_entry import TimelineEntry

_POLYGON = 137
_HISTORY = 200
_LISTED = 12
# Entries a reader should not miss.
_WEIGHTY = {
    "proposal",
    "dispute",
    "override",
    "payout",
    "vote_round_ended",
    "vote_answer",
    "clarification",
    "alert",
}


@dataclass(frozen=True, slots=True)
class ScoreView:
    """The current score of a market."""

    line: StandingLine
    gauge: Gauge
    baseline: BaselineView | None
    drivers: list[DriverView]
    beliefs: list[BeliefView]
    components: list[ComponentView]
    freshness: FreshnessView
    money_source: str | None
    history: Sequence[MarketAssessment]
    # The oldest assessment drawn.
    first: MarketAssessment
    sparkline: Sparkline | None


@dataclass(frozen=True, slots=True)
class TimelineView:
    """One entry of the timeline and where to look it up."""

    entry: TimelineEntry
    link: str | None
    transaction: str | None
    is_weighty: bool


@dataclass(frozen=True, slots=True)
class MarketView:
    """One market, ready for its page."""

    market: Market
    ref: str
    group: MarketGroup | None
    rules: RulesView
    adjudication: AdjudicationView
    score: ScoreView | None
    timeline: list[TimelineView]
    polymarket: str | None
    identities: list[tuple[str, str, str | None]]


def view_market(
    session: Session, market: Market, now: datetime, *, has_explorers: bool
) -> MarketView:
    """Read everything the page shows."""
    group = get_group(session, market)
    return MarketView(
        market=market,
        ref=to_hex(market.condition_id),
        group=group,
        rules=view_rules(session, market, has_explorers=has_explorers),
        adjudication=view_adjudication(session, market.id, now),
        score=_score(session, market),
        timeline=[
            _timeline(entry, has_explorers=has_explorers)
            for entry in list_timeline(session, market)
        ],
        polymarket=polymarket_link(market.slug, group.slug if group else None)
        if has_explorers
        else None,
        identities=_identities(market, has_explorers=has_explorers),
    )


def _score(session: Session, market: Market) -> ScoreView | None:
    line, latest = get_standing(session, market.id), get_latest(session, market.id)
    if line is None or latest is None:
        return None
    history = list_history(session, market.id, _HISTORY)
    document = latest.document
    oldest_first = [(row.as_of, row.p_low, row.p_mean, row.p_high) for row in reversed(history)]
    return ScoreView(
        line=line,
        gauge=gauge(line.p_low, line.p_mean, line.p_high),
        baseline=read_baseline(document),
        drivers=read_drivers(document),
        beliefs=read_beliefs(document, market.outcomes),
        components=read_components(document),
        freshness=read_freshness(document),
        money_source=read_money_source(document),
        history=history[:_LISTED],
        first=history[-1],
        sparkline=sparkline(oldest_first),
    )


def _timeline(entry: TimelineEntry, *, has_explorers: bool) -> TimelineView:
    where = entry.transaction
    return TimelineView(
        entry=entry,
        link=transaction_link(where.chain_id, where.hash) if where and has_explorers else None,
        transaction=to_hex(where.hash) if where else None,
        is_weighty=entry.kind in _WEIGHTY,
    )


def _identities(market: Market, *, has_explorers: bool) -> list[tuple[str, str, str | None]]:
    """Names other systems know the market by: what, value, link."""
    found: list[tuple[str, str, str | None]] = [("Condition id", to_hex(market.condition_id), None)]
    if market.uma_question_id is not None:
        found.append(("Question id (adapter)", to_hex(market.uma_question_id), None))
    if market.question_id is not None and market.question_id != market.uma_question_id:
        found.append(("Question id (catalogue)", to_hex(market.question_id), None))
    if market.adapter is not None:
        link = address_link(_POLYGON, market.adapter) if has_explorers else None
        found.append(("Adapter", to_checksum(market.adapter), link))
    if market.gamma_id is not None:
        found.append(("Catalogue number", market.gamma_id, None))
    if market.slug is not None:
        found.append(("Slug", market.slug, None))
    found += [
        (f"Token \u201c{outcome}\u201d", token, None)
        for outcome, token in zip(market.outcomes, market.token_ids, strict=False)
    ]
    return found
