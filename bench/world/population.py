"""The markets of the synthetic world: what each is at a simulated time. Nothing is kept."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]

ADAPTER = "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7"
FIRST_ID = 2_000_000
FIRST_TOKEN = 10**70
GROUP_SIZE = 5
# A hot market is answered and replaced by the next one after this long.
HOT_SECONDS = 7_200
# Which of twenty hot markets are disputed, and which past their end with nothing proposed.
DISPUTED, OVERDUE = {0, 1, 2}, {3, 4, 5, 6, 7}
# How often the book of a hot market moves, and that of any other one (seconds).
HOT_PACE, COLD_PACE = 20, 900
RULES = (
    "This market will resolve to \u201cYes\u201d if the ship number {number} is moored at the quay "
    "before noon, December 31, 2026, 12:00 PM ET. Otherwise, it will resolve to \u201cNo\u201d. "
)
FILLER = (
    "A ship counts as moored when two lines are ashore. The primary source is the harbour "
    "master\u2019s log; a consensus of credible reporting may also be used. "
) * 9


def condition_of(number: int) -> str:
    """The condition id of a market."""
    return "0x" + hashlib.sha256(b"condition %d" % number).hexdigest()


def question_of(number: int) -> str:
    """The question id of a market."""
    return "0x" + hashlib.sha256(b"question %d" % number).hexdigest()


@dataclass(frozen=True)
class World:
    """``open_markets`` markets, the first of which are hot in turn; times are simulated."""

    open_markets: int
    hot_markets: int
    started: datetime

    def at(self, seconds: float) -> datetime:
        """The instant so many seconds after the start."""
        return self.started + timedelta(seconds=seconds)

    def hot_slot(self, number: int, seconds: float) -> int | None:
        """Which hot place the market holds now, if any; places change hands one by one.

        Place p belongs to market p + n * hot_markets in its n-th turn.
        """
        slot = number % self.hot_markets
        turn = number // self.hot_markets
        return slot if turn == self._turn(slot, seconds) else None

    def hot_now(self, seconds: float) -> list[int]:
        """The hot markets."""
        turns = ((slot, self._turn(slot, seconds)) for slot in range(self.hot_markets))
        return [slot + turn * self.hot_markets for slot, turn in turns]

    def hot_since(self, number: int) -> float:
        """Since when (simulated seconds) a market is hot; 0 for those hot from the start."""
        slot, turn = number % self.hot_markets, number // self.hot_markets
        return max(0.0, turn * HOT_SECONDS - self._shift(slot))

    def is_closed(self, number: int, seconds: float) -> bool:
        """Whether the market was paid: its turn at a hot place is over."""
        slot, turn = number % self.hot_markets, number // self.hot_markets
        return turn < self._turn(slot, seconds)

    def closed_by(self, seconds: float) -> list[int]:
        """The markets that were paid since the start, by id."""
        return sorted(
            slot + turn * self.hot_markets
            for slot in range(self.hot_markets)
            for turn in range(self._turn(slot, seconds))
        )

    def status(self, number: int, seconds: float) -> str | None:
        """The oracle's state as Gamma names it: proposed, disputed, resolved or none."""
        if self.is_closed(number, seconds):
            return "resolved"
        slot = self.hot_slot(number, seconds)
        if slot is None or slot % 20 in OVERDUE:
            return None
        return "disputed" if slot % 20 in DISPUTED else "proposed"

    def ends_at(self, number: int) -> datetime:
        """The end a market announces: for those nobody answers, the instant they become hot."""
        if number % self.hot_markets % 20 not in OVERDUE:
            return self.started + timedelta(days=30 + number % 300)
        since = self.hot_since(number)
        return self.at(since) if since else self.started - timedelta(hours=1)

    def market(self, number: int, seconds: float) -> Record:
        """The catalogue's record."""
        status = self.status(number, seconds)
        volume = 1_000 + (number * 7919) % 400_000 + int(seconds // 600) * (number % 10 == 0)
        group = number // GROUP_SIZE
        statuses = {"proposed": ["proposed"], "disputed": ["proposed", "disputed"]}
        statuses["resolved"] = ["proposed"]
        record: Record = {
            "id": str(FIRST_ID + number),
            "question": f"Will the ship number {number} be moored before noon?",
            "conditionId": condition_of(number),
            "questionID": question_of(number),
            "slug": f"will-ship-{number}-be-moored",
            "description": RULES.format(number=number) + FILLER,
            "resolutionSource": "",
            "resolvedBy": ADAPTER,
            "endDate": _iso(self.ends_at(number)),
            "startDate": _iso(self.started - timedelta(days=30)),
            "createdAt": _iso(self.started - timedelta(days=30)),
            "updatedAt": _iso(self.at(seconds - seconds % 300)),
            "outcomes": '["Yes", "No"]',
            "outcomePrices": '["0.6", "0.4"]',
            "clobTokenIds": json.dumps([str(token) for token in tokens_of(number)]),
            "volume": f"{volume}.25",
            "volumeNum": volume + 0.25,
            "volume24hr": (number * 31) % 5_000,
            "volume1wk": (number * 31) % 20_000,
            "volume1mo": (number * 31) % 60_000,
            "liquidity": f"{500 + number % 900}.5",
            "liquidityNum": 500 + number % 900 + 0.5,
            "bestAsk": 0.61,
            "bestBid": 0.59,
            "lastTradePrice": 0.6,
            "active": True,
            "closed": status == "resolved",
            "archived": False,
            "acceptingOrders": True,
            "negRisk": False,
            "negRiskRequestID": "",
            "negRiskMarketID": "",
            "umaBond": "500",
            "umaReward": "5",
            "customLiveness": 0,
            "version": "v1",
            "umaResolutionStatuses": json.dumps(statuses.get(status or "", [])),
            "tags": [{"id": "1", "label": "Shipping", "slug": "shipping"}],
            "events": [{"id": str(FIRST_ID + group), "slug": f"ships-{group}", "title": "Ships"}],
        }
        if status is not None:
            record["umaResolutionStatus"] = status
        if status == "resolved":
            closed = self.hot_since(number) + HOT_SECONDS
            record["closedTime"] = self.at(closed).strftime("%Y-%m-%d %H:%M:%S+00")
        return record

    def group(self, number: int) -> Record:
        """The record of an event, without its markets."""
        return {
            "id": str(FIRST_ID + number),
            "slug": f"ships-{number}",
            "title": "Ships",
            "closed": False,
            "active": True,
            "negRisk": False,
            "endDate": _iso(self.started + timedelta(days=300)),
            "updatedAt": _iso(self.started),
            "tags": [],
        }

    def resolution(self, number: int, seconds: float) -> Record | None:
        """The resolution feed's row; ``None`` where nothing was ever proposed."""
        status = self.status(number, seconds)
        if status is None:
            return None
        since = self.started.timestamp() + self.hot_since(number)
        return {
            "question_id": question_of(number),
            "condition_id": condition_of(number),
            "status": status,
            "extended_review": False,
            "was_disputed": status == "disputed",
            "new_version_q": False,
            "proposed_price": "1000000000000000000",
            "reproposed_price": "69",
            "price": "1000000000000000000" if status == "resolved" else "69",
            "transaction_hash": "",
            "log_index": "",
            "last_update_timestamp": str(int(since)),
            "expected_settlement_time": _iso(self.at(self.hot_since(number) + HOT_SECONDS)),
            "settlement_time_basis": "managed_proposal_expiration",
        }

    def interest(self, number: int, seconds: float) -> str:
        """Open interest in USD."""
        pace = 300 if self.hot_slot(number, seconds) is not None else 3_600
        return f"{1_000 + (number * 613) % 90_000 + int(seconds // pace)}.5"

    def book(self, token: int, seconds: float) -> Record:
        """A token's order book; it moves at the pace of its market."""
        number, side = divmod(token - FIRST_TOKEN, 2)
        pace = HOT_PACE if self.hot_slot(number, seconds) is not None else COLD_PACE
        step = int((seconds + number % pace) // pace)
        middle = 300 + (number * 37 + step * 7) % 400
        middle = middle if side == 0 else 1_000 - middle
        levels = range(10, 0, -1)
        return {
            "market": condition_of(number),
            "asset_id": str(token),
            "timestamp": str(int(self.at(seconds - seconds % pace).timestamp() * 1_000)),
            "hash": f"{token}-{step}",
            "bids": [_level(middle - 5 * n, 100 * n + step % 50) for n in levels],
            "asks": [_level(middle + 5 * n, 90 * n + step % 40) for n in levels],
            "min_order_size": "5",
            "tick_size": "0.001",
            "neg_risk": False,
            "last_trade_price": "0.600",
        }

    def _shift(self, slot: int) -> float:
        # Places change hands evenly over the hours, so that hot markets come and go all the time.
        return (slot * 2_654_435_761 % self.hot_markets) / self.hot_markets * HOT_SECONDS

    def _turn(self, slot: int, seconds: float) -> int:
        return int((seconds + self._shift(slot)) // HOT_SECONDS)


def tokens_of(number: int) -> tuple[int, int]:
    """The tokens of a market: Yes, No."""
    return FIRST_TOKEN + 2 * number, FIRST_TOKEN + 2 * number + 1


def number_of(record_id: str) -> int:
    """The market of a token id."""
    return (int(record_id) - FIRST_TOKEN) // 2


def _level(thousandths: int, size: int) -> Record:
    return {"price": f"0.{thousandths:03d}", "size": f"{size}.50"}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
