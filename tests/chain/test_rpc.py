"""A node's answers: batches of every make, URLs that stand in for each other, honest health."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
from pydantic import SecretStr

from models.enums import SourceState
from service.chain import rpc
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.errors import RangeTooWide, SourceError, SourcePaused, TransientSourceError

CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
Call = dict[str, Any]
# What a node answers: a call or a batch of them -> a JSON document.
Answer = Callable[[Any], Any]


class Talker:
    """A JSON-RPC endpoint that says what a test wants; ``eth_chainId`` it knows by itself."""

    def __init__(self, answer: Answer, chain_id: int = 137) -> None:
        self.asked: list[Any] = []
        talker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the base class's name
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if isinstance(body, dict) and body["method"] == "eth_chainId":
                    document: Any = {"jsonrpc": "2.0", "id": body["id"], "result": hex(chain_id)}
                else:
                    talker.asked.append(body)
                    document = answer(body)
                raw = talker.encode(document)
                self.send_response(200)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @staticmethod
    def encode(document: object) -> bytes:
        return json.dumps(document).encode()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> SecretStr:
        return SecretStr(f"http://127.0.0.1:{self._server.server_address[1]}/SECRET")


def node_of(*talkers: Talker) -> Node:
    circuit = Circuit("polygon_rpc", CLOCK, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses, guards nothing
    return Node("polygon_rpc", 137, [t.url for t in talkers], circuit)


def block(number: int) -> dict[str, str]:
    return {
        "number": hex(number),
        "hash": "0x" + f"{number:064x}",
        "parentHash": "0x" + f"{number - 1:064x}",
        "timestamp": hex(1_700_000_000 + number),
    }


def reply(call: Call) -> Call:
    """A node in good health."""
    result = [] if call["method"] == "eth_getLogs" else block(int(call["params"][0], 16))
    return {"jsonrpc": "2.0", "id": call["id"], "result": result}


def healthy(body: Any) -> Any:
    return [reply(call) for call in body] if isinstance(body, list) else reply(body)


def failing(message: str, code: int = -32000) -> Answer:
    def answer(body: Any) -> Any:
        calls = body if isinstance(body, list) else [body]
        error = {"code": code, "message": message}
        answers = [{"jsonrpc": "2.0", "id": call["id"], "error": error} for call in calls]
        return answers if isinstance(body, list) else answers[0]

    return answer


def altered(change: Callable[[list[Call]], Any]) -> Answer:
    """Batches are changed after they were answered well; single calls are not."""
    return lambda body: change(healthy(body)) if isinstance(body, list) else healthy(body)


@pytest.fixture
def well() -> Iterator[Talker]:
    with Talker(healthy) as talker:
        yield talker


class TestBatches:
    """Headers by number, whatever a node makes of a batch."""

    def numbers(self, answer: Answer) -> list[int]:
        with Talker(answer) as talker:
            return [header.number for header in node_of(talker).headers([5, 3, 9])]

    def test_answers_out_of_order_are_put_back_in_order(self) -> None:
        assert self.numbers(altered(lambda answers: answers[::-1])) == [5, 3, 9]

    def test_fewer_answers_than_calls_are_asked_for_one_by_one(self) -> None:
        assert self.numbers(altered(lambda answers: answers[:2])) == [5, 3, 9]

    def test_one_error_for_the_whole_batch_is_asked_for_one_by_one(self) -> None:
        error = {"code": -32600, "message": "batches are not supported"}
        assert self.numbers(altered(lambda _: {"jsonrpc": "2.0", "id": None, "error": error})) == [
            5,
            3,
            9,
        ]

    def test_answers_without_ids_in_the_order_asked_are_taken(self) -> None:
        def forget(answers: list[Call]) -> list[Call]:
            return [{k: v for k, v in answer.items() if k != "id"} for answer in answers]

        assert self.numbers(altered(forget)) == [5, 3, 9]

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            # Another block's answer under this call's id.
            (lambda a: [a[0], a[0] | {"id": a[1]["id"]}, a[2]], "gave block 5 for block 3"),
            (lambda a: [a[0], a[1] | {"result": None}, a[2]], "does not have block 3"),
            (lambda a: [a[0], a[1] | {"result": {}}, a[2]], "'number' is missing"),
            (lambda a: [a[0], a[1] | {"result": "0x"}, a[2]], "expected an object"),
            (
                lambda a: [a[0], {"id": a[1]["id"], "error": {"message": "internal"}}, a[2]],
                "eth_getBlockByNumber: internal",
            ),
            (lambda a: [a[0], {"id": a[1]["id"]}, a[2]], "answer without a result"),
            (lambda _: ["busy", "busy", "busy"], "something else than JSON-RPC"),
            (lambda a: [a[0], a[1] | {"id": "x"}, a[2]], "something else than JSON-RPC"),
        ],
    )
    def test_one_fault_in_a_batch_is_the_source_s_and_is_named(
        self, change: Callable[[list[Call]], Any], reason: str
    ) -> None:
        with pytest.raises(SourceError, match=reason):
            self.numbers(altered(change))


class TestSlowAndLarge:
    """An answer has a time and a size; what exceeds them does not hold a job or its memory."""

    def test_a_node_that_sends_a_byte_now_and_then_is_given_up(
        self, monkeypatch: pytest.MonkeyPatch, well: Talker
    ) -> None:
        monkeypatch.setattr(rpc, "TIMEOUT_SECONDS", 0.4)
        with dripping(pause=0.1) as url:
            circuit = node_of(well).circuit
            node = Node("polygon_rpc", 137, [url, well.url], circuit)
            assert node.logs(1, 9, [], []) == []
        slow, quick = node.urls()
        assert slow.reason == "URL 1: no answer within 0.4 s"
        # Where there is another URL, a silent one is not waited for again at once.
        assert slow.retry_at is not None
        assert quick.state is SourceState.OK
        assert node.take_counts() == {"timeouts": 1}

    def test_more_than_memory_is_given_is_a_range_too_wide(
        self, monkeypatch: pytest.MonkeyPatch, well: Talker
    ) -> None:
        monkeypatch.setattr(rpc, "LARGEST_ANSWER", 300)
        node = node_of(well)
        assert len(node.headers([1])) == 1
        with pytest.raises(RangeTooWide, match="more than 300 bytes"):
            node.headers(range(1, 20))


@contextmanager
def dripping(pause: float) -> Iterator[SecretStr]:
    """An address whose answers come a byte at a time."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the base class's name
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            with suppress(OSError):
                for _ in range(100):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(pause)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SecretStr(f"http://127.0.0.1:{server.server_address[1]}/SECRET")
    server.shutdown()
    server.server_close()


