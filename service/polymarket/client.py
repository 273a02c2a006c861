"""Polymarket's read-only HTTP APIs: what is asked, in which batches, and what it becomes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from models.data_enums import DataIssueKind
from service.circuit import CircuitPolicy
from service.clock import Clock
from service.errors import SourceError, SourcePaused
from service.polymarket import money, routes, status
from service.polymarket.batches import (
    Batch,
    Suspects,
    in_batches,
    list_of,
    match_asked,
    not_answered,
    to_batch,
    walk,
)
from service.polymarket.catalogue import CatalogueReader
from service.polymarket.clarifications import ClarificationPage, walk_clarifications
from service.polymarket.feeds import to_book, to_open_interest, to_resolution
from service.polymarket.routes import LIMIT_SECONDS, LIMITS, PARENTS
from service.polymarket.trades import TradeList, fetch_trades
from service.polymarket.translate import to_listing
from service.polymarket.wallet_positions import WalletPositions, fetch_wallet_positions
from service.protocol.holders import TokenHolders
from service.protocol.ids import to_hex
from service.protocol.listings import (
    BookRow,
    MarketListing,
    OpenInterestRow,
    Refused,
    ResolutionRow,
)
from service.protocol.price_history import PriceHistory
from service.protocol.rate_limits import RequestCount
from service.protocol.sources import CLOB, DATA_API, GAMMA, SourceHealth
from service.transport.client import (
    MOST_BYTES,
    JsonClient,
    Params,
    RetryPolicy,
    Route,
    Timeouts,
)

# Sent whole and exactly: the defaults differ between routes and have changed before.
PAGE_LIMIT = "100"
CONDITIONS_PER_LOOKUP = 50
CONDITIONS_PER_ANSWER = 20
TOKENS_PER_ANSWER = 100
# The venue takes so many; an answer is then some megabytes.
MOST_TOKENS_PER_ANSWER = 500


class PolymarketClient:
    """Gamma, CLOB and Data API, each behind a circuit of its own; safe to share by threads."""

    def __init__(  # noqa: PLR0913  # three addresses, and what tests replace
        self,
        gamma_url: str,
        clob_url: str,
        data_url: str,
        *,
        clock: Clock,
        retries: RetryPolicy | None = None,
        circuit: CircuitPolicy | None = None,
        timeouts: Timeouts | None = None,
        limits: Mapping[str, int] = LIMITS,
        limit_seconds: float = LIMIT_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Prepare connections; nothing is sent yet."""
        self._clock = clock
        self._api = JsonClient(
            {GAMMA: gamma_url, CLOB: clob_url, DATA_API: data_url},
            clock=clock,
            limits=limits,
            limit_seconds=limit_seconds,
            parents=PARENTS,
            retries=retries,
            circuit=circuit,
            timeouts=timeouts,
            most_bytes=most_bytes,
        )
        # Of each route that is asked in batches.
        self._suspects: defaultdict[Route, Suspects] = defaultdict(Suspects)
        # Whole lists of markets and groups.
        self.catalogue = CatalogueReader(self._api, clock)

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close on the way out."""
        self.close()

    def close(self) -> None:
        """Close connections and stop the buckets' threads."""
        self._api.close()

    def health(self) -> tuple[SourceHealth, ...]:
        """What is known of each source at this moment."""
        return self._api.health()

    def read_status(self, source: str) -> str:
        """One cheap question to a source: what it says of itself, on one line."""
        return status.read_status(self._api, source)

    def read_time(self) -> datetime:
        """The CLOB's clock."""
        return status.read_time(self._api)

    def take_requests(self) -> tuple[RequestCount, ...]:
        """What was sent since the last call, by bucket and minute."""
        return self._api.take_requests()

    def fetch_open_markets(self, *, min_volume_usdc: int = 0) -> Iterator[Batch[MarketListing]]:
        """Every open market with at least this much volume (USD), a page at a time, by id."""
        return self._walk_markets(
            (("closed", "false"), ("volume_num_min", str(min_volume_usdc)))
            if min_volume_usdc
            else (("closed", "false"),)
        )

    def fetch_markets_by_uma_status(self, status: str) -> Iterator[Batch[MarketListing]]:
        """Open markets under this ``umaResolutionStatus`` (closed ones keep stale labels)."""
        return self._walk_markets((("closed", "false"), ("uma_resolution_status", status)))

    def fetch_markets_by_condition_ids(
        self, condition_ids: Sequence[bytes]
    ) -> Iterator[Batch[MarketListing]]:
        """These markets, closed and open (a look-up leaves closed ones out unless asked).

        A look-up that fails does not keep the others from being made; it is raised after them.
        """
        keys = [to_hex(condition_id) for condition_id in condition_ids]
        failure: SourceError | None = None
        for start in range(0, len(keys), CONDITIONS_PER_LOOKUP):
            named = tuple(("condition_ids", k) for k in keys[start : start + CONDITIONS_PER_LOOKUP])
            for closed in ("true", "false"):
                try:
                    yield from self._walk_markets((("closed", closed), *named))
                except SourcePaused:
                    raise
                except SourceError as error:
                    failure = error
        if failure is not None:
            raise failure

    def fetch_clarifications(self) -> Iterator[ClarificationPage]:
        """Every clarification the catalogue lists, a page at a time, newest first if it can."""
        return walk_clarifications(
            lambda params: self._api.ask(routes.CLARIFICATIONS, params), self._clock
        )

    def fetch_resolutions(self, condition_ids: Sequence[bytes]) -> Iterator[Batch[ResolutionRow]]:
        """The resolution feed's rows of these markets; the newest where it sends two."""
        form = Refused(DataIssueKind.REFUSED_RESOLUTION, DATA_API, "", "")
        yield from self._fetch_by_condition(
            routes.RESOLUTIONS, condition_ids, to_resolution, form, _newest_first
        )

    def fetch_open_interest(
        self, condition_ids: Sequence[bytes]
    ) -> Iterator[Batch[OpenInterestRow]]:
        """The collateral locked in these markets; one the source cannot serve is missing."""
        form = Refused(DataIssueKind.REFUSED_OPEN_INTEREST, DATA_API, "", "")
        yield from self._fetch_by_condition(
            routes.OPEN_INTEREST, condition_ids, to_open_interest, form, tuple
        )

    def fetch_books(
        self, token_ids: Sequence[str], most: int = TOKENS_PER_ANSWER
    ) -> Iterator[Batch[BookRow]]:
        """The order books of these tokens, in any order; a token without book is missing.

        ``most`` tokens a request, at most ``MOST_TOKENS_PER_ANSWER``.
        """
        form = Refused(DataIssueKind.REFUSED_BOOK, CLOB, "", "")

        def ask(part: Sequence[str]) -> Sequence[object]:
            sent = [{"token_id": token} for token in part]
            return list_of(CLOB, self._api.ask(routes.BOOKS, json=sent), None)

        suspects = self._suspects[routes.BOOKS]
        for part, answer in in_batches(tuple(token_ids), most, ask, suspects):
            now = self._clock.now()
            if isinstance(answer, SourceError):
                yield not_answered(answer, part, form, now)
                continue
            batch = to_batch(answer, to_book, now)
            yield match_asked(batch, part, lambda row: row.token_id, form)

    def fetch_holders(
        self, markets: Mapping[bytes, Sequence[str]], most: int
    ) -> Iterator[Batch[TokenHolders]]:
        """The largest holders of each token of these markets (tokens by condition id)."""
        return money.fetch_holders(
            self._api, self._clock, markets, most, self._suspects[routes.HOLDERS]
        )

    def fetch_wallet_positions(self, wallet: bytes) -> WalletPositions:
        """Everything a wallet holds, as the source says now."""
        return fetch_wallet_positions(self._api, self._clock, wallet)

    def fetch_positions(
        self, markets: Mapping[bytes, Sequence[str]], most: int
    ) -> Iterator[Batch[TokenHolders]]:
        """The same with what was paid; several requests a market, so for few of them."""
        return money.fetch_positions(self._api, self._clock, markets, most)

    def fetch_price_history(
        self, token_id: str, from_at: datetime, to_at: datetime
    ) -> PriceHistory:
        """A token's midpoints over at most 15 days of its past."""
        return money.fetch_price_history(self._api, token_id, from_at, to_at)

    def fetch_trades(self, condition_ids: Sequence[bytes], since: datetime) -> Iterator[TradeList]:
        """The trades of these markets since an instant, a batch of markets at a time."""
        keys = [to_hex(condition_id) for condition_id in condition_ids]
        return fetch_trades(self._api.ask, keys, since, suspects=self._suspects[routes.TRADES])

    def _walk_markets(self, filters: Params) -> Iterator[Batch[MarketListing]]:
        fixed = (*filters, ("order", "id"), ("ascending", "true"), ("limit", PAGE_LIMIT))
        sent = (*fixed, ("include_tag", "true"))
        for records in walk(
            GAMMA, lambda params: self._api.ask(routes.MARKETS, params), sent, "markets"
        ):
            yield to_batch(records, to_listing, self._clock.now())

    def _fetch_by_condition(
        self,
        route: Route,
        condition_ids: Sequence[bytes],
        translate: Callable[[object], Any],
        form: Refused,
        arrange: Callable[[Sequence[Any]], tuple[Any, ...]],
    ) -> Iterator[Batch[Any]]:
        def ask(part: Sequence[str]) -> Sequence[object]:
            answer = self._api.ask(route, (("condition", ",".join(part)),))
            return list_of(route.source, answer, "data")

        keys = tuple(to_hex(condition_id) for condition_id in condition_ids)
        for part, answer in in_batches(keys, CONDITIONS_PER_ANSWER, ask, self._suspects[route]):
            now = self._clock.now()
            if isinstance(answer, SourceError):
                yield not_answered(answer, part, form, now)
                continue
            batch = to_batch(answer, translate, now)
            arranged = Batch(arrange(batch.rows), batch.refused, batch.missing, now)
            yield match_asked(arranged, part, lambda row: to_hex(row.condition_id), form)


def _newest_first(rows: Sequence[ResolutionRow]) -> tuple[ResolutionRow, ...]:
    dated = [row for row in rows if row.reported_at is not None]
    dated.sort(key=lambda row: row.reported_at.timestamp() if row.reported_at else 0, reverse=True)
    return (*dated, *(row for row in rows if row.reported_at is None))
