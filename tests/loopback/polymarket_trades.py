"""The Data API's trades on loopback, their traps included: no time filter, combination rows."""

from typing import Any

from tests.loopback.polymarket import Answer, PolymarketServer, Seen, as_json

TRADES = "/v2/trades"
MOST_CONDITIONS = 20
MOST_ROWS = 1_000

Record = dict[str, Any]


class Trades:
    """``Trades(server).rows.append(trade_row(...))``; newest first, whatever order they came in."""

    def __init__(self, server: PolymarketServer) -> None:
        self.rows: list[Record] = []
        # Rows a page at most, below what is asked for.
        self.page = MOST_ROWS
        server.more[("GET", TRADES)] = self._answer

    def _answer(self, seen: Seen) -> Answer:
        conditions = [c for c in seen.params.get("condition", [""])[0].split(",") if c]
        limit = int(seen.params.get("limit", ["100"])[0])
        if "offset" in seen.params or limit > MOST_ROWS or len(conditions) > MOST_CONDITIONS:
            body = {"error": "not a valid request", "code": "invalid_request", "retryable": False}
            return as_json(body, 400)
        if not conditions:
            # The bare feed: two months of everything.
            conditions = [row["condition_id"] for row in self.rows]
        found = [row for row in self.rows if _is_of(row, conditions)]
        found.sort(key=lambda row: int(row["timestamp"]), reverse=True)
        start = int(seen.params.get("cursor", ["0"])[0])
        stop = start + min(limit, self.page)
        following = str(stop) if stop < len(found) else None
        return as_json(
            {
                "data": found[start:stop],
                "pagination": {
                    "limit": limit,
                    "offset": 0,
                    "has_more": following is not None,
                    "next_cursor": following,
                },
            }
        )


def _is_of(row: Record, conditions: list[str]) -> bool:
    """Combination rows come with whatever is asked for."""
    return row["condition_id"] in conditions or len(row["condition_id"]) != len(conditions[0])


def trade_row(
    condition: str,
    token: str,
    timestamp: int,
    *,
    transaction: str,
    side: str = "BUY",
    size: float = 2.0,
    price: float = 0.9,
    **changes: Any,
) -> Record:
    """A row as recorded, the outcome's place unknown as there."""
    return {
        "proxy_wallet": "0x" + "bb" * 20,
        "side": side,
        "token_id": token,
        "condition_id": condition,
        "size": size,
        "price": price,
        "timestamp": timestamp,
        "title": "Will it?",
        "outcome": "Yes",
        "outcome_index": 999,
        "transaction_hash": transaction,
        **changes,
    }
