"""Prices of the past: what was asked for, what came, what is worth keeping. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from models.data_enums import PriceSource
from service.protocol.listings import Refused

# How long before the first proposal a market's prices are kept from.
BEFORE_PROPOSAL = timedelta(hours=48)
# Around the proposal every change is kept; elsewhere one price in half an hour.
FINE_BEFORE = timedelta(hours=2)
FINE_AFTER = timedelta(hours=6)
COARSE_STEP = timedelta(minutes=30)
# How late the newest points may come.
SERVING_LAG = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PriceReading:
    """One point of a price history."""

    at: datetime
    price: Decimal
    resolution_seconds: int


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """What a source said of a stretch of a token's past, oldest first, each time once."""

    token_id: str
    # What was asked for.
    from_at: datetime
    to_at: datetime
    points: tuple[PriceReading, ...]
    source: PriceSource
    refused: tuple[Refused, ...] = ()

    def covered_until(self, now: datetime) -> datetime:
        """Up to when nothing more is to be expected: the next stretch to ask for begins there.

        The newest points come late, so of a stretch that reaches the present only what came
        counts; a gap further back stays one.
        """
        if now - self.to_at > SERVING_LAG:
            return self.to_at
        return self.points[-1].at if self.points else self.from_at


def worth_keeping(
    points: Sequence[PriceReading], last: PriceReading | None, proposed_at: datetime
) -> list[PriceReading]:
    """The points that say something new after ``last``, oldest first.

    Sources repeat the last price until it changes; a repeat says what the span fetched says too.
    """
    kept: list[PriceReading] = []
    for point in points:
        if last is not None:
            is_fine = proposed_at - FINE_BEFORE <= point.at <= proposed_at + FINE_AFTER
            if point.price == last.price:
                continue
            if not is_fine and point.at - last.at < COARSE_STEP:
                continue
        kept.append(point)
        last = point
    return kept


def median_price(
    points: Sequence[PriceReading], from_at: datetime, to_at: datetime
) -> Decimal | None:
    """The price below which a stretch spent half its time; ``None`` before the first point.

    ``points`` are changes, oldest first, each holding until the next; the last one at or before
    ``from_at`` gives the price the stretch begins with.
    """
    spent: dict[Decimal, timedelta] = {}
    for point, following in zip(points, [*points[1:], None], strict=False):
        begin = max(point.at, from_at)
        end = to_at if following is None else min(following.at, to_at)
        if end > begin:
            spent[point.price] = spent.get(point.price, timedelta(0)) + (end - begin)
    half, passed = sum(spent.values(), timedelta(0)) / 2, timedelta(0)
    for price in sorted(spent):
        passed += spent[price]
        if passed >= half:
            return price
    return None
