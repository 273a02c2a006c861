"""Records of the catalogue that are counted and not stored. Pure; reads records as sent.

Most of the catalogue are micro-markets that a price feed settles every few minutes: told before a
record is read field by field, they cost next to nothing. A market that names a UMA adapter, or
anything else of UMA's, is never among these.
"""

import re
from collections.abc import Mapping

# Reasons of refusals that are counted under these names, and make no data issue.
MICRO_MARKET = "a micro-market, settled by a price feed"
NOT_UMA = "not resolved by UMA"
POSITION_V2 = "position system v2"
COUNTED = {MICRO_MARKET: "micro_markets", NOT_UMA: "not_uma", POSITION_V2: "position_v2"}

# How often the series of such markets repeats.
INTRADAY = frozenset({"5m", "10m", "15m", "30m", "1h", "hourly", "4h"})
TAGS = frozenset({"up-or-down"})
_SLUG = re.compile(r"(^|-)(updown|up-or-down)(-|$)")
_FEEDS = ("https://data.chain.link/", "https://www.data.chain.link/")
# Any of these says that UMA's oracle has a part in the market.
_OF_UMA = ("resolvedBy", "umaBond", "umaReward", "umaResolutionStatus")
# 0x and 31 bytes: a condition of the second position system.
_SHORT_CONDITION = re.compile(r"0x[0-9a-f]{62}\Z", re.IGNORECASE)


def counted_as(record: object) -> str | None:
    """The reason why a market's record is only counted; ``None`` where it is to be read.

    A record without an id or without ``closed`` is no market's, and is left to be refused by name.
    """
    if not isinstance(record, Mapping) or _is_blank(record.get("conditionId")):
        return None
    if _is_blank(record.get("id")) or not isinstance(record.get("closed"), bool):
        return None
    if record.get("version") == "v2" or _SHORT_CONDITION.match(str(record["conditionId"]).strip()):
        return POSITION_V2
    if not all(_is_blank(record.get(name)) for name in _OF_UMA):
        return None
    return MICRO_MARKET if is_micro(record) else NOT_UMA


def is_micro(record: Mapping[str, object]) -> bool:
    """Whether a market's or a group's record says that it repeats within the day on a price feed.

    Any of: a series that repeats within hours, the tag of up/down markets, their slug, or
    Chainlink's data streams as the source.
    """
    events = [event for event in _list(record.get("events")) if isinstance(event, Mapping)]
    for part in (record, *events):
        source, slug = part.get("resolutionSource"), part.get("slug")
        if isinstance(source, str) and source.strip().lower().startswith(_FEEDS):
            return True
        if isinstance(slug, str) and _SLUG.search(slug):
            return True
        series = [item for item in _list(part.get("series")) if isinstance(item, Mapping)]
        if any(item.get("recurrence") in INTRADAY for item in series):
            return True
        tags = [item for item in _list(part.get("tags")) if isinstance(item, Mapping)]
        if any(item.get("slug") in TAGS for item in tags):
            return True
    return False


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
