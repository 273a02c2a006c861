"""The pages of the vote's rounds: what hangs on each, and who could force or block it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.orm import Session, sessionmaker
from starlette.responses import Response

from service.clock import Clock
from service.dashboard.rounds_view import PRIVACY, round_row, view_round
from service.protocol.rounds import round_at
from service.store.scores.round_assessments import list_rounds, newest_of_round

_ROUNDS = 30
_MOST_DIGITS = 9
Show = Callable[[str, str, Mapping[str, object]], Response]
ShowError = Callable[[HTTPStatus, str], Response]


def add_rounds_pages(
    router: APIRouter,
    sessions: sessionmaker[Session],
    clock: Clock,
    show: Show,
    show_error: ShowError,
) -> None:
    """``/rounds`` and ``/rounds/{id}``."""

    @router.get("/rounds")
    def show_rounds() -> Response:
        with sessions() as session:
            rows = [round_row(row) for row in list_rounds(session, _ROUNDS)]
        return show("rounds.html", "rounds", {"rows": rows, "privacy": PRIVACY})

    @router.get("/rounds/{round_id}")
    def show_round(round_id: Annotated[str, Path(max_length=20)]) -> Response:
        number = _number(round_id, clock)
        with sessions() as session:
            row = None if number is None else newest_of_round(session, number)
            view = None if row is None else view_round(row)
        if view is None:
            detail = (
                f"No round \u201c{round_id}\u201d of the vote was assessed. /rounds lists them."
            )
            return show_error(HTTPStatus.NOT_FOUND, detail)
        return show("round.html", "rounds", {"view": view, "privacy": PRIVACY})


def _number(round_id: str, clock: Clock) -> int | None:
    if round_id == "current":
        return round_at(int(clock.now().timestamp()))
    if round_id.isascii() and round_id.isdigit() and len(round_id) <= _MOST_DIGITS:
        return int(round_id)
    return None
