"""Numbers and closed vocabularies in plain words. Reports patterns; accuses nobody."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from models.enums import (
    Category,
    JobOutcome,
    MarketState,
    OracleVersion,
    Remedy,
    SourceState,
    Support,
    VolumeStratum,
)

MICRO = 1_000_000
_MILLION = 1_000_000

STATES: Mapping[str, str] = {
    MarketState.PRE_PROPOSAL: "No answer proposed yet",
    MarketState.PROPOSED: "Answer proposed",
    MarketState.DISPUTED_ONCE: "Disputed once",
    MarketState.REPROPOSED: "Answer proposed again",
    MarketState.VOTING: "At UMA's vote",
    MarketState.ANSWERED: "Answered, not paid yet",
    MarketState.FLAGGED: "Flagged for resolution by hand",
    MarketState.RESOLVED: "Paid out",
}
CATEGORIES: Mapping[str, str] = {category: category.value.capitalize() for category in Category}
SUPPORT: Mapping[str, str] = {
    Support.MEASURED: "Measured",
    Support.MIXED: "Partly measured",
    Support.ASSUMED: "Rests on assumptions",
}
SUPPORT_MEANING: Mapping[str, str] = {
    Support.MEASURED: "The probability rests on counts of past markets.",
    Support.MIXED: "The probability rests on counts of past markets and on stated assumptions.",
    Support.ASSUMED: "The probability rests on stated assumptions; too little has been measured.",
}
REMEDIES: Mapping[str, str] = {
    Remedy.NONE: "None",
    Remedy.OVERRIDE: "Outcome set by hand",
    Remedy.REFUND: "Refund announced off chain",
}
SOURCES: Mapping[str, str] = {
    "gamma": "Polymarket catalogue: markets, rules, volume",
    "clob": "Polymarket order books: prices and depth",
    "data_api": "Polymarket data: resolutions and open interest",
    "market_stream": "Polymarket's stream: brings reads forward",
    "polygon_rpc": "Polygon: proposals, disputes, payouts",
    "ethereum_rpc": "Ethereum: UMA's votes",
    "coingecko": "CoinGecko: UMA in USD, all exchanges",
    "coinbase": "Coinbase Exchange: UMA in USD, one exchange",
    "kalshi": "Kalshi: the same questions' prices",
}
SOURCE_STATES: Mapping[str, str] = {
    SourceState.UNKNOWN: "Not asked yet",
    SourceState.OK: "Answering",
    SourceState.DEGRADED: "Degraded",
    SourceState.DOWN: "Down",
    SourceState.NOT_CONFIGURED: "Not configured",
}
OUTCOMES: Mapping[str, str] = {
    JobOutcome.RUNNING: "Running",
    JobOutcome.OK: "Done",
    JobOutcome.DEGRADED: "Done in part",
    JobOutcome.FAILED: "Failed",
    JobOutcome.SKIPPED: "Skipped",
}
COMPONENTS: Mapping[str, str] = {
    "undisputed": "A wrong first answer that nobody disputes in time",
    "second_undisputed": "A wrong second answer that nobody disputes in time",
    "vote_honest": "The vote answers wrong without being forced",
    "vote_attack": "The vote is forced by concentrated stake",
    "deleted_admin": "The vote fails and administrators then choose wrong",
    "source_corrupted": "The only source says something untrue, and everybody reads it there",
    "override": "Wrong answers that administrators correct in time",
    "wrong_override": "A right answer that administrators replace",
}


STRATA: Mapping[str, str] = {
    VolumeStratum.UNDER_10K: "under $10,000 traded",
    VolumeStratum.FROM_10K: "$10,000 to $100,000 traded",
    VolumeStratum.FROM_100K: "$100,000 to $1 million traded",
    VolumeStratum.FROM_1M: "$1 million to $10 million traded",
    VolumeStratum.OVER_10M: "over $10 million traded",
}
VERSIONS: Mapping[str, str] = {
    OracleVersion.OOV2: "Optimistic Oracle v2",
    OracleVersion.MANAGED: "managed oracle",
    OracleVersion.MANAGED_RESOLVER: "managed oracle with resolver",
}


def cell(name: str) -> str:
    """A cell's name, "category / volume stratum / oracle version", in plain words."""
    parts = name.split(" / ")
    known = (CATEGORIES, STRATA, VERSIONS)
    if len(parts) != len(known):
        return name
    return ", ".join(label(words, part) for words, part in zip(known, parts, strict=True))


