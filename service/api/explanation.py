"""``/v1/markets/{ref}/explanation``: why a score is what it is, what moved it, what would."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.api.as_of import DATED, past_instant
from service.api.explanation_schemas import ExplanationDocument
from service.api.lookup import require_market
from service.api.parameters import Ref, only
from service.api.problems import Problem, bad_parameter
from service.api.site import Site
from service.api.wire import json_response
from service.risk.explain.explanation import to_explanation_document
from service.risk.explain.what_if import TAKES, BadWhatIf, WhatIf, parse_what_if
from service.store.scores.explanations import Explainer

MOST_WHAT_IFS = 5
_LONGEST = 80

Since = Annotated[
    datetime | None,
    DATED,
    Query(
        description="Tell what moved the score since this time (RFC 3339 with a zone); "
        "since 24 hours ago if absent."
    ),
]
WhatIfs = Annotated[
    list[Annotated[str, Query(max_length=_LONGEST)]] | None,
    Query(
        max_length=MOST_WHAT_IFS,
        description="`name=value`, one replaced input each: "
        + "; ".join(f"`{change}`: {takes}" for change, takes in TAKES.items())
        + ". The usual questions if absent.",
    ),
]


def explanation_router(site: Site, explainer: Explainer) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["assessments"])

    @router.get(
        "/v1/markets/{ref}/explanation",
        response_model=ExplanationDocument,
        dependencies=[only("since", repeatable=("what_if",))],
    )
    def read_explanation(ref: Ref, since: Since = None, what_if: WhatIfs = None) -> Response:
        """The latest score in words: drivers, what moved it since, what would move it."""
        then = None if since is None else past_instant(since, site.clock, "since")
        questions = None if what_if is None else [_question(text) for text in what_if]
        with site.sessions() as session:
            market = require_market(session, ref)
            found = explainer.explain(session, market, site.clock.now(), then, questions)
        if found is None:
            detail = "The market is known and has not been scored yet. Try again in some minutes."
            raise Problem(HTTPStatus.NOT_FOUND, detail, reference=ref)
        return json_response({**to_explanation_document(found), "notice": site.notice})

    return router


def _question(text: str) -> WhatIf:
    try:
        return parse_what_if(text)
    except BadWhatIf as error:
        raise bad_parameter("what_if", str(error)) from error
