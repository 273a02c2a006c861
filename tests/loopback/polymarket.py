"""A real HTTP server that behaves like Polymarket's three APIs, their traps included.

Gamma, CLOB and Data API share one address; their paths do not collide. Set ``markets``,
``resolutions``, ``open_interest`` and ``books``; queue what should go wrong with ``fail``.
"""

import base64
import contextlib
import json
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.loopback.polymarket_catalogue import ORDERS, is_asked_for, ordered
from tests.loopback.polymarket_clarifications import CLARIFICATIONS, Clarifications

Record = dict[str, Any]

MARKETS = "/markets/keyset"
EVENTS = "/events/keyset"
RESOLUTIONS = "/v2/resolutions"
OPEN_INTEREST = "/v2/oi"
BOOKS = "/books"

DEFAULT_LIMIT = 20
CLAMP = 100
DEEPEST_OFFSET = 2_000
MOST_CONDITIONS = 20
MOST_TOKENS = 500
HEX32 = 66


@dataclass(frozen=True)
class Answer:
    """What goes over the wire; ``pace`` seconds between single bytes of the slow part."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: str = ""
    pace: float = 0.02


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(
        status, json.dumps(value).encode(), {"Content-Type": "application/json"} | headers
    )


def too_many(retry_after: str | None = None) -> Answer:
    """A 429 as seen: without JSON, and mostly without Retry-After."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Answer(429, b"", headers)


def error_under_200() -> Answer:
    return as_json({"error": "Too Many Requests"})


def server_error() -> Answer:
    return as_json({"type": "internal error", "error": "cannot get the information"}, 500)


def html_page(status: int = 200) -> Answer:
    page = b"<!DOCTYPE html><html><body>Just a moment...</body></html>"
    return Answer(status, page, {"Content-Type": "text/html; charset=UTF-8"})


def truncated_json() -> Answer:
    return Answer(200, b'{"markets":[{"id":"1","quest', {"Content-Type": "application/json"})


def raw(body: bytes) -> Answer:
    return Answer(200, body, {"Content-Type": "application/json"})


def trickled_body() -> Answer:
    """Bytes that keep coming, always before an idle time-out, for longer than anybody waits."""
    return Answer(200, b" " * 10_000, slow="body")


def trickled_headers() -> Answer:
    return Answer(200, b"{}", {"X-Padding": "x" * 10_000}, slow="headers")


def dropped() -> Answer:
    """The connection closes before an answer."""
    return Answer(0)


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    params: Mapping[str, list[str]]
    body: object
    headers: Mapping[str, str]


