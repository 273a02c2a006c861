"""The application on both databases, asked without a socket."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from service.api.app import create_app
from service.clock import SetClock
from service.store.scores.explanations import Explainer
from tests.risk.scenes import NO_COUNTS, PARAMETERS
from tests.store.chain_scenes import add_long_story
from tests.store.scenes import NOW, add_contracts, add_scored

EXPLAINER = Explainer(PARAMETERS, lambda *_: NO_COUNTS)


@pytest.fixture
def app(sessions: sessionmaker[Session]) -> FastAPI:
    """The API as it is served live, without pages."""
    return create_app(sessions, SetClock(NOW), version="1.2.3", explainer=EXPLAINER)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client that sees a 500 as its user would."""
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def told(sessions: sessionmaker[Session]) -> None:
    """Two scored markets; number 1 has a long story."""
    with sessions.begin() as session:
        add_contracts(session)
        add_scored(session, 1, add_long_story(session, 1), expected_loss=2_500_000)
        add_scored(session, 2, open_interest=None, expected_loss=None)
