"""A market's money in answers: every figure with its age and source, or missing and why."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from models.liquidity import BookSnapshot
from models.market import Market, TradingActivity
from service.protocol.book_depth import (
    BANDS,
    ExitCost,
    OutcomeBook,
    depth_within,
    exit_cost,
    pair_books,
)
from service.protocol.money import exact, to_usdc
from service.protocol.sources import CLOB, DATA_API, GAMMA
from service.risk.concentration import Bounds, Concentration, concentrate
from service.risk.parameters import load_parameters
from service.store.money.holdings import KnownHolders
from service.store.money.market_money import MarketMoney, to_outcome_book

PRESENT = "present"
MISSING = "missing"
DAY = timedelta(days=1)
# Volume is a row only when it moved: an older window has moved on by itself.
WINDOWS = {
    "last_24h": ("volume_24h", DAY),
    "last_week": ("volume_1wk", 7 * DAY),
    "last_month": ("volume_1mo", 30 * DAY),
    "last_year": ("volume_1yr", 365 * DAY),
}
HOLDERS_STALE_AFTER = timedelta(hours=3)
PRICE_DIGITS = Decimal("0.000001")
MICRO_SHARES_DIGITS = 6


def interest_line(money: MarketMoney) -> dict[str, object]:
    """Open interest (``Figure``)."""
    row = money.interest
    if row is None:
        return _missing("never seen: the source does not serve it for this market", DATA_API)
    limit = timedelta(seconds=load_parameters().open_interest_age_seconds)
    return _figure(money, row.value, row.known_at, DATA_API, limit)


def volume_lines(market: Market, money: MarketMoney, *, is_clob: bool) -> dict[str, object]:
    """Traded volume by window (``VolumeFigures``), of all trading or of the order book alone.

    On closed and quiet markets the source sends zeros for windows in which there was trading: a
    zero of a closed market, and less than a shorter window had, count as not sent.
    """
    suffix = "_clob" if is_clob else ""
    lines: dict[str, object] = {"total": _activity_line(money, f"volume{suffix}", None)}
    shorter = 0
    for name, (column, window) in WINDOWS.items():
        value = getattr(money.activity, f"{column}{suffix}", None)
        if value is not None and (value < shorter or (market.closed and value == 0)):
            reason = "a zero that cannot be: the source sends it on closed and quiet markets"
            lines[name] = _missing(reason, GAMMA)
            continue
        shorter = max(shorter, value or 0)
        lines[name] = _activity_line(money, f"{column}{suffix}", window)
    return lines


def score_line(money: MarketMoney) -> dict[str, object]:
    """Polymarket's own liquidity score (``Figure``): no depth at a price."""
    return _activity_line(money, "liquidity", DAY)


def books_line(market: Market, money: MarketMoney, sizes: Sequence[int]) -> dict[str, object]:
    """Both outcomes' books with what leaving positions of these sizes costs (``Books``)."""
    rows = money.books
    yes, no = (rows.get(index) for index in (0, 1))
    pair = pair_books(
        None if yes is None else to_outcome_book(yes), None if no is None else to_outcome_book(no)
    )
    if pair is None:
        reason = "never seen: books are read of the most pressing markets only"
        return {"state": MISSING, "reason": reason, "source": CLOB, "outcomes": []}
    outcomes = []
    for index, (book, own, other) in enumerate(((pair[0], yes, no), (pair[1], no, yes))):
        row = own or other
        if row is not None:
            outcomes.append(_book_line(market, money, index, book, row, sizes))
    return {"state": PRESENT, "reason": None, "source": CLOB, "outcomes": outcomes}


def holders_line(market: Market, money: MarketMoney) -> dict[str, object]:
    """How few hands each outcome is in (``Holders``)."""
    outstanding = None if money.interest is None else money.interest.value
    lines = []
    for known in money.holders:
        sizes = [held.size for held in known.holders]
        found = concentrate(sizes, is_cut=known.is_cut, outstanding=outstanding)
        if found is not None:
            lines.append(_holder_line(market, money, known, found))
    reason = None if lines else "never seen: holders are read of the most pressing markets only"
    return {"state": PRESENT if lines else MISSING, "reason": reason, "outcomes": lines}


def _activity_line(money: MarketMoney, column: str, window: timedelta | None) -> dict[str, object]:
    row: TradingActivity | None = money.activity
    value = None if row is None else getattr(row, column)
    if row is None or value is None:
        return _missing("not sent: the source leaves it out on closed and quiet markets", GAMMA)
    line = _figure(money, value, row.known_at, GAMMA, window)
    if line["is_stale"]:
        line["reason"] = "older than its window; the total moved by less than 1 % since"
    return line


