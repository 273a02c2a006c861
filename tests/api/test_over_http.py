import socket
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    """The application behind a real socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.mark.usefixtures("told")
def test_the_api_answers_over_a_real_connection(url: str) -> None:
    with urllib.request.urlopen(f"{url}/v1/markets?limit=1") as answer:  # noqa: S310  # loopback
        assert answer.status == 200
        assert b'"next_cursor":"' in answer.read()
    request = urllib.request.Request(f"{url}/healthz", method="HEAD")  # noqa: S310  # loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310  # loopback
        assert answer.headers["Content-Length"] != "0"
        assert answer.read() == b""
