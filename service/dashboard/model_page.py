"""The page about the model: what it assumes, what was fitted, whether it still holds."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from sqlalchemy.orm import Session, sessionmaker
from starlette.responses import Response

from service.clock import Clock
from service.risk.parameters import load_parameters
from service.risk.shipped_models import load_shipped_models
from service.store.checks.model_document import read_model

STATES: Mapping[str, str] = {
    "ok": "Holds",
    "stale": "Stale: contracts changed after its priors",
    "drifted": "Drifted: markets are not what they were",
    "too_few": "Too little known to tell",
    "not_checked": "Not checked yet",
}
Show = Callable[[str, str, Mapping[str, object]], Response]


def add_model_page(
    router: APIRouter, sessions: sessionmaker[Session], clock: Clock, show: Show
) -> None:
    """``/model``."""

    @router.get("/model")
    def show_model() -> Response:
        with sessions() as session:
            model = read_model(session, load_parameters(), load_shipped_models(), clock.now())
        return show("model.html", "model", {"model": model, "words": STATES})
