"""The pages: the list of markets, one market, the challenge window, the sources, the reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from jinja2 import Environment
from sqlalchemy.orm import Session, sessionmaker
from starlette.responses import HTMLResponse, Response

from models.enums import Category, MarketState
from service.clock import Clock
from service.dashboard.assets import Asset, load_assets
from service.dashboard.base_rates_view import view_rates
from service.dashboard.charts import gauge
from service.dashboard.filters import read_filters
from service.dashboard.market_view import view_market
from service.dashboard.model_page import add_model_page
from service.dashboard.movement_view import view_movement
from service.dashboard.reference import read_reference
from service.dashboard.rounds_page import add_rounds_pages
from service.dashboard.templating import open_templates
from service.dashboard.words import OUTCOMES, SOURCE_STATES, SOURCES, label
from service.errors import UsageError
from service.protocol.ids import to_hex
from service.store.checks.data_checks import list_checks
from service.store.keyset import BadCursor
from service.store.markets.markets import get_market
from service.store.markets.standings import Sort, list_standings
from service.store.money.asset_prices import get_uma_price
from service.store.operations.status import list_last_runs, list_source_rows
from service.store.proposals.proposals import list_open_proposals
from service.store.rates.base_rate_rows import list_rates
from service.store.scores.explanations import Explainer
from service.store.timeline.timeline_words import answer_words

PAGE_SIZE = 50
_QUEUE_SIZE = 200
Ref = Annotated[str, Path(min_length=1, max_length=300)]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The pages, and how an error looks beside them."""

    router: APIRouter
    templates: Environment

    def error_page(self, status: HTTPStatus, detail: str) -> Response:
        """An error, for a person."""
        page = self.templates.get_template("error.html")
        phrase = _TITLES.get(status, status.phrase)
        html = page.render(active="", status=status.value, phrase=phrase, detail=detail)
        return HTMLResponse(html, status.value)


_TITLES = {
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This cannot be shown",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service failed to answer",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available at this moment",
}


def create_dashboard(
    sessions: sessionmaker[Session],
    clock: Clock,
    *,
    version: str,
    banner: str | None = None,
    explainer: Explainer | None = None,
) -> Dashboard:
    """The dashboard's pages; hand them to ``service.api.app.create_app`` as ``pages``."""
    assets = load_assets()
    templates = open_templates()
    templates.globals.update(
        banner=banner,
        version=version,
        css_path=assets["css"].path,
        icon_path=assets["icon"].path,
    )
    dashboard = Dashboard(APIRouter(), templates)
    _add_pages(dashboard, sessions, clock, explainer, has_explorers=banner is None)
    _add_base_rates(dashboard, sessions)
    _add_assets(dashboard.router, assets)
    return dashboard


def _add_pages(
    dashboard: Dashboard,
    sessions: sessionmaker[Session],
    clock: Clock,
    explainer: Explainer | None,
    *,
    has_explorers: bool,
) -> None:
    router = dashboard.router

    def show(name: str, active: str, values: Mapping[str, object]) -> Response:
        page = dashboard.templates.get_template(name)
        return HTMLResponse(page.render(active=active, now=clock.now(), **values))

    @router.get("/")
    def show_markets(request: Request) -> Response:
        try:
            chosen = read_filters(request.query_params)
            with sessions() as session:
                lines, following = list_standings(
                    session, chosen.query, limit=PAGE_SIZE, cursor=chosen.cursor
                )
        except (UsageError, BadCursor) as error:
            return dashboard.error_page(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}.")
        rows = [
            {
                "line": line,
                "path": f"/markets/{to_hex(line.condition_id)}",
                "gauge": gauge(line.p_low, line.p_mean, line.p_high),
            }
            for line in lines
        ]
        values = {"rows": rows, "chosen": chosen, "following": following}
        return show("list.html", "markets", {**values, **_CHOICES})

    @router.get("/markets/{ref}")
    def show_market(ref: Ref) -> Response:
        with sessions() as session:
            market = get_market(session, ref)
            if market is None:
                detail = f"No market is known by the reference \u201c{ref}\u201d."
                return dashboard.error_page(HTTPStatus.NOT_FOUND, detail)
            view = view_market(session, market, clock.now(), has_explorers=has_explorers)
            moved = None
            if explainer is not None and view.score is not None:
                moved = view_movement(explainer.movement(session, market, clock.now()))
        return show("market.html", "markets", {"view": view, "moved": moved})

    @router.get("/proposals")
    def show_proposals() -> Response:
        with sessions() as session:
            queue = list_open_proposals(session, clock.now())
        rows = [
            {
                "entry": entry,
                "answer": None
                if entry.proposed_price is None
                else answer_words(entry.proposed_price, entry.outcomes),
                "path": None
                if entry.standing is None
                else f"/markets/{to_hex(entry.standing.condition_id)}",
            }
            for entry in queue[:_QUEUE_SIZE]
        ]
        return show("proposals.html", "proposals", {"rows": rows, "total": len(queue)})

    @router.get("/sources")
    def show_sources() -> Response:
        with sessions() as session:
            sources, runs = list_source_rows(session), list_last_runs(session)
            uma = get_uma_price(session, clock.now())
            checks = list_checks(session)
        return show(
            "sources.html",
            "sources",
            {
                "sources": [
                    (s, label(SOURCES, s.name), label(SOURCE_STATES, s.state)) for s in sources
                ],
                "states": SOURCE_STATES,
                "uma": uma,
                "counted": [
                    (label(SOURCES, s.name), what.replace("_", " "), times)
                    for s in sources
                    for what, times in sorted((s.counts or {}).items())
                ],
                "checks": checks,
                "runs": [(run, label(OUTCOMES, run.outcome)) for run in runs],
            },
        )

    add_rounds_pages(router, sessions, clock, show, dashboard.error_page)
    add_model_page(router, sessions, clock, show)

    @router.get("/docs")
    def show_reference(request: Request) -> Response:
        return show("reference.html", "reference", {"reference": read_reference(request.app)})


def _add_base_rates(dashboard: Dashboard, sessions: sessionmaker[Session]) -> None:
    @dashboard.router.get("/base-rates")
    def show_base_rates() -> Response:
        with sessions() as session:
            view = view_rates(list_rates(session))
        page = dashboard.templates.get_template("base_rates.html")
        return HTMLResponse(page.render(active="base-rates", view=view))


_CHOICES: Mapping[str, object] = {
    "states": list(MarketState),
    "categories": list(Category),
    "sorts": [
        (Sort.EXPECTED_LOSS, "Expected loss"),
        (Sort.PROBABILITY, "Probability"),
        (Sort.CHALLENGE_END, "End of the challenge window"),
    ],
}


def _add_assets(router: APIRouter, assets: Mapping[str, Asset]) -> None:
    for asset in assets.values():
        router.add_api_route(asset.path, _serve(asset), methods=["GET"])


def _serve(asset: Asset) -> Callable[[], Response]:
    def serve() -> Response:
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    return serve