class TestFailover:
    """A node that answers with an error has failed as much as one that does not answer."""

    def test_an_error_answer_sends_the_call_to_the_next_url(self, well: Talker) -> None:
        with Talker(failing("header not found")) as broken:
            node = node_of(broken, well)
            assert node.logs(1, 9, [], []) == []
            assert node.circuit.health.state is SourceState.OK
            # The one that answered is asked first from now on.
            node.logs(1, 9, [], [])
            assert (len(broken.asked), len(well.asked)) == (1, 2)

    def test_an_error_within_a_batch_sends_the_batch_to_the_next_url(self, well: Talker) -> None:
        with Talker(failing("internal error")) as broken:
            assert [h.number for h in node_of(broken, well).headers([1, 2])] == [1, 2]

    def test_errors_from_all_urls_are_failures_of_the_source(self) -> None:
        with Talker(failing("upstream is down")) as one, Talker(failing("no")) as two:
            node = node_of(one, two)
            for _ in range(5):
                with pytest.raises(SourceError):
                    node.logs(1, 9, [], [])
            health = node.circuit.health
            assert (health.state, health.failures_in_a_row) == (SourceState.DOWN, 5)
            asked = len(one.asked) + len(two.asked)
            with pytest.raises(SourcePaused, match="paused until"):
                node.logs(1, 9, [], [])
            assert len(one.asked) + len(two.asked) == asked

    def test_a_range_too_wide_is_the_caller_s_to_halve_and_no_failure(self, well: Talker) -> None:
        with Talker(failing("query returned more than 10000 results", -32005)) as narrow:
            node = node_of(narrow, well)
            with pytest.raises(RangeTooWide):
                node.logs(1, 9, [], [])
            assert well.asked == []
            assert node.circuit.health.state is SourceState.OK

    def test_a_single_block_too_wide_for_one_url_is_asked_of_the_next(self, well: Talker) -> None:
        with Talker(failing("query returned more than 10000 results", -32005)) as narrow:
            assert node_of(narrow, well).logs(7, 7, [], []) == []
            node = node_of(narrow)
            with pytest.raises(RangeTooWide):
                node.logs(7, 7, [], [])
            assert node.circuit.health.state is SourceState.OK

    @pytest.mark.parametrize(
        "message",
        ["rate limit exceeded", "Too Many Requests", "daily request limit exceeded: upgrade"],
    )
    def test_too_many_requests_are_not_taken_for_too_wide_a_range(
        self, message: str, well: Talker
    ) -> None:
        with Talker(failing(message, -32005)) as busy:
            with pytest.raises(TransientSourceError):
                node_of(busy).logs(1, 9, [], [])
            assert node_of(busy, well).logs(1, 9, [], []) == []

    def test_an_url_of_another_chain_is_passed_over(self, well: Talker) -> None:
        with Talker(healthy, chain_id=1) as other:
            assert node_of(other, well).logs(1, 9, [], []) == []
            assert other.asked == []

    def test_what_a_node_says_of_addresses_is_not_passed_on(self) -> None:
        message = "use https://node.example/v2/SECRET"
        with (
            Talker(failing(message)) as talker,
            pytest.raises(SourceError, match="https://…") as found,
        ):
            node_of(talker).logs(1, 9, [], [])
        assert "SECRET" not in str(found.value)


# An interpreter of its own: what this guards against is a crash of the process.
NESTED = """
from tests.chain import test_rpc
from service.transport import answers

class Raw(test_rpc.Talker):
    @staticmethod
    def encode(document):
        return b"[" * 100_000

def show(ask):
    try:
        ask()
    except test_rpc.SourceError as error:
        print(error)

with Raw(lambda body: None) as talker:
    show(lambda: test_rpc.node_of(talker).head())
nested = answers.RawAnswer(200, {}, b"[" * 100_000)
show(lambda: answers.read_answer("gamma", nested, test_rpc.CLOCK.now()))
"""


def test_a_deeply_nested_answer_is_refused_after_a_node_was_asked() -> None:
    # Importing web3 raises the process's recursion limit beyond what its C stack can hold.
    done = subprocess.run(
        [sys.executable, "-c", NESTED],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.count("not JSON") == 2, done.stdout
