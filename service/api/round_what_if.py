"""``POST /v1/rounds/{round_id}/what-if``: a supposed coalition against a round."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import Response

from service.api.parameters import only
from service.api.problems import Problem
from service.api.round_lines import CAUTION
from service.api.round_question_schemas import RoundAnswer, RoundQuestionBody
from service.api.round_questions import RoundShelf
from service.api.rounds import RoundPath, number_of, unknown_round
from service.api.site import Site
from service.api.wire import json_response
from service.risk.attack.attack_inputs import BadRoundInput
from service.risk.attack.round_document import to_what_if_document
from service.risk.attack.round_what_if import BadRoundWhatIf, RoundWhatIf, answer_round_what_if


def round_what_if_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["rounds"])
    shelf = RoundShelf()

    @router.post("/v1/rounds/{round_id}/what-if", response_model=RoundAnswer, dependencies=[only()])
    def ask_round(round_id: RoundPath, body: RoundQuestionBody) -> Response:
        """What a supposed coalition, stake, turnout or price would do to a round's requests."""
        number = number_of(round_id, site)
        with site.sessions() as session:
            inputs = shelf.get(session, number)
            if inputs is None:
                raise unknown_round(session, number)
        try:
            asked = {**body.model_dump(exclude_none=True), "coalition": tuple(body.coalition or ())}
            question = RoundWhatIf(**asked)
            answer = answer_round_what_if(inputs, question)
        except (BadRoundWhatIf, BadRoundInput) as error:
            raise _bad_question(str(error)) from error
        return json_response(
            {
                **to_what_if_document(answer),
                "caution": CAUTION,
                "notice": site.notice,
            }
        )

    return router


def _bad_question(reason: str) -> Problem:
    name = reason.partition(":")[0].partition("=")[0]
    errors = [{"parameter": name, "reason": reason}]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, reason, errors=errors)
