"""Whole lists of Gamma's catalogue: open markets, open groups, and the closed markets of the past.

What is asked is sent whole and explicitly, ``closed`` above all; lists are walked by id, which
does not move, so that rows that come and go meanwhile shift nothing in a keyset. A source whose
cursors count rows instead can still leave one out between two pages: the next sweep comes from the
other end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from service.clock import Clock
from service.polymarket import routes
from service.polymarket.batches import Batch, Pages, to_batch
from service.polymarket.groups import to_group, to_known_group
from service.polymarket.sweeps import sweep
from service.polymarket.translate import to_listing
from service.protocol.listings import GroupListing, MarketListing
from service.protocol.sources import GAMMA
from service.transport.client import JsonClient, Params, Route

PAGE_LIMIT = "100"
_TAGS = ("include_tag", "true")
# Ids of one look-up.
IDS_PER_LOOK_UP = 50

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page and the cursor that leads past it; ``None`` after the last."""

    batch: Batch[Row]
    cursor: str | None


class CatalogueReader:
    """The lists of Gamma's catalogue, a page at a time."""

    def __init__(self, api: JsonClient, clock: Clock) -> None:
        """Use a client that keeps limits, retries and circuits."""
        self._api = api
        self._clock = clock

    def open_markets(
        self, *, min_volume_usdc: int = 0, up: bool = True
    ) -> Iterator[Batch[MarketListing]]:
        """Every open market with at least this much volume (USD), from the lowest id or highest.

        Raises after all that can be had, naming the gap that is left.
        """
        for records in sweep(
            GAMMA,
            self._asking(routes.MARKETS),
            (("closed", "false"), *_volume(min_volume_usdc), _TAGS),
            "markets",
            up=up,
        ):
            yield to_batch(records, to_listing, self._clock.now())

    def open_groups(self, *, up: bool = True) -> Iterator[Batch[GroupListing]]:
        """Every open group, without its markets (which make a page fifty times as heavy)."""
        filters = (("closed", "false"), ("include_markets", "false"))
        for records in sweep(GAMMA, self._asking(routes.EVENTS), filters, "events", up=up):
            yield to_batch(records, to_group, self._clock.now())

    def groups(self, gamma_ids: Sequence[str]) -> Iterator[Batch[GroupListing]]:
        """These groups, open and closed."""
        for start in range(0, len(gamma_ids), IDS_PER_LOOK_UP):
            named = tuple(("id", key) for key in gamma_ids[start : start + IDS_PER_LOOK_UP])
            for closed in ("true", "false"):
                sent: Params = (("closed", closed), ("include_markets", "false"), *named)
                for page in self._pages(routes.EVENTS, sent, "id", "events", None):
                    yield to_batch(page.records, to_known_group, self._clock.now())

    def closed_by_end(
        self,
        first: datetime,
        last: datetime | None,
        *,
        min_volume_usdc: int = 0,
        cursor: str | None = None,
    ) -> Iterator[Page[MarketListing]]:
        """Closed markets whose end date lies in a window, both ends included, by id."""
        ends: Params = (("end_date_min", _day(first)),)
        if last is not None:
            ends += (("end_date_max", _day(last)),)
        filters = (("closed", "true"), *ends, *_volume(min_volume_usdc))
        yield from self._closed(filters, "id", cursor)

    def closed_by_close(
        self, *, min_volume_usdc: int = 0, cursor: str | None = None
    ) -> Iterator[Page[MarketListing]]:
        """Closed markets, those that closed last first."""
        filters = (("closed", "true"), *_volume(min_volume_usdc))
        yield from self._closed(filters, "closedTime", cursor)

    def _closed(
        self, filters: Params, order: str, cursor: str | None
    ) -> Iterator[Page[MarketListing]]:
        for page in self._pages(routes.MARKETS, (*filters, _TAGS), order, "markets", cursor):
            batch = to_batch(page.records, to_listing, self._clock.now())
            yield Page(batch, page.cursor)

    def _pages(  # what a list is asked by
        self, route: Route, filters: Params, order: str, name: str, cursor: str | None
    ) -> Iterator["_Records"]:
        ascending = "true" if order == "id" else "false"
        ordered = (("order", order), ("ascending", ascending), ("limit", PAGE_LIMIT))
        pages = Pages(GAMMA, self._asking(route), (*filters, *ordered), name, cursor)
        for records in pages:
            yield _Records(records, pages.cursor)

    def _asking(self, route: Route) -> Callable[[Params], object]:
        return lambda params: self._api.ask(route, params)


@dataclass(frozen=True, slots=True)
class _Records:
    records: Sequence[object]
    cursor: str | None


def _volume(least: int) -> Params:
    return (("volume_num_min", str(least)),) if least else ()


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
