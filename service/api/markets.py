"""``/v1/markets``: the list, and one market."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.assessment import MarketAssessment
from models.enums import Category, MarketState
from models.market import Market
from service.api.lines import market_line, source_line
from service.api.parameters import Cursor, Limit, Ref, only
from service.api.prices import sibling_prices_line
from service.api.problems import unknown_reference
from service.api.resolution import resolution_line
from service.api.schemas import MarketDetail, MarketList
from service.api.site import Site
from service.api.wire import MICRO, checksum_or_none, hex_or_none, json_response
from service.protocol.ids import to_hex
from service.store.links import polymarket_link
from service.store.markets.markets import get_current_rules, get_group, get_market
from service.store.markets.standings import Sort, StandingQuery, get_standing, list_standings
from service.store.operations.status import list_source_rows
from service.store.scores.assessments import get_latest

_FILTERS = ("category", "min_open_interest", "sort", "limit", "cursor")
_UNSCORED = "assessment: not scored yet; the next run of score_markets makes one"
MinOpenInterest = Annotated[
    Decimal | None,
    Query(
        ge=0,
        le=1_000_000_000_000,
        decimal_places=6,
        description="USDC. Markets whose open interest is unknown are left out.",
    ),
]


def markets_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["markets"])

    @router.get(
        "/v1/markets",
        response_model=MarketList,
        dependencies=[only(*_FILTERS, repeatable=("state",))],
    )
    def list_markets(
        state: Annotated[list[MarketState] | None, Query(description="May be repeated.")] = None,
        category: Category | None = None,
        min_open_interest: MinOpenInterest = None,
        sort: Sort = Sort.EXPECTED_LOSS,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        """Markets with their current score, most expected loss first."""
        minimum = None if min_open_interest is None else int(min_open_interest * MICRO)
        query = StandingQuery(tuple(set(state or ())), category, minimum, sort)
        with site.sessions() as session:
            lines, following = list_standings(session, query, limit=limit, cursor=cursor)
        data = [market_line(line) for line in lines]
        return json_response({"data": data, "next_cursor": following, "notice": site.notice})

    @router.get("/v1/markets/{ref}", response_model=MarketDetail, dependencies=[only()])
    def read_market(ref: Ref) -> Response:
        """One market by condition id, slug, Gamma id or question id."""
        with site.sessions() as session:
            market = get_market(session, ref)
            if market is None:
                raise unknown_reference(ref)
            detail = _detail(session, market, site.clock.now())
            return json_response({**detail, "notice": site.notice})

    return router


def _detail(session: Session, market: Market, now: datetime) -> dict[str, object]:
    group = get_group(session, market)
    rules = get_current_rules(session, market.id)
    return {
        **_identity(market),
        "group": None
        if group is None
        else {
            "gamma_id": group.gamma_id,
            "slug": group.slug,
            "title": group.title,
            "neg_risk_market_id": hex_or_none(group.neg_risk_market_id),
        },
        **_score(session, market),
        "rules": None
        if rules is None
        else {
            "version": rules.version,
            "text_sha256": to_hex(rules.text_hash),
            "known_at": rules.known_at,
        },
        "resolution": resolution_line(session, market),
        "sibling_prices": sibling_prices_line(session, market.id, now),
        "sources": [source_line(row) for row in list_source_rows(session)],
        "links": _links(market, None if group is None else group.slug),
    }


def _identity(market: Market) -> dict[str, object]:
    tokens = [*market.token_ids, *[None] * len(market.outcomes)]
    return {
        "ref": to_hex(market.condition_id),
        "slug": market.slug,
        "gamma_id": market.gamma_id,
        "title": market.title,
        "category": market.category,
        "tags": market.tags,
        "outcomes": [
            {"label": label, "token_id": token}
            for label, token in zip(market.outcomes, tokens, strict=False)
        ],
        "adapter": checksum_or_none(market.adapter),
        "question_id": hex_or_none(market.question_id),
        "uma_question_id": hex_or_none(market.uma_question_id),
        "neg_risk": market.neg_risk,
        "closed": market.closed,
        "end_at": market.end_at,
        "closed_at": market.closed_at,
        "known_at": market.known_at,
        "refreshed_at": market.refreshed_at,
    }


def _score(session: Session, market: Market) -> dict[str, object]:
    line = get_standing(session, market.id)
    latest = get_latest(session, market.id)
    if line is None or latest is None:
        absent = dict.fromkeys(_SCORE_FIELDS)
        return {**absent, "missing": [_UNSCORED], "assessment": None}
    scored = market_line(line)
    p = {"mean": line.p_mean, "p05": line.p_low, "p50": _median(latest), "p95": line.p_high}
    missing = [] if line.open_interest is not None else ["open interest: no source gave it"]
    return {
        **{name: scored[name] for name in _SCORE_FIELDS},
        "p": p,
        "missing": missing,
        "assessment": latest.document,
    }


_SCORE_FIELDS = (
    "state",
    "p",
    "open_interest_usdc",
    "expected_loss_usdc",
    "support",
    "remedy",
    "challenge_open",
    "challenge_ends_at",
    "as_of",
    "model_version",
)


def _median(latest: MarketAssessment) -> float | None:
    p = latest.document.get("p_misresolved")
    median = p.get("p50") if isinstance(p, dict) else None
    return median if isinstance(median, float) else None


def _links(market: Market, group_slug: str | None) -> dict[str, str | None]:
    ref = to_hex(market.condition_id)
    return {
        "assessment": f"/v1/markets/{ref}/assessment",
        "assessments": f"/v1/markets/{ref}/assessments",
        "timeline": f"/v1/markets/{ref}/timeline",
        "votes": f"/v1/markets/{ref}/votes",
        "rules": f"/v1/markets/{ref}/rules",
        "page": f"/markets/{ref}",
        "polymarket": polymarket_link(market.slug, group_slug),
    }
