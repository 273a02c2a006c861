"""Holders, positions and prices of the past: what is asked, in which pages, and what it becomes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from models.data_enums import DataIssueKind, PriceSource
from service.clock import Clock
from service.errors import SourceError, SourcePaused
from service.polymarket import routes
from service.polymarket.batches import (
    MOST_FAILURES,
    Batch,
    Suspects,
    in_batches,
    list_of,
    match_asked,
    next_cursor,
    not_answered,
    split_refused,
)
from service.polymarket.money_feeds import (
    to_clob_reading,
    to_position,
    to_price_reading,
    to_token_holders,
)
from service.protocol.holders import TokenHolders, net_positions
from service.protocol.ids import to_hex
from service.protocol.listings import Refused
from service.protocol.price_history import PriceHistory, PriceReading
from service.protocol.sources import CLOB, DATA_API
from service.transport.answers import RequestRefused
from service.transport.client import JsonClient, Params

Row = TypeVar("Row")

CONDITIONS_PER_ANSWER = 20
# Asking for more than this is refused, not cut.
MOST_ROWS = 1_000
POSITIONS_A_PAGE = 500
# Of the hottest markets the 2,000 largest positions are read.
POSITION_PAGES = 4
# 15 days of minutes are 22 pages.
PRICE_PAGES = 30
LONGEST_WINDOW = timedelta(days=15)
# Smaller holdings are dust: they would fill the list of a market with few large holders.
LEAST_SHARES = "1"
FINE_MINUTES = 1


@dataclass(frozen=True, slots=True)
class Walked:
    """The records of a walk, and whether pages were left."""

    records: tuple[object, ...]
    is_cut: bool


def fetch_holders(
    api: JsonClient,
    clock: Clock,
    markets: Mapping[bytes, Sequence[str]],
    most: int,
    suspects: Suspects | None = None,
) -> Iterator[Batch[TokenHolders]]:
    """The ``most`` largest holders of each token of these markets (tokens by condition id).

    One page: the limit counts for each token. A token without an answer is missing.
    """
    form = Refused(DataIssueKind.REFUSED_HOLDERS, DATA_API, "", "")
    tokens = {to_hex(condition): tuple(owned) for condition, owned in markets.items()}
    limit = min(most, MOST_ROWS)

    def ask(part: Sequence[str]) -> object:
        named = (("condition", ",".join(part)), ("min_balance", LEAST_SHARES))
        return api.ask(routes.HOLDERS, (*named, ("limit", str(limit))))

    for part, answer in in_batches(tuple(tokens), CONDITIONS_PER_ANSWER, ask, suspects):
        now = clock.now()
        wanted = [token for condition in part for token in tokens[condition]]
        if isinstance(answer, SourceError):
            alone: Batch[TokenHolders] = not_answered(answer, part, form, now)
            yield replace(alone, missing=tuple(wanted))
            continue
        records = list_of(DATA_API, answer, "data")
        has_more = next_cursor(DATA_API, answer) is not None
        made = [_keyed(to_token_holders(record, limit), _token_of(record)) for record in records]
        rows, refused = split_refused(made)
        if not has_more:
            rows = [replace(row, is_cut=False) for row in rows]
        batch = Batch(tuple(rows), tuple(refused), (), now)
        yield match_asked(batch, wanted, lambda row: row.token_id, form)


def fetch_positions(
    api: JsonClient, clock: Clock, markets: Mapping[bytes, Sequence[str]], most: int
) -> Iterator[Batch[TokenHolders]]:
    """The largest positions of each of these two-token markets with what was paid, netted.

    One position that cannot be read refuses its market's lists: a holder of unknown size would
    break what they say of those not listed.
    """
    form = Refused(DataIssueKind.REFUSED_HOLDERS, DATA_API, "", "")
    failures: list[SourceError] = []
    for condition, tokens in markets.items():
        key = to_hex(condition)
        fixed = (
            ("condition", key),
            ("status", "OPEN"),
            ("sort_by", "TOKENS"),
            ("sort_direction", "DESC"),
            ("limit", str(POSITIONS_A_PAGE)),
        )
        try:
            walked = walk_pages(partial(api.ask, routes.POSITIONS), fixed, POSITION_PAGES)
        except SourcePaused as pause:
            raise (failures or [pause])[0] from None
        except SourceError as error:
            alone: Batch[TokenHolders] = not_answered(error, (key,), form, clock.now())
            yield replace(alone, missing=tuple(tokens))
            if not isinstance(error, RequestRefused):
                failures.append(error)
            if len(failures) >= MOST_FAILURES:
                break
            continue
        rows, refused = split_refused([_keyed(to_position(one), key) for one in walked.records])
        yes, no = tokens
        lists = net_positions(rows, (yes, no), most, is_cut=walked.is_cut)
        kept = () if refused else tuple(row for row in lists if row.holders)
        missing = tuple(token for token in tokens if token not in {row.token_id for row in kept})
        yield Batch(kept, tuple(refused), missing, clock.now())
    if failures:
        raise failures[0]


def fetch_price_history(
    api: JsonClient, token: str, from_at: datetime, to_at: datetime
) -> PriceHistory:
    """A token's midpoints over at most 15 days; from the CLOB where the Data API has none.

    Raises :class:`SourceError` where both fail, the Data API's.
    """
    to_at = min(to_at, from_at + LONGEST_WINDOW)
    failure: SourceError | None = None
    try:
        found = _data_history(api, token, from_at, to_at)
        if found.points:
            return found
    except SourceError as error:
        failure = error
    try:
        return _clob_history(api, token, from_at, to_at)
    except SourceError:
        if failure is not None:
            raise failure from None
        raise


def _data_history(api: JsonClient, token: str, from_at: datetime, to_at: datetime) -> PriceHistory:
    fixed = (
        ("token_id", token),
        ("start", _epoch(from_at)),
        ("end", _epoch(to_at)),
        ("limit", str(MOST_ROWS)),
    )
    walked = walk_pages(partial(api.ask, routes.PRICES), fixed, PRICE_PAGES)
    made = [_keyed(to_price_reading(record), token) for record in walked.records]
    return _history(token, made, from_at, to_at, PriceSource.DATA_API)


def _clob_history(api: JsonClient, token: str, from_at: datetime, to_at: datetime) -> PriceHistory:
    params = (
        ("market", token),
        ("startTs", _epoch(from_at)),
        ("endTs", _epoch(to_at)),
        ("fidelity", str(FINE_MINUTES)),
    )
    records = list_of(CLOB, api.ask(routes.CLOB_PRICES, params), "history")
    made = [_keyed(to_clob_reading(record, FINE_MINUTES * 60), token) for record in records]
    return _history(token, made, from_at, to_at, PriceSource.CLOB)


def _history(
    token: str,
    made: Sequence[PriceReading | Refused],
    from_at: datetime,
    to_at: datetime,
    source: PriceSource,
) -> PriceHistory:
    rows, refused = split_refused(made)
    # A cursor that repeats, and the one point of a window that lies before it.
    within = {row.at: row for row in rows if from_at <= row.at <= to_at}
    points = tuple(within[at] for at in sorted(within))
    return PriceHistory(token, from_at, to_at, points, source, tuple(refused))


def walk_pages(ask: Callable[[Params], object], fixed: Params, most_pages: int) -> Walked:
    """Pages of a Data API list; each asked for with the same filters, for a bare cursor is refused.

    ``limit`` sizes the first page; the cursor carries it on. A short page is not the end.
    """
    seen: set[str] = set()
    records: list[object] = []
    params = fixed
    for _ in range(most_pages):
        answer = ask(params)
        records += list_of(DATA_API, answer, "data")
        cursor = next_cursor(DATA_API, answer)
        if cursor is None:
            return Walked(tuple(records), is_cut=False)
        if cursor in seen:
            raise SourceError(DATA_API, f"cursor loop: {cursor[:60]!r} came twice")
        seen.add(cursor)
        params = (*fixed, ("cursor", cursor))
    return Walked(tuple(records), is_cut=True)


def _keyed(made: Row | Refused, key: str) -> Row | Refused:
    """Name a refusal by what was asked for: the record itself changes with every answer."""
    return replace(made, key=key) if isinstance(made, Refused) else made


def _token_of(record: object) -> str:
    token = record.get("token_id") if isinstance(record, dict) else None
    return token[:80] if isinstance(token, str) else "holders without a token"


def _epoch(at: datetime) -> str:
    return str(int(at.timestamp()))
