"""Proposals in their last half hour behind a node and Polymarket's books, in one process.

``python -m bench.world.watched '{"port": 9001, "proposals": 500}'``. ``/_tick?seconds=90`` sets the
simulated time, ``/_report`` tells what was asked by route and by JSON-RPC method.
"""

import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from service.protocol.ids import to_hex
from service.protocol.prices import HALF, NO, YES
from tests.replays.fill_logs import (
    BUY,
    EXCHANGES,
    FIRST_BLOCK,
    NEG_RISK_V1,
    NEG_RISK_V2,
    SELL,
    V1,
    V2,
    Trade,
    encoded,
)

Record = dict[str, Any]
STARTED = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECONDS_A_BLOCK = 1.5
LIVENESS = timedelta(hours=2)
# Blocks of the start: proposals lie before it.
HEAD = FIRST_BLOCK + 10_000
# Of all exchanges together, for tokens nobody watches and, one in fifty, for watched ones.
FILLS_A_BLOCK = 15
LEVELS = 30
# One proposal in eight is contradicted, by one of these means.
BAD_ONE_IN = 8
# A book in ten moves within half a minute.
MOVING_ONE_IN = 10
MEANS = ("book", V1, NEG_RISK_V1, V2, NEG_RISK_V2, "half")


@dataclass(frozen=True)
class Proposed:
    """One live proposal of the world; times are seconds from the start."""

    number: int
    price: int
    ends: float
    # How and since when the market contradicts it; None: it agrees.
    means: object
    bad_since: float

    @property
    def tokens(self) -> tuple[str, str]:
        """The market's token ids."""
        return str(10**70 + 2 * self.number), str(10**70 + 2 * self.number + 1)

    @property
    def block(self) -> int:
        """The block of the proposal."""
        seconds = self.ends - LIVENESS.total_seconds()
        return HEAD + int(seconds / SECONDS_A_BLOCK)


