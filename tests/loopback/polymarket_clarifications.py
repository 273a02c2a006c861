"""Gamma's ``/market-clarifications`` as documented: a bare list, paged by offset, clamped."""

from collections.abc import Mapping
from typing import Any

CLARIFICATIONS = "/market-clarifications"
CLAMP = 100
DEFAULT_LIMIT = 20

Record = dict[str, Any]


class Clarifications:
    """Set ``rows``; the switches are what the documentation leaves open."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        # Order names that are refused with 422.
        self.refused_orders: set[str] = set()
        # An order is taken without complaint, and ignored: oldest first.
        self.ignores_order = False
        self.deepest_offset = 10_000
        # Rows come between two pages, so that the next page repeats some.
        self.arriving: list[Record] = []

    def answer(self, params: Mapping[str, list[str]]) -> tuple[object, int]:
        """The body and status of one request."""
        order = params.get("order", [""])[0]
        offset = int(params.get("offset", ["0"])[0])
        if order in self.refused_orders:
            return _invalid("order fields are not valid")
        if offset > self.deepest_offset:
            return _invalid("offset too large")
        limit = min(int(params.get("limit", [str(DEFAULT_LIMIT)])[0]), CLAMP)
        rows = list(self.rows)
        if order and not self.ignores_order:
            is_falling = params.get("ascending", ["true"])[0] == "false"
            rows.sort(key=lambda row: (row[order], row["id"]), reverse=is_falling)
        self.rows += self.arriving
        self.arriving = []
        return rows[offset : offset + limit], 200


def a_clarification(number: int, *, market: int = 1, **changes: Any) -> Record:
    """A clarification that was posted, of a market of ``tests.loopback.records``."""
    created = f"2026-11-20T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    record: Record = {
        "id": number,
        "marketId": 500_000 + market,
        "eventId": 900_000 + market,
        "questionId": f"0x{market:08x}" + "cd" * 28,
        "content": f"Clarification number {number}: noon is local time.",
        "state": "success",
        "clearBook": False,
        "notifyDiscord": True,
        "showInFrontend": True,
        "adapterAddress": "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7",
        "negRiskRequestId": "",
        "txHash": f"0x{number:064x}",
        "createdAt": created,
        "queuedAt": "2026-11-20T12:00:00Z",
        "scheduledFor": None,
        "txTimestamp": "2026-11-21T12:00:00Z",
    }
    return record | changes


def _invalid(message: str) -> tuple[object, int]:
    return {"type": "validation error", "error": message}, 422