def _figure(
    money: MarketMoney, value: int, known_at: datetime, source: str, limit: timedelta | None
) -> dict[str, object]:
    age = money.age(known_at)
    is_stale = limit is not None and age > limit
    return {
        "state": PRESENT,
        "value_usdc": to_usdc(value),
        "as_of": known_at,
        "age_seconds": _seconds(age),
        "is_stale": is_stale,
        "source": source,
        "reason": "read too long ago to lean on" if is_stale else None,
    }


def _missing(reason: str, source: str) -> dict[str, object]:
    return {
        "state": MISSING,
        "value_usdc": None,
        "as_of": None,
        "age_seconds": None,
        "is_stale": False,
        "source": source,
        "reason": reason,
    }


def _book_line(  # what a book is told from
    market: Market,
    money: MarketMoney,
    index: int,
    book: OutcomeBook,
    row: BookSnapshot,
    sizes: Sequence[int],
) -> dict[str, object]:
    age = money.age(row.known_at)
    limit = timedelta(seconds=load_parameters().book_age_seconds)
    return {
        "outcome_index": index,
        "label": _label(market, index),
        "as_of": row.known_at,
        "booked_at": row.booked_at,
        "age_seconds": _seconds(age),
        "is_stale": age > limit,
        "is_mirrored": book.is_mirrored,
        "best_bid": _price(book.bids.best),
        "best_ask": _price(book.asks.best),
        "mid": _price(book.mid),
        "depth": [_depth_line(book, row, band) for band in BANDS],
        "exits": [_exit_line(exit_cost(book, size), size) for size in sizes],
    }


def _depth_line(book: OutcomeBook, row: BookSnapshot, band: Decimal) -> dict[str, object]:
    """From what was counted over the whole book; else from the levels kept, a lower bound."""
    cents = int(band * 100)
    suffix = "" if cents == 5 else f"_{cents}c"  # noqa: PLR2004  # the first column of these
    bids, asks = (getattr(row, f"{side}_depth{suffix}") for side in ("bid", "ask"))
    is_counted = not book.is_mirrored and bids is not None and asks is not None
    if not is_counted:
        bids, asks = (depth_within(side.levels, band) for side in (book.bids, book.asks))
    is_cut = book.bids.is_cut or book.asks.is_cut
    return {
        "band_usdc": exact(band),
        "bids_usdc": to_usdc(bids),
        "asks_usdc": to_usdc(asks),
        "is_lower_bound": is_cut and not is_counted,
    }


def _exit_line(found: ExitCost | None, size: int) -> dict[str, object]:
    if found is None:
        said = {"state": MISSING, "reason": "nobody bids: there is no price to value it at"}
        absent: dict[str, object] = dict.fromkeys(_EXIT_FIELDS)
        return {"size_usdc": to_usdc(size), **said, **absent, "is_lower_bound": False}
    reason = None
    if found.unfilled:
        reason = "more levels were not kept" if found.ends_early else "the bids end before it does"
    return {
        "size_usdc": to_usdc(size),
        "state": PRESENT,
        "reason": reason,
        "reference": "mid" if found.is_at_mid else "best_bid",
        "reference_price": _price(found.reference_price),
        "shares": to_usdc(found.shares),
        "filled_usdc": to_usdc(found.filled),
        "unfilled_usdc": to_usdc(found.unfilled),
        "proceeds_usdc": to_usdc(found.proceeds),
        "cost_usdc": to_usdc(found.cost),
        "average_price": _price(found.average_price),
        "worst_price": _price(found.worst_price),
        "is_lower_bound": found.ends_early,
    }


_EXIT_FIELDS = (
    "reference",
    "reference_price",
    "shares",
    "filled_usdc",
    "unfilled_usdc",
    "proceeds_usdc",
    "cost_usdc",
    "average_price",
    "worst_price",
)


def _holder_line(
    market: Market, money: MarketMoney, known: KnownHolders, found: Concentration
) -> dict[str, object]:
    age = money.age(known.known_at)
    return {
        "outcome_index": known.outcome_index,
        "label": _label(market, known.outcome_index),
        "as_of": known.known_at,
        "age_seconds": _seconds(age),
        "is_stale": age > HOLDERS_STALE_AFTER,
        "source": DATA_API,
        "holders_listed": found.holders,
        "is_cut": found.is_cut,
        "listed_shares": to_usdc(found.listed),
        "top_1": _bounds(found.top_1),
        "top_10": _bounds(found.top_10),
        "herfindahl": _bounds(found.herfindahl),
        "gini": _bounds(found.gini),
    }


def _bounds(bounds: Bounds) -> dict[str, float]:
    return {"low": bounds.low, "high": min(bounds.high, 1.0)}


def _label(market: Market, index: int) -> str:
    return market.outcomes[index] if index < len(market.outcomes) else str(index)


def _price(price: Decimal | None) -> str | None:
    if price is None:
        return None
    return exact(price.quantize(PRICE_DIGITS, rounding=ROUND_HALF_EVEN))


def _seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))