def proposals_of(count: int, seed: int = 1) -> list[Proposed]:
    """The proposals, each with one to thirty minutes left."""
    chance = random.Random(seed)  # noqa: S311  # a world, no secret
    found = []
    for number in range(count):
        ends = chance.uniform(60, 1_800)
        means = MEANS[number // BAD_ONE_IN % len(MEANS)] if number % BAD_ONE_IN == 0 else None
        price = HALF if means == "half" else YES if number % 2 else NO
        # Some from before the start, some while it is watched; the last with half a minute left.
        since = chance.uniform(-600, ends - 60)
        found.append(Proposed(number, price, ends, means, since))
    return found


class World:
    """What the node and the book API say at the simulated time."""

    def __init__(self, count: int) -> None:
        """A world at its start."""
        self.seconds = 0.0
        self.proposals = proposals_of(count)
        self.by_token = {token: p for p in self.proposals for token in p.tokens}
        self.routes: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self._bad = [p for p in self.proposals if isinstance(p.means, bytes)]

    @property
    def head(self) -> int:
        """The newest block, which is final."""
        return HEAD + int(self.seconds / SECONDS_A_BLOCK)

    def book(self, token: str) -> Record:
        """A token's book: the venue's order of levels, both outcomes mirrored."""
        proposed = self.by_token[token]
        yes = self._yes_price(proposed)
        moves = int(self.seconds // 30) if proposed.number % MOVING_ONE_IN == 0 else 0
        size = 400 + 7 * proposed.number % 90 + moves
        mid = yes if token == proposed.tokens[0] else 1 - yes
        bids = [(mid - 0.005 - 0.001 * n, size) for n in range(LEVELS)]
        asks = [(mid + 0.005 + 0.001 * n, size) for n in range(LEVELS)]
        return {
            "market": "0x0",
            "asset_id": token,
            "timestamp": str(int((STARTED.timestamp() + self.seconds) * 1_000)),
            "hash": "0",
            "bids": _levels(reversed([level for level in bids if level[0] > 0])),
            "asks": _levels(reversed([level for level in asks if level[0] < 1])),
            "tick_size": "0.001",
        }

    def _yes_price(self, proposed: Proposed) -> float:
        pays = {YES: 0.985, NO: 0.015, HALF: 0.5}[proposed.price]
        turned = proposed.means in {"book", "half"} and self.seconds >= proposed.bad_since
        if not turned:
            return pays
        return 0.9 if proposed.price == HALF else 0.4

    def logs(self, first: int, last: int, topics: set[str]) -> list[Record]:
        """Fills in a range of blocks, if they are asked for."""
        if encoded(V1, Trade(1))[0][0] not in topics:
            return []
        return [
            log for number in range(first, min(last, self.head) + 1) for log in _fills(self, number)
        ]

    def trades(self, number: int) -> Iterator[tuple[bytes, Trade]]:
        """What is traded in a block."""
        chance = random.Random(number)  # noqa: S311  # as above
        for _ in range(FILLS_A_BLOCK):
            exchange = chance.choice(EXCHANGES)
            if chance.randrange(50):
                yield exchange, Trade(chance.randrange(10**60))
                continue
            proposed = chance.choice(self.proposals)
            if proposed.price == HALF:
                yield exchange, Trade(int(proposed.tokens[0]), BUY, 500_000, 1_000_000)
                continue
            winner = 0 if proposed.price == YES else 1
            yield exchange, Trade(int(proposed.tokens[winner]), SELL, 990_000, 1_000_000)
        seconds = (number - HEAD) * SECONDS_A_BLOCK
        for proposed in self._bad:
            # Every two minutes, 3,000 shares at 40 cents for what is to pay nothing.
            passed = seconds - proposed.bad_since
            if passed >= 0 and passed % 120 < SECONDS_A_BLOCK:
                loser = 1 if proposed.price == YES else 0
                assert isinstance(proposed.means, bytes)
                yield (
                    proposed.means,
                    Trade(int(proposed.tokens[loser]), BUY, 1_200_000_000, 3_000_000_000),
                )


def block_of(number: int) -> Record:
    """A block as a node gives it."""
    seconds = (number - HEAD) * SECONDS_A_BLOCK
    return {
        "number": hex(number),
        "hash": to_hex(b"\xb0" * 24 + number.to_bytes(8, "big")),
        "parentHash": to_hex(b"\xb0" * 24 + (number - 1).to_bytes(8, "big")),
        "timestamp": hex(int(STARTED.timestamp() + seconds)),
    }


def _fills(world: World, number: int) -> Iterator[Record]:
    block = block_of(number)
    for index, (exchange, trade) in enumerate(world.trades(number)):
        topics, data = encoded(exchange, trade)
        yield {
            "address": to_hex(exchange),
            "topics": topics,
            "data": data,
            "blockNumber": block["number"],
            "blockHash": block["hash"],
            "logIndex": hex(index),
            "transactionHash": to_hex(number.to_bytes(16, "big") + index.to_bytes(16, "big")),
        }


def _levels(levels: Iterator[tuple[float, int]]) -> list[Record]:
    return [{"price": f"{price:.3f}", "size": str(size)} for price, size in levels]


def call(world: World, asked: Record) -> Record:
    """One JSON-RPC call."""
    method, params = asked["method"], asked.get("params", [])
    world.methods[method] += 1
    result: object = None
    match method:
        case "eth_chainId":
            result = hex(137)
        case "eth_blockNumber":
            result = hex(world.head)
        case "eth_getBlockByNumber":
            number = world.head if not params[0].startswith("0x") else int(params[0], 16)
            result = block_of(number) if number <= world.head else None
        case "eth_getLogs":
            query = params[0]
            first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
            result = world.logs(first, last, set((query["topics"] or [[]])[0] or []))
    return {"jsonrpc": "2.0", "id": asked["id"], "result": result}


def serve(port: int, count: int) -> None:
    """Answer until the process is ended."""
    world, lock = World(count), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """The bench's own routes; everything else is empty."""
            parts = urlsplit(self.path)
            if parts.path == "/_tick":
                world.seconds = float(parse_qs(parts.query)["seconds"][0])
                return self._send({})
            if parts.path == "/_report":
                return self._send({"routes": world.routes, "methods": world.methods})
            with lock:
                world.routes[f"GET {parts.path}"] += 1
            return self._send({"data": [], "markets": []})

        def do_POST(self) -> None:
            """The node and the books."""
            body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                world.routes[f"POST {urlsplit(self.path).path}"] += 1
                if self.path == "/rpc":
                    many = isinstance(body, list)
                    answers = [call(world, one) for one in (body if many else [body])]
                    return self._send(answers if many else answers[0])
                return self._send([world.book(item["token_id"]) for item in body])

        def _send(self, answer: object) -> None:
            raw = orjson.dumps(answer)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    serve(options["port"], options["proposals"])
