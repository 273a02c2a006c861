"""The pages beside the API, asked without a socket."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from service.api.app import create_app
from service.clock import SetClock
from service.dashboard.pages import create_dashboard
from tests.store.scenes import NOW

OpenClient = Callable[..., TestClient]


@pytest.fixture
def open_client(sessions: sessionmaker[Session]) -> OpenClient:
    """Open the site with or without a banner."""

    def open_it(banner: str | None = None) -> TestClient:
        clock = SetClock(NOW)
        pages = create_dashboard(sessions, clock, version="1.2.3", banner=banner)
        app = create_app(sessions, clock, version="1.2.3", banner=banner, pages=pages)
        return TestClient(app, raise_server_exceptions=False, headers={"Accept": "text/html"})

    return open_it


@pytest.fixture
def client(open_client: OpenClient) -> Iterator[TestClient]:
    """The site as it is served live."""
    with open_client() as opened:
        yield opened
