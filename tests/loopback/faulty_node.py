"""A node that misbehaves at random: what real ones do, one request in so many."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.loopback.node import ReplayNode

Answer = dict[str, Any]
# How an answer is sent: status, body, and how many bytes of it.
Sent = tuple[int, bytes, int]
# Longer than the readers of these nodes wait.
STALL_SECONDS = 0.6
HTML = b"<html><body>502 Bad Gateway</body></html>"


def _error(code: int, message: str) -> Callable[[Answer, random.Random], None]:
    def spoil(answer: Answer, _: random.Random) -> None:
        answer.pop("result", None)
        answer["error"] = {"code": code, "message": message}

    return spoil


def _outside_range(answer: Answer, rng: random.Random) -> None:
    answer["result"].append(dict(rng.choice(answer["result"]), blockNumber="0xffffff"))


def _out_of_order(answer: Answer, rng: random.Random) -> None:
    rng.shuffle(answer["result"])


def _twice(answer: Answer, rng: random.Random) -> None:
    answer["result"].append(rng.choice(answer["result"]))


def _withheld(answer: Answer, rng: random.Random) -> None:
    answer["result"].pop(rng.randrange(len(answer["result"])))


def _other_hash(answer: Answer, rng: random.Random) -> None:
    answer["result"] = dict(answer["result"], hash="0x" + rng.randbytes(32).hex())


def _no_block(answer: Answer, _: random.Random) -> None:
    answer["result"] = None


# By the shape of the answer they spoil.
ANY_ANSWER = {
    "rate limit in JSON": _error(-32005, "rate limit exceeded"),
    "internal error": _error(-32603, "internal error"),
}
LOGS = {
    "range too wide": _error(-32005, "query returned more than 10000 results"),
    "log outside the range": _outside_range,
    "logs out of order": _out_of_order,
    "log given twice": _twice,
    "log withheld": _withheld,
}
BLOCK = {"block changed": _other_hash, "block unknown": _no_block}
HEAD = "head lags"
# Faults of what is said, among them and those of how it is sent.
WELL_SENT = 0.6
# Of the other answers fewer get one: it would end most runs before there is a log.
QUIET = 0.35
BRANCH, BRANCH_RATE = "another branch", 0.3
ON_THE_WIRE: dict[str, Callable[[bytes], Sent | None]] = {
    "HTTP 429": lambda _: (429, b"slow down", 9),
    "HTTP 503": lambda _: (503, b"", 0),
    "HTML page": lambda _: (200, HTML, len(HTML)),
    "truncated JSON": lambda body: (200, body[: len(body) // 2], len(body) // 2),
    "cut off": lambda body: (200, body[: len(body) // 2], len(body)),
    "hung up": lambda _: None,
    "no answer in time": lambda _: time.sleep(STALL_SECONDS),
}
FAULTS = sorted({*ANY_ANSWER, *LOGS, *BLOCK, HEAD, *ON_THE_WIRE})


class FaultyNode:
    """Answers for a replayed chain, or a branch of it that lost; honest until told otherwise."""

    def __init__(
        self,
        chain: ReplayNode,
        rng: random.Random,
        *,
        branches: Sequence[ReplayNode] = (),
    ) -> None:
        self.chain = chain
        self.branches = branches
        self.upstream = chain
        # The share of answers with logs that get a fault.
        self.rate = 0.0
        self.served: Counter[str] = Counter()
        # A fault that is put into every answer it fits, until it was served so often.
        self.only: str | None = None
        self.at_most = 2
        self._rng = rng
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Start serving."""
        handler = type("Handler", (_Handler,), {"node": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def misbehave(self, rate: float) -> None:
        """Put a fault into this share of the answers, and perhaps follow another branch."""
        self.rate, self.upstream = rate, self.chain
        if rate and self.branches and self._rng.random() < BRANCH_RATE:
            self.upstream = self._rng.choice(self.branches)
            self.served[BRANCH] += 1

    def respond(self, body: Any) -> Sent | None:
        """What is sent for a request; ``None`` closes the connection instead."""
        calls = body if isinstance(body, list) else [body]
        answers = [self.upstream.answer(call) for call in calls]
        with self._lock:
            fault = self._spoil(calls, answers) if self._is_due(answers) else None
        sent = json.dumps(answers if isinstance(body, list) else answers[0]).encode()
        return ON_THE_WIRE[fault](sent) if fault in ON_THE_WIRE else (200, sent, len(sent))

    def _spoil(self, calls: list[Mapping[str, Any]], answers: list[Answer]) -> str | None:
        """Choose a fault that fits one of the calls and put it into that call's answer."""
        at = self._rng.randrange(len(calls))
        answer, params = answers[at], calls[at].get("params", [])
        fits = dict(LOGS if _holds_logs(answer) else ANY_ANSWER)
        if isinstance(answer.get("result"), dict):
            fits |= BLOCK
            if params[0] in {"latest", "safe", "finalized"}:
                fits[HEAD] = self._lag
        fault = self._choose(fits)
        if fault is None:
            return None
        if fault in fits:
            # The replayed chain's own records stay as they are.
            if _holds_logs(answer):
                answer["result"] = list(answer["result"])
            fits[fault](answer, self._rng)
        self.served[fault] += 1
        return fault

    def _is_due(self, answers: list[Answer]) -> bool:
        if self.only is not None:
            return self.served[self.only] < self.at_most
        return self._rng.random() < self.rate * (1 if any(map(_holds_logs, answers)) else QUIET)

    def _choose(self, fits: Iterable[str]) -> str | None:
        if self.only is not None:
            return self.only if self.only in {*fits, *ON_THE_WIRE} else None
        return self._rng.choice(sorted(fits if self._rng.random() < WELL_SENT else ON_THE_WIRE))

    def _lag(self, answer: Answer, rng: random.Random) -> None:
        head = int(answer["result"]["number"], 16)
        answer["result"] = self.upstream.blocks[max(0, head - rng.randint(1, 60))]


def _holds_logs(answer: Answer) -> bool:
    return isinstance(answer.get("result"), list) and bool(answer["result"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed says nothing more; that is no error here."""


class _Handler(BaseHTTPRequestHandler):
    node: FaultyNode
    protocol_version = "HTTP/1.1"
    # Head and body go out in one piece: in two, each answer would wait 40 ms for the other side.
    wbufsize = -1

    def do_POST(self) -> None:  # the base class's name
        """Answer a call or a batch, or fail to."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        sent = self.node.respond(body)
        if sent is None:
            self.close_connection = True
            return
        status, content, length = sent
        self.send_response(status)
        self.send_header("content-length", str(length))
        self.end_headers()
        self.wfile.write(content)
        if length != len(content):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""