def label(words: Mapping[str, str], key: str) -> str:
    """A closed word in plain words; an unknown one as it stands, without underscores."""
    return words.get(key) or key.replace("_", " ").capitalize()


def odds(p: float) -> str:
    """A probability as "3 in 10,000"."""
    if p <= 0:
        return "0"
    base = odds_base(p)
    if p < 1 and _count(p * base) == str(base):
        return f"more than {base - 1} in {base}"
    return odds_at(p, base)


def odds_at(p: float, base: int) -> str:
    """A probability, or a signed part of one, out of so many cases."""
    sign = "\u2212" if p < 0 else ""
    return f"{sign}{_count(abs(p) * base)} in {base:,}"


def odds_range(low: float, high: float, mean: float) -> str:
    """An interval on the scale its mean is told on: "0.55 to 5.6 in 100,000"."""
    base = odds_base(mean) if mean > 0 else 100
    top = _count(high * base)
    if high < 1 and top == str(base):
        top = f"more than {base - 1}"
    return f"{_count(low * base)} to {top} in {base:,}"


def odds_base(p: float) -> int:
    """The smallest power of ten, from 100 up, that leaves at least one case."""
    base = 100
    while p * base < 0.995 and base < 10**12:  # noqa: PLR2004  # rounds to one case
        base *= 10
    return base


def percent(p: float) -> str:
    """A probability as per cent with two significant digits."""
    return f"{_two_digits(p * 100)} %"


def dollars(micro: int | None) -> str:
    """Micro-USDC as dollars, as exact as a reader needs."""
    if micro is None:
        return "unknown"
    sign = "\u2212" if micro < 0 else ""
    micro = abs(micro)
    if micro >= _MILLION * MICRO:
        millions = f"{Decimal(micro) / (_MILLION * MICRO):,.1f}".removesuffix(".0")
        return f"{sign}${millions} million"
    if micro >= 100 * MICRO:
        return f"{sign}${(micro + MICRO // 2) // MICRO:,}"
    if micro >= MICRO // 100:
        return f"{sign}${Decimal(micro) / MICRO:.2f}"
    return "under 1 cent" if micro else "$0"


def instant(at: datetime | None) -> str:
    """An instant in UTC to the minute."""
    return "unknown" if at is None else f"{at.day} {at:%b %Y, %H:%M} UTC"


def span(seconds: float) -> str:
    """A length of time in its two largest units."""
    total = int(abs(seconds))
    for size, name, part_size, part in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if total >= size:
            rest = total % size // part_size
            return (
                f"{total // size:,} {name} {rest} {part}" if rest else f"{total // size:,} {name}"
            )
    return f"{total} s"


def until(at: datetime, now: datetime) -> str:
    """How far away an instant is: "in 1 h 20 min" or "5 min ago"."""
    seconds = (at - now).total_seconds()
    return f"in {span(seconds)}" if seconds > 0 else f"{span(seconds)} ago"


def left(at: datetime, now: datetime) -> str:
    """How much time is left until an instant that is still to come."""
    return span((at - now).total_seconds())


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 else _two_digits(value)  # noqa: PLR2004  # two digits


def _two_digits(value: float) -> str:
    """Two significant digits, never in exponent form."""
    if value == 0:
        return "0"
    digits = Decimal(f"{value:.1e}")
    return f"{digits.normalize():f}"
