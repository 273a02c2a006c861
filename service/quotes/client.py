"""Prices from outside Polymarket: which sources are asked, and what their answers become."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from models.data_enums import DataIssueKind
from models.price_enums import Venue
from service.circuit import CircuitPolicy
from service.clock import Clock
from service.protocol.asset_prices import UMA, AssetReading, issue_key
from service.protocol.listings import Refused
from service.protocol.sibling_prices import SiblingLink, SiblingReading
from service.protocol.sources import ASSET_SOURCES, KALSHI, SourceHealth
from service.quotes import kalshi
from service.quotes.asset_sources import SOURCES
from service.quotes.values import member
from service.transport.client import JsonClient, RetryPolicy, Timeouts

# Far below what is published: CoinGecko without a key limits by address without naming a number
# (its Demo plan has 100 a minute), Coinbase Exchange 10 a second, Kalshi 20 a second.
LIMITS = {**dict.fromkeys(ASSET_SOURCES, 6), KALSHI: 60}
LIMIT_SECONDS = 60
MOST_BYTES = 4 * 1024 * 1024
TICKERS_PER_ANSWER = 50


@dataclass(frozen=True, slots=True)
class SiblingBatch:
    """One answer of a sibling venue: what it quotes, and what was refused."""

    rows: tuple[SiblingReading, ...]
    refused: tuple[Refused, ...]
    fetched_at: datetime


class QuoteClient:
    """The configured price sources, each behind a circuit of its own; safe to share by threads."""

    def __init__(  # what is asked, and what tests replace
        self,
        urls: Mapping[str, str],
        links: Sequence[SiblingLink],
        *,
        clock: Clock,
        retries: RetryPolicy | None = None,
        circuit: CircuitPolicy | None = None,
        timeouts: Timeouts | None = None,
        limits: Mapping[str, int] = LIMITS,
    ) -> None:
        """Prepare connections to the ``urls`` of configured sources; nothing is sent yet."""
        self._urls = dict(urls)
        self._clock = clock
        self._links = tuple(link for link in links if link.venue is Venue.KALSHI)
        self._api = JsonClient(
            urls,
            clock=clock,
            limits=limits,
            limit_seconds=LIMIT_SECONDS,
            retries=retries,
            circuit=circuit,
            timeouts=timeouts,
            most_bytes=MOST_BYTES,
        )

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close on the way out."""
        self.close()

    def close(self) -> None:
        """Close connections and stop the buckets' threads."""
        self._api.close()

    @property
    def asset_sources(self) -> tuple[str, ...]:
        """The configured sources of UMA's price, in one order."""
        return tuple(name for name in ASSET_SOURCES if name in self._urls)

    @property
    def configured(self) -> frozenset[str]:
        """Every configured source."""
        return frozenset(self._urls)

    def health(self) -> tuple[SourceHealth, ...]:
        """What is known of each configured source at this moment."""
        return self._api.health()

    def fetch_uma(self, source: str) -> AssetReading | Refused:
        """UMA's price from one configured source; an answer that is no price is refused."""
        asked = SOURCES[source]
        answer = self._api.ask(asked.route, asked.params)
        try:
            return asked.read(answer, self._clock.now())
        except ValueError as error:
            kind = DataIssueKind.REFUSED_ASSET_PRICE
            return Refused(kind, source, issue_key(source, UMA), str(error))

    def fetch_siblings(self) -> Iterator[SiblingBatch]:
        """What Kalshi quotes for the linked markets; of another venue nothing is asked."""
        if KALSHI not in self._urls:
            return
        for start in range(0, len(self._links), TICKERS_PER_ANSWER):
            part = self._links[start : start + TICKERS_PER_ANSWER]
            tickers = ",".join(dict.fromkeys(link.reference for link in part))
            params = (("tickers", tickers), ("limit", str(TICKERS_PER_ANSWER)))
            answer = self._api.ask(kalshi.MARKETS, params)
            yield self._to_batch(answer, part)

    def _to_batch(self, answer: object, links: Sequence[SiblingLink]) -> SiblingBatch:
        rows: list[SiblingReading] = []
        refused: list[Refused] = []
        for link in links:
            try:
                record = _find(answer, link.reference)
                rows.append(kalshi.to_sibling(record, link, self._urls[KALSHI]))
            except ValueError as error:
                kind = DataIssueKind.REFUSED_SIBLING_PRICE
                refused.append(Refused(kind, KALSHI, link.key, str(error)))
        return SiblingBatch(tuple(rows), tuple(refused), self._clock.now())


def _find(answer: object, ticker: str) -> object:
    markets = member(answer, "markets")
    if not isinstance(markets, list):
        message = "no list of markets in the answer"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    found = [item for item in markets if isinstance(item, dict) and item.get("ticker") == ticker]
    if not found:
        message = "Kalshi does not list this ticker"
        raise ValueError(message)
    return found[0]
