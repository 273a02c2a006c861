"""A webhook receiver on the loopback that answers as told and keeps what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import SecretStr


class Webhook(ThreadingHTTPServer):
    """Answers every POST with ``status`` after ``is_released`` allows it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.location: str | None = None
        self.is_released = threading.Event()
        self.is_released.set()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, host: str = "127.0.0.1", query: str = "") -> SecretStr:
        return SecretStr(f"json://{host}:{self.port}/hook{query}")


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self.server.headers.append(dict(self.headers))
        self.server.is_released.wait(20)
        try:
            self.send_response(self.server.status)
            if self.server.location is not None:
                self.send_header("Location", self.server.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            # The sender gave up waiting, which is what some tests are about.
            return

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def running_webhook() -> Iterator[Webhook]:
    """A receiver that listens until the block ends."""
    server = Webhook()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.is_released.set()
        server.shutdown()
        server.server_close()
        thread.join()
