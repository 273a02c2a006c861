"""Errors as RFC 9457 problem details; none shows anything of the inside."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.api.headers import SECURITY_HEADERS
from service.api.pages import Pages
from service.store.keyset import BadCursor

MEDIA_TYPE = "application/problem+json"
_DATABASE_ERRORS = (OperationalError, InterfaceError, PoolTimeoutError)
_ECHO_LENGTH = 300


class Problem(Exception):
    """An answer that is an error, raised by a route."""

    def __init__(self, status: HTTPStatus, detail: str, **members: object) -> None:
        """``members`` are extension members of the problem document."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.members = members


def unknown_reference(ref: str) -> Problem:
    """404: no market has this reference, which is echoed."""
    shown = ref[:_ECHO_LENGTH]
    detail = (
        f"No market is known by the reference {shown!r}. Markets come from Polymarket's catalogue "
        "(the job sync_markets); logs alone make none."
    )
    return Problem(HTTPStatus.NOT_FOUND, detail, reference=shown)


def bad_parameter(name: str, reason: str) -> Problem:
    """422: a query parameter that cannot be used, by name."""
    shown = name[:_ECHO_LENGTH]
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{shown}: {reason}",
        errors=[{"parameter": shown, "reason": reason}],
    )


def problem_response(
    status: HTTPStatus,
    detail: str,
    members: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The problem document itself."""
    body = {
        "type": f"/docs#problem-{status.value}",
        "title": _TITLES.get(status, status.phrase),
        "status": status.value,
        "detail": detail,
        **members,
    }
    return Response(orjson.dumps(body), status.value, dict(headers or {}), MEDIA_TYPE)


def handle_problems(app: FastAPI, pages: Pages | None) -> None:
    """Answer every error of the application as a problem, or as a page where a person asked."""

    def answer(
        request: Request, problem: Problem, headers: Mapping[str, str] | None = None
    ) -> Response:
        if pages is not None and _wants_page(request):
            return pages.error_page(problem.status, problem.detail)
        return problem_response(problem.status, problem.detail, problem.members, headers)

    def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101  # registered for this class only
        return answer(request, error)

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class only
        status = HTTPStatus(error.status_code)
        detail = _detail(status, (error.headers or {}).get("Allow", ""))
        return answer(request, Problem(status, detail), error.headers)

    def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for it only
        return answer(request, _invalid(error.errors()))

    def on_cursor(request: Request, error: Exception) -> Response:
        return answer(request, bad_parameter("cursor", str(error)))

    def on_database(request: Request, _error: Exception) -> Response:
        detail = "The database cannot answer at this moment. Try again shortly."
        problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
        return answer(request, problem, {"Retry-After": "5"})

    def on_anything(request: Request, _error: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        response = answer(request, Problem(status, "The service failed to answer. It is logged."))
        # This one answer is made outside the middleware that sets the headers of all others.
        response.headers.update(SECURITY_HEADERS)
        return response

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(BadCursor, on_cursor)
    for kind in _DATABASE_ERRORS:
        app.add_exception_handler(kind, on_database)
    app.add_exception_handler(Exception, on_anything)


# Python's phrases changed between its versions; a problem's title may not.
_TITLES = {HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content"}
_DETAILS = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read. Send JSON in UTF-8, not deeply nested.",
    HTTPStatus.NOT_FOUND: "Nothing is served at this path. /docs lists what is.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This resource can only be read: use GET.",
}


def _detail(status: HTTPStatus, allowed: str) -> str:
    if status is HTTPStatus.METHOD_NOT_ALLOWED and "POST" in allowed:
        return "This resource takes a question: use POST."
    return _DETAILS.get(status, status.description or status.phrase)


def _wants_page(request: Request) -> bool:
    is_data = request.url.path.startswith(("/v1/", "/healthz", "/readyz", "/openapi.json"))
    return not is_data and "text/html" in request.headers.get("accept", "")


_OF_A_BODY = {
    "missing": "takes a JSON object",
    "model_attributes_type": "takes a JSON object, sent with Content-Type: application/json",
}


def _invalid(errors: Sequence[Any]) -> Problem:
    found = [_error(e["loc"], e["type"], str(e["msg"])) for e in errors]
    detail = "; ".join(f"{e['parameter']}: {e['reason']}" for e in found)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=found)


def _error(where: Sequence[Any], kind: str, message: str) -> dict[str, str]:
    """Which parameter, or member of a body, and what is wrong with it."""
    message = message.removeprefix("Value error, ")
    if kind == "json_invalid":
        return {"parameter": "body", "reason": f"is not JSON, from character {where[-1]} on"}
    if len(where) > 1:
        return {"parameter": str(where[1])[:_ECHO_LENGTH], "reason": message}
    if tuple(where) == ("body",):
        return {"parameter": "body", "reason": _OF_A_BODY.get(kind, message)}
    return {"parameter": "request", "reason": message}
