"""``/v1/rounds``: who could force or block what in the vote, and questions about it."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.round_assessment import RoundAssessment
from service.api.as_of import AsOf, past_instant
from service.api.parameters import Cursor, Limit, only
from service.api.problems import Problem
from service.api.round_lines import CAUTION, failed_line, round_line
from service.api.round_schemas import RoundDocument, RoundHistory, RoundList
from service.api.site import Site
from service.api.wire import json_response
from service.protocol.rounds import round_at
from service.store.keyset import (
    BadCursor,
    decode_cursor,
    decode_instant_cursor,
    encode_cursor,
    encode_instant_cursor,
)
from service.store.rounds.round_failures import list_failures
from service.store.scores.round_assessments import (
    list_round_history,
    list_rounds,
    newest_of_round,
    round_span,
)

_MAX_ID = 2**63
_LIST = ("rounds",)
# Of rounds that could not be assessed.
MOST_FAILED = 20
CURRENT = "current"

RoundPath = Annotated[
    str,
    Path(
        pattern=r"^(current|[0-9]{1,9})$",
        description="A round's number (days since 1970, halved), or `current`.",
        examples=[CURRENT],
    ),
]


def rounds_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["rounds"])

    @router.get("/v1/rounds", response_model=RoundList, dependencies=[only("limit", "cursor")])
    def list_vote_rounds(limit: Limit = 50, cursor: Cursor = None) -> Response:
        """Every assessed round by its newest assessment, newest round first.

        ``failed``: past rounds whose own rows cannot be assessed, which are tried again.
        """
        before = None if cursor is None else _round_position(cursor)
        with site.sessions() as session:
            rows = list_rounds(session, limit + 1, before)
            failed, count = list_failures(session, MOST_FAILED)
        last = rows[limit - 1].round_id if len(rows) > limit else None
        following = None if last is None else encode_cursor(_LIST, (last,))
        body = {
            "data": [round_line(row) for row in rows[:limit]],
            "failed": [failed_line(row) for row in failed],
            "failed_count": count,
        }
        return json_response({**body, "next_cursor": following, "notice": site.notice})

    @router.get("/v1/rounds/{round_id}", response_model=RoundDocument, dependencies=[only("as_of")])
    def read_round(round_id: RoundPath, as_of: AsOf = None) -> Response:
        """The newest assessment of a round, or the newest by ``as_of``, whole."""
        at = None if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            row = _require_round(session, number_of(round_id, site), at)
        return json_response({**row.document, "caution": CAUTION, "notice": site.notice})

    @router.get(
        "/v1/rounds/{round_id}/assessments",
        response_model=RoundHistory,
        dependencies=[only("limit", "cursor")],
    )
    def list_round_assessments(
        round_id: RoundPath, limit: Limit = 50, cursor: Cursor = None
    ) -> Response:
        """All assessments ever made of a round, newest first; none is ever changed.

        Each one whole: ``/v1/rounds/{round_id}?as_of=`` with its ``as_of``.
        """
        number = number_of(round_id, site)
        identity = ("round", number)
        before = None if cursor is None else decode_instant_cursor(cursor, identity)
        with site.sessions() as session:
            if before is None:
                _require_round(session, number, None)
            rows = list_round_history(session, number, limit + 1, before)
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = encode_instant_cursor(identity, last.as_of, last.id)
        data = [round_line(row) for row in rows[:limit]]
        return json_response({"data": data, "next_cursor": following, "notice": site.notice})

    return router


def number_of(round_id: str, site: Site) -> int:
    """The round a path names."""
    if round_id == CURRENT:
        return round_at(int(site.clock.now().timestamp()))
    return int(round_id)


def _require_round(session: Session, number: int, at: datetime | None) -> RoundAssessment:
    row = newest_of_round(session, number, at)
    if row is None:
        raise unknown_round(session, number)
    return row


def unknown_round(session: Session, number: int) -> Problem:
    """404: which rounds are known."""
    span = round_span(session)
    known = "No round was assessed yet: score_rounds needs the vote's logs."
    members = {}
    if span is not None:
        known = f"Assessed are rounds from {span[0]} to {span[1]}: /v1/rounds lists them."
        members = {"first_round": span[0], "last_round": span[1]}
    detail = f"Round {number} has no assessment, or had none by then. {known}"
    return Problem(HTTPStatus.NOT_FOUND, detail, reference=str(number), **members)


def _round_position(cursor: str) -> int:
    match decode_cursor(cursor, _LIST, 1):
        case (int(number),) if 0 <= number < _MAX_ID:
            return number
        case _:
            raise BadCursor("is not a cursor of this API")
