"""``/v1/model``: the model behind every score, and whether it still holds."""

from fastapi import APIRouter
from starlette.responses import Response

from service.api.model_schemas import ModelDocument
from service.api.parameters import only
from service.api.site import Site
from service.api.wire import json_response
from service.risk.parameters import load_parameters
from service.risk.shipped_models import load_shipped_models
from service.store.checks.model_document import read_model


def model_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["model"])

    @router.get("/v1/model", response_model=ModelDocument, dependencies=[only()])
    def read_model_document() -> Response:
        """Versions, every prior with its source, the fitted parts with their card, drift."""
        with site.sessions() as session:
            body = read_model(session, load_parameters(), load_shipped_models(), site.clock.now())
        return json_response({**body, "notice": site.notice})

    return router
