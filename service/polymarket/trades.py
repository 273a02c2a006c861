"""The Data API's trades of some markets: ``/v2/trades``, its pages and what a row becomes.

Rows come newest first and no parameter says since when, so pages are followed back until one is
older than what is wanted. The bare feed (no condition) is never asked: it reaches back two months
at most. Rows of combinations, whose ids are no condition's, are dropped and counted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from models.data_enums import DataIssueKind
from models.fill_enums import FillSide
from service.errors import SourceError
from service.polymarket import routes
from service.polymarket.batches import Suspects, in_batches, list_of, next_cursor
from service.polymarket.payloads import Number, Payload, Text
from service.polymarket.refusals import is_token, named, translate
from service.polymarket.scalars import MICRO, to_address, to_condition_id, to_id, to_time
from service.protocol.fills import MOST, TradeRow, check_amounts
from service.protocol.ids import parse_hex32
from service.protocol.listings import Refused
from service.protocol.sources import DATA_API
from service.transport.answers import RequestRefused
from service.transport.client import Params, Route

CONDITIONS_PER_ANSWER = 20
# A larger one is refused, not cut.
PAGE_LIMIT = 1_000
# A batch of markets that traded more often than this since their beginning stays incomplete.
MOST_PAGES = 10
_HEX32 = 66
_NEVER = datetime.max.replace(tzinfo=UTC)

Ask = Callable[[Route, Params], object]


class TradePayload(Payload):
    """One row of Data API ``/v2/trades``. Its ``outcome_index`` may be 999 and is not read."""

    proxy_wallet: Text = None
    side: Text = None
    token_id: Text = None
    condition_id: Text = None
    size: Number = None
    price: Number = None
    timestamp: Text = None
    transaction_hash: Text = None


@dataclass(frozen=True, slots=True)
class TradeList:
    """The trades of a batch of markets, newest first, whole from ``reached`` on."""

    condition_ids: tuple[bytes, ...]
    rows: tuple[TradeRow, ...]
    refused: tuple[Refused, ...]
    combinations: int
    # As far back as was asked for; later where there were too many pages, and the end of time
    # where there is nothing.
    reached: datetime


def fetch_trades(
    ask: Ask,
    condition_ids: Sequence[str],
    since: datetime,
    most_pages: int = MOST_PAGES,
    suspects: Suspects | None = None,
) -> Iterator[TradeList]:
    """The trades of markets (0x-hex) since an instant, a batch at a time.

    A market the source refuses even alone has no rows and its reason; a batch that fails is left
    out, and its error raised after the others.
    """

    def walk(part: Sequence[str]) -> _Walked:
        return _walk(ask, part, since, most_pages)

    for part, answer in in_batches(tuple(condition_ids), CONDITIONS_PER_ANSWER, walk, suspects):
        keys = tuple(parse_hex32(key) for key in part)
        if isinstance(answer, RequestRefused):
            kind = DataIssueKind.REFUSED_FILL
            because = tuple(Refused(kind, DATA_API, key, answer.reason) for key in part)
            yield TradeList(keys, (), because, 0, _NEVER)
        elif not isinstance(answer, SourceError):
            yield _to_list(keys, answer, since)


@dataclass(frozen=True, slots=True)
class _Walked:
    records: tuple[object, ...]
    # The pages ended before they were old enough.
    is_cut: bool


def _walk(ask: Ask, part: Sequence[str], since: datetime, most_pages: int) -> _Walked:
    fixed: Params = (("condition", ",".join(part)), ("limit", str(PAGE_LIMIT)))
    seen: set[str] = set()
    records: list[object] = []
    params = fixed
    for _ in range(most_pages):
        answer = ask(routes.TRADES, params)
        page = list_of(DATA_API, answer, "data")
        records += page
        cursor = next_cursor(DATA_API, answer)
        if cursor is None or _is_before(page, since):
            return _Walked(tuple(records), is_cut=False)
        if cursor in seen:
            raise SourceError(DATA_API, f"cursor loop: {cursor[:60]!r} came twice")
        seen.add(cursor)
        # The same filters with each page: a feed's cursor does not hold them.
        params = (*fixed, ("cursor", cursor))
    return _Walked(tuple(records), is_cut=True)


def _is_before(page: Sequence[object], since: datetime) -> bool:
    """Whether a page's last row that can be read is older than what is wanted."""
    for record in reversed(page):
        row = to_trade(record)
        if isinstance(row, TradeRow):
            return row.traded_at < since
    return False


def _to_list(keys: tuple[bytes, ...], walked: _Walked, since: datetime) -> TradeList:
    rows: list[TradeRow] = []
    refused: list[Refused] = []
    combinations = 0
    wanted = set(keys)
    for record in walked.records:
        if _is_combination(record):
            combinations += 1
            continue
        made = to_trade(record)
        if isinstance(made, Refused):
            refused.append(made)
        elif made.condition_id not in wanted:
            reason = "a trade of a market that was not asked for"
            key = f"0x{made.condition_id.hex()}"
            refused.append(Refused(DataIssueKind.REFUSED_FILL, DATA_API, key, reason))
        else:
            rows.append(made)
    reached = since
    if walked.is_cut and rows:
        # The last second may go on on the page that was not asked for.
        reached = max(since, min(row.traded_at for row in rows) + timedelta(seconds=1))
    elif walked.is_cut:
        reached = _NEVER
    kept = tuple(row for row in rows if row.traded_at >= reached)
    return TradeList(keys, kept, tuple(refused), combinations, reached)


def _is_combination(record: object) -> bool:
    """Rows of combinations carry ids of 31 bytes, or padded with zeros."""
    condition = record.get("condition_id") if isinstance(record, dict) else None
    return isinstance(condition, str) and (len(condition) != _HEX32 or condition.endswith("0" * 20))


def to_trade(record: object) -> TradeRow | Refused:
    """One trade, under the wallet it is listed for."""
    return translate(record, TradePayload, _trade, DataIssueKind.REFUSED_FILL, DATA_API)


def _trade(sent: TradePayload) -> TradeRow:
    shares = _micro("size", sent.size)
    if sent.price is None or not 0 <= sent.price <= 1:
        message = f"price {sent.price} is none of a share"
        raise ValueError(message)
    usdc = int((sent.price * shares).to_integral_value(ROUND_HALF_EVEN))
    check_amounts(usdc, shares)
    wallet = named("proxy_wallet", to_address, sent.proxy_wallet)
    transaction = named("transaction_hash", to_id, sent.transaction_hash)
    traded_at = named("timestamp", to_time, sent.timestamp)
    if sent.token_id is None or not is_token(sent.token_id):
        message = "token_id is no token number"
        raise ValueError(message)
    if wallet is None or transaction is None or traded_at is None:
        message = "without a wallet, a transaction or a time"
        raise ValueError(message)
    return TradeRow(
        condition_id=to_condition_id(sent.condition_id),
        token_id=int(sent.token_id),
        taker_side=_side(sent.side),
        shares=shares,
        usdc=usdc,
        taker=wallet,
        transaction_hash=transaction,
        traded_at=traded_at,
    )


def _micro(name: str, value: Decimal | None) -> int:
    if value is None or not 0 < value < MOST:
        message = f"{name} {value} is no amount"
        raise ValueError(message)
    return int(value.scaleb(MICRO).to_integral_value(ROUND_HALF_EVEN))


def _side(text: str | None) -> FillSide:
    try:
        return FillSide((text or "").lower())
    except ValueError as error:
        message = f"side {text!r:.40} is neither BUY nor SELL"
        raise ValueError(message) from error