class PolymarketServer:
    """``with PolymarketServer() as server: server.markets = [...]; server.url``."""

    def __init__(self) -> None:
        self.markets: list[Record] = []
        self.events: list[Record] = []
        self.resolutions: list[Record] = []
        self.open_interest: dict[str, object] = {}
        self.books: dict[str, Record] = {}
        self.clarifications = Clarifications()
        # Routes a test adds, by method and path.
        self.more: dict[tuple[str, str], Callable[[Seen], Answer]] = {}
        # Every page answers the cursor of page 1, as when a cursor is not understood.
        self.cursor_loop = False
        # Each page starts with the last market of the page before, as when rows move meanwhile.
        self.overlap = False
        # Never fewer than asked for: some pages come short of the limit without being the last.
        self.short_pages = False
        # Pages that hold one of these ids end in a 500, whichever way they are asked for.
        self.poisoned: set[str] = set()
        # Called before each page of a list, as when rows come and go meanwhile.
        self.before_page: Callable[[Mapping[str, list[str]]], None] | None = None
        self.seen: list[Seen] = []
        self._faults: dict[str, deque[Answer]] = defaultdict(deque)
        self._always: dict[str, Answer] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    @property
    def requests(self) -> Counter[str]:
        """How many requests came, by path."""
        with self._lock:
            return Counter(seen.path for seen in self.seen)

    def fail(self, path: str, *answers: Answer) -> None:
        """Answer the next requests of a path with these, one each."""
        self._faults[path].extend(answers)

    def fail_always(self, path: str, answer: Answer) -> None:
        """Answer every request of a path with this."""
        self._always[path] = answer

    def heal(self) -> None:
        """Forget all faults."""
        self._faults.clear()
        self._always.clear()

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, seen: Seen) -> Answer:
        with self._lock:
            self.seen.append(seen)
            if self._faults[seen.path]:
                return self._faults[seen.path].popleft()
        if seen.path in self._always:
            return self._always[seen.path]
        routes: dict[tuple[str, str], Callable[[], Answer]] = {
            ("GET", MARKETS): lambda: self._keyset(seen.params, "markets"),
            ("GET", EVENTS): lambda: self._keyset(seen.params, "events"),
            ("GET", "/markets"): lambda: self._offset(seen.params),
            ("GET", RESOLUTIONS): lambda: self._resolution_rows(seen.params),
            ("GET", OPEN_INTEREST): lambda: self._interest_rows(seen.params),
            ("GET", CLARIFICATIONS): lambda: as_json(*self.clarifications.answer(seen.params)),
            ("POST", BOOKS): lambda: self._books(seen.body),
        }
        more = self.more.get((seen.method, seen.path))
        if more is not None:
            return more(seen)
        return routes.get((seen.method, seen.path), _not_found)()

    def pause(self, seconds: float) -> bool:
        """Wait; tells whether the server is being stopped."""
        return self._stopping.wait(seconds)

    def _keyset(self, params: Mapping[str, list[str]], name: str) -> Answer:
        if self.before_page is not None:
            self.before_page(params)
        if "offset" in params:
            return _invalid("offset is not supported, use after_cursor")
        if params.get("order", ["id"])[0] not in ORDERS:
            return _invalid("order fields are not valid")
        rows = ordered(self._filtered(params, name), params)
        limit = max(1, min(int(params.get("limit", [str(DEFAULT_LIMIT)])[0]), CLAMP))
        query = {k: v for k, v in params.items() if k not in {"after_cursor", "limit"}}
        start = 0
        # Any other name for the cursor is ignored without a word: page 1 again.
        if "after_cursor" in params:
            place = json.loads(base64.urlsafe_b64decode(params["after_cursor"][0]))
            if place["query"] != query:
                return _invalid("cursor does not belong to this query")
            start = place["start"]
        stop = start + (max(1, limit // 2) if self.short_pages and start == 0 else limit)
        first = max(0, start - 1) if self.overlap else start
        if any(str(row.get("id")) in self.poisoned for row in rows[first:stop]):
            return server_error()
        page: Record = {name: rows[first:stop]}
        if stop < len(rows) or self.cursor_loop:
            following = {"start": limit if self.cursor_loop else stop, "query": query}
            page["next_cursor"] = base64.urlsafe_b64encode(json.dumps(following).encode()).decode()
        return as_json(page)

    def _offset(self, params: Mapping[str, list[str]]) -> Answer:
        offset = int(params.get("offset", ["0"])[0])
        if offset > DEEPEST_OFFSET:
            return _invalid("offset too large, use /markets/keyset for deeper pagination")
        return as_json(self._filtered(params, "markets")[offset : offset + CLAMP])

    def _filtered(self, params: Mapping[str, list[str]], name: str) -> list[Record]:
        records = self.markets if name == "markets" else self.events
        rows = [record for record in records if is_asked_for(record, params)]
        rows.sort(key=lambda record: int(record.get("id") or 0))
        if name == "events" or params.get("include_tag", ["false"])[0] == "true":
            return rows
        return [{k: v for k, v in record.items() if k != "tags"} for record in rows]

    def _resolution_rows(self, params: Mapping[str, list[str]]) -> Answer:
        wanted = _conditions(params)
        if isinstance(wanted, Answer):
            return wanted
        if not wanted:
            return _refused("give exactly one of question_id, condition, event_id")
        rows = [row for row in reversed(self.resolutions) if row.get("condition_id") in wanted]
        return as_json({"data": rows})

    def _interest_rows(self, params: Mapping[str, list[str]]) -> Answer:
        wanted = _conditions(params)
        if isinstance(wanted, Answer):
            return wanted
        known = {"GLOBAL": 359030965.46665794} if not wanted else self.open_interest
        names = ["GLOBAL"] if not wanted else [c for c in reversed(wanted) if c in known]
        return as_json({"data": [{"condition_id": c, "value": known[c]} for c in names]})

    def _books(self, body: object) -> Answer:
        assert isinstance(body, list)
        tokens = [item["token_id"] for item in body]
        if len(tokens) > MOST_TOKENS:
            return as_json({"error": "Payload exceeds the limit"}, 400)
        if not all(token.isdigit() for token in tokens):
            return as_json({"error": "Invalid token id"}, 400)
        return as_json([self.books[token] for token in reversed(tokens) if token in self.books])


def _invalid(message: str) -> Answer:
    return as_json({"type": "validation error", "error": message}, 422)


def _refused(message: str) -> Answer:
    body = {"error": message, "code": "invalid_request", "retryable": False, "trace_id": "0"}
    return as_json(body, 400)


def _conditions(params: Mapping[str, list[str]]) -> list[str] | Answer:
    text = params.get("condition", [""])[0]
    wanted = text.split(",") if text else []
    if "offset" in params:
        return _refused("offset is not supported")
    if len(wanted) > MOST_CONDITIONS:
        return _refused("condition: at most 20 ids")
    if any(len(condition) != HEX32 for condition in wanted):
        return _refused("condition: not a 32-byte id")
    return wanted


def _not_found() -> Answer:
    return as_json({"error": "Not Found"}, 404)


def _handler(server: PolymarketServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave in one packet each, without waiting for an acknowledgement.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve("GET", None)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._serve("POST", json.loads(self.rfile.read(length)))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
            pass

        def _serve(self, method: str, body: object) -> None:
            parts = urlsplit(self.path)
            params = parse_qs(parts.query, keep_blank_values=True)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(Seen(method, parts.path, params, body, headers))
            # A peer that hangs up early is what some tests are about.
            with contextlib.suppress(ConnectionError):
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            if answer.status == 0:
                self.close_connection = True
                return
            lines = [f"HTTP/1.1 {answer.status} Whatever"]
            headers = {"Content-Length": str(len(answer.body))} | dict(answer.headers)
            lines += [f"{name}: {value}" for name, value in headers.items()]
            head = "\r\n".join([*lines, "", ""]).encode()
            for part, is_slow in (
                (head, answer.slow == "headers"),
                (answer.body, bool(answer.slow)),
            ):
                for piece in _pieces(part, is_slow=is_slow):
                    self.wfile.write(piece)
                    self.wfile.flush()
                    if is_slow and server.pause(answer.pace):
                        self.close_connection = True
                        return

    return Handler


def _pieces(data: bytes, *, is_slow: bool) -> Iterator[bytes]:
    if not is_slow:
        yield data
        return
    for index in range(len(data)):
        yield data[index : index + 1]
