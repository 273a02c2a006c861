"""What an alert of a replay rests on that nobody published: a price, a book, or an hour."""

from collections.abc import Iterator
from enum import StrEnum

from jobs.replay_reading import Alarm
from service.alerts.contradiction import Measure
from service.demo.case import Case


class Assumed(StrEnum):
    """In the words of the page, the heaviest first."""

    PRICE = "assumed price"
    BOOK = "assumed order book"
    PRICE_HOUR = "assumed hour of the price"
    STEP = "assumed step"
    TIME = "assumed time"


# Without these there would have been another alert or none; the others only shift its hour.
SUBSTANCE = frozenset({Assumed.PRICE, Assumed.BOOK, Assumed.STEP})


def list_assumptions(case: Case, alarm: Alarm) -> Iterator[Assumed]:
    """The marks of one alert, by the case's statements known when it was raised."""
    if alarm.is_of_price:
        price = next((p for p in reversed(case.price) if p.at <= alarm.raised_at), None)
        if price is not None and price.invented:
            yield Assumed.PRICE
        # No case has a published book: each is drawn around the middle price.
        if alarm.measure == Measure.STANDING:
            yield Assumed.BOOK
        if price is not None and not price.invented and price.minute == "invented":
            yield Assumed.PRICE_HOUR
    steps = case.steps_until(alarm.raised_at)
    if steps and steps[-1].invented:
        yield Assumed.STEP
    elif steps and steps[-1].minute == "invented":
        yield Assumed.TIME
