"""The application: every route, the edge, the errors."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session, sessionmaker

from service.api.adjudication import adjudication_router
from service.api.assessments import assessments_router
from service.api.attacks import attacks_router
from service.api.base_rates import base_rates_router
from service.api.blocs import blocs_router
from service.api.data_quality import data_quality_router
from service.api.explanation import explanation_router
from service.api.exposure import exposure_router
from service.api.headers import Edge
from service.api.liquidity import liquidity_router
from service.api.market_attack import market_attack_router
from service.api.markets import markets_router
from service.api.model import model_router
from service.api.pages import Pages
from service.api.problems import MEDIA_TYPE, handle_problems
from service.api.proposal_signals import proposal_signals_router
from service.api.proposals import proposals_router
from service.api.proposers import proposers_router
from service.api.round_what_if import round_what_if_router
from service.api.rounds import rounds_router
from service.api.rules import rules_router
from service.api.schemas import ProblemDetails
from service.api.site import Site
from service.api.sources import sources_router
from service.api.timeline import timeline_router
from service.api.voters import voters_router
from service.api.votes import votes_router
from service.api.wallets import wallets_router
from service.clock import Clock
from service.store.scores.explanations import Explainer

_DESCRIPTION = """\
How likely each Polymarket market that UMA resolves is to be paid out wrong, how much money hangs
on it, and what happened to it so far. Every probability comes with its 90 % interval, its drivers
and what it rests on; every fact with its transaction or source.

Times are RFC 3339 in UTC. Money is a decimal string with its unit in the name. Absence is `null`
with a reason, never 0. Every GET carries an `ETag`: send it back as `If-None-Match` and an
unchanged answer costs nothing.
"""


def create_app(
    sessions: sessionmaker[Session],
    clock: Clock,
    *,
    version: str,
    banner: str | None = None,
    readiness: Callable[[], str | None] | None = None,
    pages: Pages | None = None,
    explainer: Explainer | None = None,
) -> FastAPI:
    """The API, and the pages where they are handed in.

    ``banner`` goes out with every answer (a reconstruction, say). ``readiness`` gives the reason
    why the database's schema does not fit this version, ``None`` when it fits. Without an
    ``explainer`` there is no route that explains scores.
    """
    app = FastAPI(
        title="Settlewatch",
        version=version,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        responses={422: {"model": ProblemDetails, "description": "A parameter cannot be used."}},
    )
    site = Site(sessions, clock, version, banner, readiness)
    app.include_router(markets_router(site), responses=_NOT_FOUND)
    app.include_router(assessments_router(site), responses=_NOT_FOUND)
    if explainer is not None:
        app.include_router(explanation_router(site, explainer), responses=_NOT_FOUND)
    app.include_router(timeline_router(site), responses=_NOT_FOUND)
    app.include_router(votes_router(site), responses=_NOT_FOUND)
    app.include_router(rules_router(site), responses=_NOT_FOUND)
    app.include_router(adjudication_router(site), responses=_NOT_FOUND)
    app.include_router(liquidity_router(site), responses=_NOT_FOUND)
    app.include_router(proposal_signals_router(site), responses=_NOT_FOUND)
    app.include_router(market_attack_router(site), responses=_NOT_FOUND)
    app.include_router(rounds_router(site), responses=_NO_ROUND)
    app.include_router(round_what_if_router(site), responses=_NO_ROUND)
    app.include_router(proposals_router(site))
    app.include_router(attacks_router(site))
    app.include_router(sources_router(site))
    app.include_router(model_router(site))
    app.include_router(data_quality_router(site))
    app.include_router(base_rates_router(site))
    app.include_router(blocs_router(site))
    app.include_router(voters_router(site), responses=_NOT_FOUND)
    app.include_router(wallets_router(site))
    app.include_router(exposure_router(site))
    app.include_router(proposers_router(site), responses=_NO_ACTOR)
    if pages is not None:
        app.include_router(pages.router, include_in_schema=False)
    handle_problems(app, pages)
    app.add_middleware(Edge, notice=banner)
    _describe_problems(app)
    return app


_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemDetails, "description": "No market has this reference."}
}
_NO_ROUND: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemDetails, "description": "The round was not assessed."}
}
_NO_ACTOR: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemDetails, "description": "The address neither proposed nor disputed."}
}


def _operation_id(route: APIRoute) -> str:
    return route.name


def _describe_problems(app: FastAPI) -> None:
    """Give errors their own media type in the OpenAPI document, which FastAPI cannot be told."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            for path in document["paths"].values():
                for operation in path.values():
                    for status, response in operation["responses"].items():
                        content = response.get("content", {})
                        if status in {"404", "422"} and "application/json" in content:
                            content[MEDIA_TYPE] = content.pop("application/json")
        assert app.openapi_schema is not None  # noqa: S101  # describing it keeps it
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
