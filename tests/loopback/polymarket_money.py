"""The money routes of the loopback Polymarket: holders, positions, prices of the past.

``money = serve_money(server)``, then fill ``money.holders``, ``positions``, ``prices``. The traps
are the real ones: rows grouped and limited by token, a limit over the maximum refused and not
clamped, a bare cursor refused, combination ids answered with a 400 that blames the parameter,
null for what is unavailable, walks that skip or repeat while the ranking moves.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.polymarket import Answer, PolymarketServer, Seen, as_json

Record = dict[str, Any]
Params = Mapping[str, list[str]]

HOLDERS = "/v2/holders"
POSITIONS = "/v2/positions"
PRICES = "/v2/prices-history"
CLOB_PRICES = "/prices-history"

DEFAULT_LIMIT = 100
MOST_ROWS = 1_000
MOST_CONDITIONS = 20
LONGEST_SECONDS = 15 * 86_400
WALLET = re.compile(r"0x[0-9a-f]{40}")
CONDITION = re.compile(r"0x[0-9a-f]{64}")


@dataclass
class MoneyRoutes:
    """What the routes tell; ids are texts as the API writes them."""

    # Condition -> token -> (wallet, amount), amounts netted by the source.
    holders: dict[str, dict[str, list[tuple[str, float | None]]]] = field(default_factory=dict)
    # Condition -> rows.
    positions: dict[str, list[Record]] = field(default_factory=dict)
    # Wallet -> rows.
    held: dict[str, list[Record]] = field(default_factory=dict)
    # Token -> (epoch seconds, price, resolution).
    prices: dict[str, list[tuple[int, float | None, int]]] = field(default_factory=dict)
    clob_prices: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    # Each page begins with the last row of the one before, as when the ranking moved meanwhile.
    repeats: bool = False
    # Every page hands out the cursor of page 1.
    cursor_loop: bool = False

    def answer_holders(self, seen: Seen) -> Answer:
        if "condition" not in seen.params or "offset" in seen.params:
            return _refused("required query param 'condition' not provided", "condition")
        wanted = seen.params["condition"][0].split(",")
        if len(wanted) > MOST_CONDITIONS:
            return _refused("condition: at most 20 ids", "condition")
        # A combination id is answered as if nothing had been sent.
        if not all(CONDITION.fullmatch(one) for one in wanted):
            return _refused("required query param 'condition' not provided", "condition")
        limit = _limit(seen.params)
        if isinstance(limit, Answer):
            return limit
        least = float(seen.params.get("min_balance", ["0"])[0])
        groups, has_more = [], False
        for condition in reversed(wanted):
            for token, listed in self.holders.get(condition, {}).items():
                rows = [(who, held) for who, held in listed if held is None or held >= least]
                has_more = has_more or len(rows) > limit
                groups.append({"token_id": token, "holders": _holders(token, rows[:limit])})
        return _page(groups, "more" if has_more else None, limit)

    def answer_positions(self, seen: Seen) -> Answer:
        if "user" in seen.params:
            return self._answer_wallet(seen.params)
        anchor = seen.params.get("condition", [""])[0]
        if not CONDITION.fullmatch(anchor):
            return _refused("one of user, condition is required", "condition")
        limit = _limit(seen.params)
        if isinstance(limit, Answer):
            return limit
        rows = [row for row in self.positions.get(anchor, []) if row["status"] == "OPEN"]
        if seen.params.get("sort_by") == ["TOKENS"]:
            rows.sort(key=lambda row: -(row["current_size"] or 0))
        return self._walk(seen.params, rows, limit)

    def _answer_wallet(self, params: Params) -> Answer:
        user = params["user"][0]
        if not WALLET.fullmatch(user) or "condition" in params:
            return _refused("exactly one of user, condition is required", "user")
        limit = _limit(params)
        if isinstance(limit, Answer):
            return limit
        rows = [row for row in self.held.get(user, []) if row["status"] == "OPEN"]
        return self._walk(params, rows, limit)

    def answer_prices(self, seen: Seen) -> Answer:
        token = seen.params.get("token_id", [""])[0]
        if not token.isdigit():
            return _refused("token_id is required", "token_id")
        start, end = (int(seen.params.get(name, ["0"])[0]) for name in ("start", "end"))
        if start <= 0 or end <= 0:
            return _refused("start and end must be above 0", "start")
        if end - start > LONGEST_SECONDS:
            return _refused("the window is longer than 15 days", "start")
        limit = _limit(seen.params)
        if isinstance(limit, Answer):
            return limit
        rows = [
            {"timestamp": at, "price": price, "resolution_seconds": seconds}
            for at, price, seconds in self.prices.get(token, [])
            if start <= at <= end
        ]
        return self._walk(seen.params, rows, limit)

    def answer_clob_prices(self, seen: Seen) -> Answer:
        token = seen.params.get("market", [""])[0]
        start, end = (int(seen.params.get(name, ["0"])[0]) for name in ("startTs", "endTs"))
        if end - start > LONGEST_SECONDS:
            return as_json({"error": "invalid filters: 'startTs' and 'endTs' too far apart"}, 400)
        listed = self.clob_prices.get(token, [])
        return as_json(
            {"history": [{"t": at, "p": price} for at, price in listed if start <= at <= end]}
        )

    def _walk(self, params: Params, rows: Sequence[Record], limit: int) -> Answer:
        start = 0
        if "cursor" in params:
            place = json.loads(base64.urlsafe_b64decode(params["cursor"][0]))
            start, limit = place["start"], place["limit"]
        first = max(0, start - 1) if self.repeats else start
        cursor = None
        if start + limit < len(rows) or self.cursor_loop:
            place = {"start": limit if self.cursor_loop else start + limit, "limit": limit}
            cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
        return _page(rows[first : start + limit], cursor, limit)


def serve_money(server: PolymarketServer) -> MoneyRoutes:
    """Add the routes to a server."""
    money = MoneyRoutes()
    routes: Mapping[str, Callable[[Seen], Answer]] = {
        HOLDERS: money.answer_holders,
        POSITIONS: money.answer_positions,
        PRICES: money.answer_prices,
        CLOB_PRICES: money.answer_clob_prices,
    }
    server.more |= {("GET", path): answer for path, answer in routes.items()}
    return money


def wallet_of(number: int) -> str:
    """A wallet's address."""
    return f"0x{number:040x}"


