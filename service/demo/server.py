"""A loopback server that is Polymarket's APIs and a Polygon node, as of a clock it is given."""

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, urlsplit

from service.clock import Clock
from service.demo.case import Case
from service.demo.case_files import World
from service.demo.catalogue import BadQuery, Catalogue, Query
from service.demo.ledger import Ledger
from service.demo.rpc_answers import answer_rpc
from service.protocol.contracts import ContractBook

RPC_PATH = "/rpc"
LARGEST_BODY = 4_000_000


class Venue(Protocol):
    """Answers of the venue's routes as of an instant."""

    def markets(self, query: Query, at: datetime) -> dict[str, Any]: ...  # noqa: D102  # a route

    def resolutions(self, query: Query, at: datetime) -> dict[str, Any]: ...  # noqa: D102

    def open_interest(self, query: Query, at: datetime) -> dict[str, Any]: ...  # noqa: D102

    def books(self, tokens: Sequence[str], at: datetime) -> list[dict[str, Any]]: ...  # noqa: D102

    def positions(self, query: Query, at: datetime) -> dict[str, Any]: ...  # noqa: D102

    def prices(self, query: Query, at: datetime) -> dict[str, Any]: ...  # noqa: D102


class VenueServer:
    """Serves a venue, and a chain if there is one, on 127.0.0.1 while its ``with`` block runs."""

    def __init__(self, venue: Venue, clock: Clock, ledger: Ledger | None = None) -> None:
        """Prepare to answer; nothing listens yet."""
        self._http = _Listener(venue, clock, ledger)
        # The default poll makes every shutdown wait half a second.
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """The base address of all three HTTP APIs."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def rpc_url(self) -> str:
        """The node's address."""
        return self.url + RPC_PATH

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and free the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class ReconstructionServer(VenueServer):
    """Serves a set of cases."""

    def __init__(
        self, cases: Sequence[Case], world: World, book: ContractBook, clock: Clock
    ) -> None:
        """Prepare the answers; nothing listens yet."""
        self.catalogue = Catalogue(cases, world, book)
        super().__init__(self.catalogue, clock, self.catalogue.ledger)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, venue: Venue, clock: Clock, ledger: Ledger | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.venue = venue
        self.clock = clock
        self.ledger = ledger


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Each answer is two small writes; without this the second waits for an acknowledgement.
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        """Answer a read of Gamma or the Data API."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        now = self.server.clock.now()
        try:
            match parts.path:
                case "/markets/keyset":
                    self._send(200, self.server.venue.markets(query, now))
                case "/v2/resolutions":
                    self._send(200, self.server.venue.resolutions(query, now))
                case "/v2/oi":
                    self._send(200, self.server.venue.open_interest(query, now))
                case "/v2/positions":
                    self._send(200, self.server.venue.positions(query, now))
                case "/v2/prices-history":
                    self._send(200, self.server.venue.prices(query, now))
                case _:
                    self._send(404, {"type": "not found error", "error": "no such route"})
        except (BadQuery, KeyError, ValueError, ArithmeticError) as error:
            self._send(422, {"type": "validation error", "error": str(error)})

    def do_POST(self) -> None:
        """Answer a request for books, or for the chain."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._send(413, {"error": "body too large"})
            return
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            self._send(400, {"error": "the body is not JSON"})
            return
        now = self.server.clock.now()
        match urlsplit(self.path).path:
            case "/books":
                self._send(200, self.server.venue.books(_tokens(body), now))
            case path if path == RPC_PATH and self.server.ledger is not None:
                self._send(200, answer_rpc(body, self.server.ledger, now))
            case _:
                self._send(404, {"error": "no such route"})

    def log_message(self, *_arguments: object) -> None:
        """Stay silent: the terminal belongs to the demo's progress."""

    def _send(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _tokens(body: object) -> list[str]:
    if not isinstance(body, list):
        return []
    return [str(one["token_id"]) for one in body if isinstance(one, Mapping) and "token_id" in one]
