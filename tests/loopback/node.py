"""A JSON-RPC node on loopback that replays captures, with the faults real nodes have."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.replays import SCENARIOS, read_replay


@dataclass
class ReplayNode:
    """A chain made of captures; ``with ReplayNode.of("a-clean") as node: node.url``."""

    chain_id: int
    blocks: dict[int, dict[str, Any]]
    logs: list[dict[str, Any]]
    # The newest block the node admits to; None shows all of them.
    head: int | None = None
    # The newest block it calls final; None where all are.
    final: int | None = None
    # Refuses a range holding more logs than this.
    most_logs: int | None = None
    has_batches: bool = True
    # What contracts answer to a call without arguments, by lower-case address and selector.
    getters: dict[tuple[str, str], str] = field(default_factory=dict)
    # The code at an address, by lower-case address; no other address has any.
    codes: dict[str, str] = field(default_factory=dict)
    # How many transactions an address had sent, by lower-case address; any other has sent none.
    sent: dict[str, int] = field(default_factory=dict)
    # Changes an answer's result before it is sent: (method, result) -> result.
    tamper: Callable[[str, Any], Any] = lambda _method, result: result
    # Answers this instead of JSON, once for each entry.
    raw_answers: list[tuple[int, bytes]] = field(default_factory=list)
    # Headers sent with those.
    raw_headers: dict[str, str] = field(default_factory=dict)
    # Waits this long before an answer, once for each entry.
    delays: list[float] = field(default_factory=list)
    knows_finalized: bool = True
    # Changes a whole answer before it is sent.
    rewrite: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer
    asked: list[str] = field(default_factory=list)

    @classmethod
    def view(cls, number: int, **options: Any) -> Self:
        """The chain of ``j-reorg`` in one of its states, on top of the scenarios before it."""
        node = cls.of("00-deployment", *(name for name in SCENARIOS if name[0] in "abcdefghi"))
        node.show(number)
        for name, value in options.items():
            setattr(node, name, value)
        return node

    def show(self, number: int) -> dict[str, Any]:
        """Put the node's chain into a state of ``j-reorg``; returns what is expected there."""
        view = read_replay("j-reorg")["views"][number]
        capture = view["capture"]
        first = int(capture["blocks"][0]["number"], 16)
        below = {n: block for n, block in self.blocks.items() if n < first}
        self.blocks = below | {int(block["number"], 16): block for block in capture["blocks"]}
        older = [log for log in self.logs if int(log["blockNumber"], 16) < first]
        self.logs = older + capture["logs"]
        expected: dict[str, Any] = view["expected"]
        return expected

    @classmethod
    def of(cls, *names: str, chain_id: int = 137, **options: Any) -> Self:
        """A node that serves whole captures of one chain, one after another."""
        blocks: dict[int, dict[str, Any]] = {}
        logs: list[dict[str, Any]] = []
        for name in names:
            part = read_replay(name)["chains"].get(str(chain_id))
            if part is None:
                continue
            blocks |= {int(block["number"], 16): block for block in part["blocks"]}
            logs += part["logs"]
        return cls(chain_id, blocks, logs, **options)

    def __enter__(self) -> Self:
        """Start serving."""
        handler = type("Handler", (_Handler,), {"node": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where the node listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/key-SECRET"

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """The answer to one call."""
        method, params = call["method"], call.get("params", [])
        self.asked.append(method)
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            result = self._result(method, params)
        except LookupError as error:
            return reply | {"error": {"code": -32005, "message": error.args[0]}}
        return self.rewrite(reply | {"result": self.tamper(method, result)})

    def _result(self, method: str, params: list[Any]) -> Any:
        head = max(self.blocks) if self.head is None else self.head
        final = head if self.final is None else self.final
        match method:
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_blockNumber":
                return hex(head)
            case "eth_getBlockByNumber":
                tag = params[0]
                if tag == "finalized" and not self.knows_finalized:
                    raise LookupError("invalid argument 0: hex string without 0x prefix")
                tags = {"latest": head, "finalized": min(head, final), "safe": min(head, final)}
                number = tags[tag] if tag in tags else int(tag, 16)
                return self.blocks.get(number) if number <= head else None
            case "eth_getLogs":
                return self._logs(params[0], head)
            case "eth_getCode" | "eth_getTransactionCount":
                address = params[0].lower()
                is_code = method == "eth_getCode"
                return self.codes.get(address, "0x") if is_code else hex(self.sent.get(address, 0))
            case "eth_call":
                answer = self.getters.get((params[0]["to"].lower(), params[0]["data"]))
                if answer is None:
                    raise LookupError("execution reverted")
                return answer
        raise LookupError(f"the method {method} does not exist")

    def _logs(self, query: dict[str, Any], head: int) -> list[dict[str, Any]]:
        first, last = int(query["fromBlock"], 16), min(int(query["toBlock"], 16), head)
        addresses = {address.lower() for address in query["address"]}
        found = [
            log
            for log in self.logs
            if first <= int(log["blockNumber"], 16) <= last
            and log["address"].lower() in addresses
            and _has_topics(log["topics"], query["topics"])
        ]
        if self.most_logs is not None and len(found) > self.most_logs:
            raise LookupError("query returned more than 10000 results")
        return found


def _has_topics(topics: list[str], places: list[list[str] | None]) -> bool:
    """Whether a log fits a query's topics: at each place one of those named, or anything."""
    return len(topics) >= len(places) and all(
        place is None or topic in place for topic, place in zip(topics, places, strict=False)
    )


class _Handler(BaseHTTPRequestHandler):
    node: ReplayNode

    def do_POST(self) -> None:  # the base class's name
        """Answer a call, a batch, or what the test put in the way."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.node.delays:
            time.sleep(self.node.delays.pop(0))
        if self.node.raw_answers:
            status, raw = self.node.raw_answers.pop(0)
            self._send(status, raw, self.node.raw_headers)
            return
        if isinstance(body, list) and not self.node.has_batches:
            error = {"code": -32600, "message": "batches are not supported"}
            self._send(200, json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode())
            return
        answers: Any = (
            [self.node.answer(call) for call in body]
            if isinstance(body, list)
            else self.node.answer(body)
        )
        self._send(200, json.dumps(answers).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Iterable[object]) -> None:
        """Keep the test's output clean."""
