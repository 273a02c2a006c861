"""``/v1/markets/{ref}/assessment`` (the latest) and ``/assessments`` (all of them)."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import Response

from service.api.document_schema import AssessmentDocument
from service.api.lines import assessment_line
from service.api.lookup import require_market
from service.api.parameters import Cursor, Limit, Ref, only
from service.api.problems import Problem
from service.api.schemas import AssessmentList
from service.api.site import Site
from service.api.wire import json_response
from service.store.keyset import decode_instant_cursor, encode_instant_cursor
from service.store.scores.assessments import get_latest, list_history


def assessments_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["assessments"])

    @router.get(
        "/v1/markets/{ref}/assessment", response_model=AssessmentDocument, dependencies=[only()]
    )
    def read_assessment(ref: Ref) -> Response:
        """The latest assessment document: probability, components, drivers, money, freshness."""
        with site.sessions() as session:
            market = require_market(session, ref)
            latest = get_latest(session, market.id)
        if latest is None:
            detail = "The market is known and has not been scored yet. Try again in some minutes."
            raise Problem(HTTPStatus.NOT_FOUND, detail, reference=ref)
        return json_response(latest.document)

    @router.get(
        "/v1/markets/{ref}/assessments",
        response_model=AssessmentList,
        dependencies=[only("limit", "cursor")],
    )
    def list_assessments(ref: Ref, limit: Limit = 50, cursor: Cursor = None) -> Response:
        """All assessments ever made of a market, newest first; none is ever changed."""
        with site.sessions() as session:
            market = require_market(session, ref)
            identity = ("assessments", market.id)
            before = None if cursor is None else decode_instant_cursor(cursor, identity)
            rows = list_history(session, market.id, limit + 1, before)
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = encode_instant_cursor(identity, last.as_of, last.id)
        data = [assessment_line(row) for row in rows[:limit]]
        return json_response({"data": data, "next_cursor": following, "notice": site.notice})

    return router
