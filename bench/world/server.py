"""Polymarket's APIs over a :class:`World`, in a process of its own; half the limits, enforced.

``python -m bench.world.server '{"port": 9001, "open_markets": 50000, …}'``. Besides the routes
of the real thing, ``/_report`` tells what was asked and how fresh the hot markets were kept.
"""

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import orjson
import uvicorn

from bench.world.freshness import Freshness
from bench.world.limits import PUBLISHED, Gate
from bench.world.population import (
    GROUP_SIZE,
    Record,
    World,
    condition_of,
    number_of,
    tokens_of,
)
from service.clock import SystemClock

CLAMP = 100
MOST_CONDITIONS = 20
Params = Mapping[str, list[str]]
# A status and a body.
Reply = tuple[int, object]


class Service:
    """One world behind HTTP; simulated time runs ``speed`` times as fast as the wall's."""

    def __init__(
        self, world: World, *, speed: float, latency: float, share: float, clock_zero: float
    ) -> None:
        """``latency`` is simulated seconds an answer takes; ``clock_zero`` the wall's start."""
        self.world = world
        self.speed = speed
        self.latency = latency
        self.clock_zero = clock_zero
        self.gate = Gate(share)
        self.freshness = Freshness(world)
        self._numbers = {condition_of(n): n for n in range(world.open_markets)}

    def now(self) -> float:
        """Simulated seconds since the start."""
        return (SystemClock().now().timestamp() - self.clock_zero) * self.speed

    def answer(self, method: str, path: str, params: Params, body: bytes) -> Reply:
        """What the API says."""
        now = self.now()
        if path == "/_report":
            return 200, self._report(now)
        if not self.gate.admit(path, now):
            return 429, b""
        routes: Mapping[tuple[str, str], Callable[[], Reply]] = {
            ("GET", "/markets/keyset"): lambda: self._markets(params, now),
            ("GET", "/events/keyset"): lambda: self._events(params),
            ("GET", "/market-clarifications"): lambda: (200, []),
            ("GET", "/v2/resolutions"): lambda: self._by_condition(params, now, self._resolutions),
            ("GET", "/v2/oi"): lambda: self._by_condition(params, now, self._interest),
            ("GET", "/v2/holders"): lambda: self._by_condition(params, now, self._holders),
            ("GET", "/v2/positions"): lambda: (200, _page([])),
            ("GET", "/v2/trades"): lambda: (200, _page([])),
            ("GET", "/v2/prices-history"): lambda: self._prices(params, now),
            ("GET", "/v2/status"): lambda: (200, {"data": {}}),
            ("GET", "/time"): lambda: (200, int(self.world.at(now).timestamp())),
            ("GET", "/status"): lambda: (200, "OK"),
            ("POST", "/books"): lambda: self._books(body, now),
        }
        route = routes.get((method, path))
        return route() if route else (404, {"error": "Not Found"})

    def _markets(self, params: Params, now: float) -> Reply:
        query = {k: v for k, v in params.items() if k not in {"after_cursor", "limit"}}
        after = -1
        if "after_cursor" in params:
            place = json.loads(base64.urlsafe_b64decode(params["after_cursor"][0]))
            if place["query"] != query:
                return 422, {"type": "validation error", "error": "cursor of another query"}
            after = place["after"]
        limit = max(1, min(int(params.get("limit", ["20"])[0]), CLAMP))
        earliest = params.get("end_date_min", [""])[0]
        latest = params.get("end_date_max", ["9999"])[0]
        rows: list[Record] = []
        last = after
        cursor = None
        for number in self._candidates(params, now, after):
            record = self.world.market(number, now)
            if not _matches(record, params) or not earliest <= record["endDate"] <= latest:
                continue
            if len(rows) == limit:
                place = {"after": last, "query": query}
                cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
                break
            rows.append(record)
            last = number
        page: Record = {"markets": rows}
        if cursor is not None:
            page["next_cursor"] = cursor
        return 200, page

    def _candidates(self, params: Params, now: float, after: int) -> Iterable[int]:
        if "condition_ids" in params:
            known = {self._numbers[c] for c in params["condition_ids"] if c in self._numbers}
            return sorted(n for n in known if n > after)
        if params.get("uma_resolution_status", [""])[0] in {"proposed", "disputed"}:
            return sorted(n for n in self.world.hot_now(now) if n > after)
        if params.get("closed") == ["true"]:
            return [n for n in self.world.closed_by(now) if n > after]
        return range(after + 1, self.world.open_markets)

    def _events(self, params: Params) -> Reply:
        after = int(params.get("after_cursor", ["-1"])[0])
        last = min(after + CLAMP, self.world.open_markets // GROUP_SIZE - 1)
        groups = [self.world.group(n) for n in range(after + 1, last + 1)]
        if params.get("closed") == ["true"]:
            return 200, {"events": []}
        page: Record = {"events": groups}
        if last < self.world.open_markets // GROUP_SIZE - 1:
            page["next_cursor"] = str(last)
        return 200, page

    def _by_condition(
        self, params: Params, now: float, rows: Callable[[list[int], float], list[Record]]
    ) -> Reply:
        wanted = params.get("condition", [""])[0].split(",")
        if len(wanted) > MOST_CONDITIONS:
            return 400, {"error": "condition: at most 20 ids", "code": "invalid_request"}
        numbers = [self._numbers[c] for c in wanted if c in self._numbers]
        return 200, _page(rows(numbers, now))

    def _resolutions(self, numbers: list[int], now: float) -> list[Record]:
        self.freshness.read("resolution", numbers, now)
        found = [self.world.resolution(number, now) for number in numbers]
        return [row for row in found if row is not None]

    def _interest(self, numbers: list[int], now: float) -> list[Record]:
        self.freshness.read("open interest", numbers, now)
        return [
            {"condition_id": condition_of(n), "value": float(self.world.interest(n, now))}
            for n in numbers
        ]

    def _holders(self, numbers: list[int], now: float) -> list[Record]:
        self.freshness.read("holders", numbers, now)
        return [
            {"token_id": str(token), "condition_id": condition_of(n), "holders": []}
            for n in numbers
            for token in tokens_of(n)
        ]

    def _prices(self, params: Params, now: float) -> Reply:
        token = params.get("token_id", [""])[0]
        if token.isdigit():
            self.freshness.read("price history", [number_of(token)], now)
        return 200, _page([])

    def _books(self, body: bytes, now: float) -> Reply:
        tokens = [int(item["token_id"]) for item in json.loads(body)]
        self.freshness.read("book", [number_of(str(token)) for token in tokens], now)
        return 200, [self.world.book(token, now) for token in tokens]

    def _report(self, now: float) -> Record:
        return {
            "simulated_seconds": now,
            "requests": dict(self.gate.total),
            "refused": dict(self.gate.refused),
            "fullest": {
                name: {"requests": count, "of_published": count / PUBLISHED[name]}
                for name, count in self.gate.fullest.items()
            },
            "freshness": self.freshness.report(now),
        }


def _page(rows: list[Record]) -> Record:
    return {"data": rows, "pagination": {"has_more": False, "next_cursor": None}}


def _matches(record: Record, params: Params) -> bool:
    # Without an explicit closed the answer is the other half of what one expects.
    closed = params.get("closed", ["true"])[0] == "true"
    status = params.get("uma_resolution_status", [None])[0]
    least = float(params.get("volume_num_min", ["0"])[0])
    return (
        record["closed"] is closed
        and (status is None or record.get("umaResolutionStatus") == status)
        and record["volumeNum"] >= least
    )


def serve(options: Mapping[str, Any]) -> None:
    """Serve until killed."""
    world = World(
        options["open_markets"],
        options["hot_markets"],
        datetime.fromtimestamp(options["started"], UTC),
    )
    service = Service(
        world,
        speed=options["speed"],
        latency=options["latency"],
        share=options["share"],
        clock_zero=options["clock_zero"],
    )

    async def app(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        params = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        status, value = service.answer(scope["method"], scope["path"], params, body)
        if scope["path"] != "/_report":
            await asyncio.sleep(service.latency / service.speed)
        raw = value if isinstance(value, bytes) else orjson.dumps(value)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(raw)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    uvicorn.run(app, host="127.0.0.1", port=options["port"], log_level="warning", lifespan="off")


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
