"""Records shaped like Polymarket's, invented, for the loopback server to serve."""

import json
from typing import Any

Record = dict[str, Any]

# The managed-oracle adapter in use in 2026, as Gamma names it in resolvedBy.
ADAPTER = "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7"


def condition_of(number: int) -> str:
    """A condition id that does not look like a padded one."""
    return f"0x{number:08x}" + "ab" * 28


def tokens_of(number: int) -> tuple[str, str]:
    return str(10**70 + 2 * number), str(10**70 + 2 * number + 1)


def a_market(number: int, **changes: object) -> Record:
    """An open UMA market as Gamma lists it."""
    record: Record = {
        "id": str(500_000 + number),
        "question": f"Will the ship number {number} arrive on time?",
        "conditionId": condition_of(number),
        "questionID": f"0x{number:08x}" + "cd" * 28,
        "slug": f"ship-{number}-arrives",
        "description": f"Resolves Yes if the ship number {number} arrives before noon.",
        "resolutionSource": "",
        "resolvedBy": ADAPTER,
        "endDate": "2026-12-31T12:00:00Z",
        "updatedAt": "2026-11-01T00:00:00.123Z",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.6", "0.4"]',
        "clobTokenIds": json.dumps(tokens_of(number)),
        "volume": "25000.123456",
        "volumeNum": 25000.123456,
        "volume24hr": 120.5,
        "liquidity": "900.1",
        "active": True,
        "closed": False,
        "negRisk": False,
        "negRiskRequestID": "",
        "umaBond": "500",
        "umaReward": "5",
        "customLiveness": 0,
        "umaResolutionStatuses": "[]",
        "tags": [{"id": "1", "label": "Shipping", "slug": "shipping"}],
        "events": [
            {"id": str(900_000 + number), "slug": f"ships-{number}", "title": "Ships this winter"}
        ],
    }
    return record | changes


def a_group(number: int, **changes: object) -> Record:
    """An open group ("event") as Gamma lists it without its markets."""
    record: Record = {
        "id": str(900_000 + number),
        "slug": f"ships-{number}",
        "title": "Ships this winter",
        "closed": False,
        "negRisk": False,
        "startDate": "2026-11-01T00:00:00.5Z",
        "endDate": "2026-12-31T12:00:00Z",
        "tags": [{"id": "1", "label": "Shipping", "slug": "shipping"}],
    }
    return record | changes


def a_resolution(number: int, **changes: object) -> Record:
    """A row of the resolution feed: proposed Yes, in its two-hour window."""
    record: Record = {
        "question_id": f"0x{number:08x}" + "cd" * 28,
        "condition_id": condition_of(number),
        "status": "proposed",
        "extended_review": False,
        "was_disputed": False,
        "new_version_q": False,
        "proposed_price": "1000000000000000000",
        "reproposed_price": "69",
        "price": "69",
        "transaction_hash": "",
        "log_index": "",
        "last_update_timestamp": "1795000000",
        "expected_settlement_time": "2026-11-18T14:26:40Z",
        "settlement_time_basis": "managed_proposal_expiration",
    }
    return record | changes


def a_book(token: str, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> Record:
    """A book as sent: the levels in the order given (the venue sends the worst first)."""
    return {
        "market": "0x0",
        "asset_id": token,
        "timestamp": "1795000000123",
        "hash": "0",
        "bids": [{"price": price, "size": size} for price, size in bids],
        "asks": [{"price": price, "size": size} for price, size in asks],
        "tick_size": "0.01",
    }
