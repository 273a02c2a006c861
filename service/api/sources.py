"""``/v1/sources``, ``/healthz`` and ``/readyz``: how far the answers can be relied on."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from models.enums import SourceState
from models.operation import Source
from service.api.lines import catalogue_line, job_line, source_line
from service.api.parameters import only
from service.api.prices import uma_price_line
from service.api.schemas import Health, Readiness, SourceList
from service.api.site import Site
from service.api.wire import json_response
from service.store.markets.catalogue import list_newest_counts
from service.store.markets.due_reads import read_plan
from service.store.operations.plan_lines import limit_lines, stretch_lines
from service.store.operations.request_minutes import measure_requests
from service.store.operations.status import list_last_runs, list_source_rows, ping

_TROUBLED = {SourceState.DOWN, SourceState.DEGRADED}
_OK: Mapping[str, object] = {"state": "ok", "reason": None}


def sources_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["operation"])

    @router.get("/v1/sources", response_model=SourceList, dependencies=[only()])
    def list_sources() -> Response:
        """Every source of facts: whether it answers, since when, why not; UMA in USD; the pace."""
        with site.sessions() as session:
            data = [source_line(row) for row in list_source_rows(session)]
            jobs = [job_line(row) for row in list_last_runs(session)]
            now = site.clock.now()
            prices = [uma_price_line(session, now)]
            plan = read_plan(session)
            limits = limit_lines(plan, measure_requests(session, now))
            catalogue = [catalogue_line(row) for row in list_newest_counts(session)]
        lists = {"data": data, "jobs": jobs, "prices": prices, "limits": limits}
        lists["stretched"] = stretch_lines(plan)
        lists["catalogue"] = catalogue
        return json_response({**lists, "next_cursor": None, "notice": site.notice})

    @router.get("/healthz", response_model=Health, dependencies=[only()])
    def read_health() -> Response:
        """200 while the process runs, whatever its sources or its database do."""
        return json_response({"status": "ok", "version": site.version})

    @router.get(
        "/readyz",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "The database cannot answer."}},
        dependencies=[only()],
    )
    def read_readiness() -> Response:
        """200 if answers can be given; a source that is down only degrades."""
        body, status = _readiness(site)
        return json_response({**body, "version": site.version}, status)

    return router


def _readiness(site: Site) -> tuple[dict[str, object], HTTPStatus]:
    sources: list[Source] = []
    schema = _OK
    try:
        with site.sessions() as session:
            ping(session)
        reason = site.readiness() if site.readiness is not None else None
        if reason is None:
            with site.sessions() as session:
                sources = list(list_source_rows(session))
        else:
            schema = {"state": "failed", "reason": reason}
    except SQLAlchemyError as error:
        # The driver's own words may hold the address; its class says enough.
        reason = f"the database cannot answer ({type(error).__name__})"
        failed = {"state": "failed", "reason": reason}
        unknown = {"state": "unknown", "reason": "the database cannot answer"}
        return _report("unavailable", failed, unknown, []), HTTPStatus.SERVICE_UNAVAILABLE
    if schema is not _OK:
        return _report("unavailable", _OK, schema, []), HTTPStatus.SERVICE_UNAVAILABLE
    is_troubled = any(source.state in _TROUBLED for source in sources)
    return _report("degraded" if is_troubled else "ready", _OK, schema, sources), HTTPStatus.OK


def _report(
    status: str, database: Mapping[str, object], schema: Mapping[str, object], sources: list[Source]
) -> dict[str, object]:
    return {
        "status": status,
        "database": database,
        "database_schema": schema,
        "sources": [source_line(row) for row in sources],
    }