def a_position(
    condition: str, token: str, wallet: str, size: float | None, price: float | None = 0.5
) -> Record:
    """A position as ``/v2/positions`` shows it."""
    return {
        "proxy_wallet": wallet,
        "token_id": token,
        "condition_id": condition,
        "current_size": size,
        "avg_price": price,
        "status": "OPEN",
    }


def busy() -> Answer:
    """A 503 as its bursts come, with the wait it asks for."""
    body = {"error": "busy", "code": "request_timeout", "retryable": True, "trace_id": "0"}
    return as_json(body, 503, **{"Retry-After": "0"})


def _holders(token: str, rows: Sequence[tuple[str, float | None]]) -> list[Record]:
    return [
        {
            "proxy_wallet": wallet,
            "token_id": token,
            "amount": amount,
            "outcome_index": 999,
            "name": "somebody",
            "pseudonym": "",
        }
        for wallet, amount in rows
    ]


def _limit(params: Params) -> int | Answer:
    limit = int(params.get("limit", [str(DEFAULT_LIMIT)])[0])
    return _refused("limit must be at most 1000", "limit") if limit > MOST_ROWS else limit


def _page(rows: Sequence[Record], cursor: str | None, limit: int) -> Answer:
    pagination = {"limit": limit, "offset": 0, "has_more": bool(cursor), "next_cursor": cursor}
    return as_json({"data": rows, "pagination": pagination})


def _refused(message: str, parameter: str) -> Answer:
    body = {
        "error": message,
        "code": "invalid_request",
        "retryable": False,
        "trace_id": "0",
        "parameter": parameter,
    }
    return as_json(body, 400)
