"""The last instant a market's wording names: before it an answer may come too early.

docs/methodology.md, "Dispute model". Read with fixed patterns, linear in the text. Days without an
hour count to their end; hours without a timezone, and days, are Eastern time, as Polymarket's
rules mean them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_CLOCK = (
    r"(?:,? ?\(?(?:at |by )?(?P<hour>\d{1,2})(?::(?P<minute>\d\d))? ?(?P<half>[ap]\.?m)?\b"
    r"(?: \([a-z ]{1,20}\))?(?: in the)? {0,2}(?P<zone>ET|EST|EDT|UTC|GMT)?\b)?"
)
# "March 31, 2025, 11:59 PM ET", "Jun 5, 25 12:00 ET"; "14 Mar '25 12:00 in the ET timezone".
_MONTH_FIRST = re.compile(
    rf"\b{_MONTH}\.? (?P<day>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?"
    rf"(?:,? [\u2019']?(?P<year>20\d\d|\d\d(?= \d{{1,2}}:\d\d)))?{_CLOCK}",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"\b(?P<day>\d{{1,2}}) {_MONTH}\b\.?"
    rf"(?: [\u2019']?(?P<year>20\d\d|\d\d)(?![\d:])){{0,1}}{_CLOCK}",
    re.IGNORECASE,
)
# What follows is when to stop waiting for a source, not the deadline.
_GRACE = re.compile(
    r"(?:remain open|open|postponed|extended|delayed)[^.\n]{0,40}\buntil[^.\n]{0,25}$"
)
_GRACE_REACH = 80
_NOON, _DAY_HOURS, _HOUR_MINUTES = 12, 24, 60
_CANDLE = re.compile(r"(?P<hours>\b1[ -]?(?:hour|h)\b[^.\n]{0,20})?\bcandles?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant that a wording names, aware UTC; a day without an hour counts to its end."""

    at: datetime
    has_hour: bool


def named_deadline(title: str, rules: str, near: datetime) -> Deadline | None:
    """The latest instant that title and rules name; None where they name none.

    ``near`` fills in a year that is not written: the nearest one. A price candle ends a minute,
    or the hour it is of, after its time.
    """
    named = [*_instants(title, near), *_instants(rules, near)]
    # An hour says more than a day: where one is written, days alone are left out.
    exact = [instant for instant, has_hour in named if has_hour]
    found = max(exact or [instant for instant, _ in named], default=None)
    if found is None:
        return None
    candle = _CANDLE.search(rules) if exact else None
    if candle is not None:
        found += timedelta(minutes=60 if candle["hours"] else 1)
    return Deadline(found, has_hour=bool(exact))


def _instants(text: str, near: datetime) -> Iterator[tuple[datetime, bool]]:
    for pattern in (_MONTH_FIRST, _DAY_FIRST):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - _GRACE_REACH) : match.start()]
            found = None if _GRACE.search(before) else _instant(match, near)
            if found is not None:
                yield found


def _instant(match: re.Match[str], near: datetime) -> tuple[datetime, bool] | None:
    day = _day(match, near)
    if day is None:
        return None
    # A bare number after a date is no hour: it needs minutes or am/pm.
    if match["hour"] is None or not (match["minute"] or match["half"]):
        return _in_utc(day, None) + timedelta(days=1), False
    hours, minutes = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").lower()
    if half:
        hours = hours % _NOON + (_NOON if half.startswith("p") else 0)
    if hours >= _DAY_HOURS or minutes >= _HOUR_MINUTES:
        return None
    return _in_utc(day + timedelta(hours=hours, minutes=minutes), match["zone"]), True


def _day(match: re.Match[str], near: datetime) -> datetime | None:
    """The day's beginning by the rules' own clock, kept as if it were UTC."""
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    written = match["year"]
    years = [int(written) % 100 + 2000] if written else [near.year - 1, near.year, near.year + 1]
    days = []
    for year in years:
        try:
            days.append(datetime(year, month, int(match["day"]), tzinfo=UTC))
        except ValueError:
            continue
    return min(days, key=lambda d: abs(d - near), default=None)


def _in_utc(local: datetime, zone: str | None) -> datetime:
    if zone is not None and zone.upper() in ("UTC", "GMT"):
        return local
    written = (zone or "").upper()
    is_summer = written == "EDT" or (written != "EST" and _is_summer(local))
    return local + timedelta(hours=4 if is_summer else 5)


def _is_summer(local: datetime) -> bool:
    """Daylight saving in the United States: second Sunday of March to first of November, 2 am."""
    return _sunday(local.year, 3, 2) <= local < _sunday(local.year, 11, 1)


def _sunday(year: int, month: int, which: int) -> datetime:
    first = datetime(year, month, 1, 2, tzinfo=UTC)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
