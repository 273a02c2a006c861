"""From holders, positions and points of a price history to the project's shapes. Pure."""

from datetime import UTC, datetime
from decimal import Decimal

from models.data_enums import DataIssueKind, HolderSource
from service.polymarket.money_payloads import (
    ClobPointPayload,
    HolderPayload,
    PositionPayload,
    PricePointPayload,
    TokenHoldersPayload,
)
from service.polymarket.refusals import is_token, named, translate
from service.polymarket.scalars import to_address, to_micro_usdc
from service.protocol.holders import HeldShares, PositionRow, TokenHolders, rank
from service.protocol.listings import Refused
from service.protocol.price_history import PriceReading
from service.protocol.sources import CLOB, DATA_API

PRICE_STEP = Decimal("0.000001")
# The year 2100: what lies beyond is no second of a price.
LAST_EPOCH = 4_102_444_800
LONGEST_RESOLUTION = 31 * 86_400


def to_token_holders(record: object, most: int) -> TokenHolders | Refused:
    """One token's largest holders, cut at ``most``; one amount that is null refuses the list."""

    def make(sent: TokenHoldersPayload) -> TokenHolders:
        held = [_held(holder) for holder in sent.holders]
        ranked, _ = rank(held, most)
        # As many as were asked for: the source has more, or happens to have exactly these.
        is_cut = len(sent.holders) >= most
        return TokenHolders(_token(sent.token_id), ranked, is_cut, HolderSource.HOLDERS)

    return translate(record, TokenHoldersPayload, make, DataIssueKind.REFUSED_HOLDERS, DATA_API)


def to_position(record: object) -> PositionRow | Refused:
    """One wallet's position in one token."""
    return translate(record, PositionPayload, _position, DataIssueKind.REFUSED_HOLDERS, DATA_API)


def to_price_reading(record: object) -> PriceReading | Refused:
    """One point of the Data API's history, which says how much time it stands for."""

    def make(sent: PricePointPayload) -> PriceReading:
        resolution = sent.resolution_seconds
        if resolution is None or not 0 < resolution <= LONGEST_RESOLUTION:
            message = f"resolution_seconds: {resolution}"
            raise ValueError(message)
        return _reading(sent.timestamp, sent.price, int(resolution))

    return translate(record, PricePointPayload, make, DataIssueKind.REFUSED_PRICE_POINT, DATA_API)


def to_clob_reading(record: object, resolution_seconds: int) -> PriceReading | Refused:
    """One point of the CLOB's history, at the resolution that was asked for."""

    def make(sent: ClobPointPayload) -> PriceReading:
        return _reading(sent.timestamp, sent.price, resolution_seconds)

    return translate(record, ClobPointPayload, make, DataIssueKind.REFUSED_PRICE_POINT, CLOB)


def _held(sent: HolderPayload) -> HeldShares:
    return HeldShares(_wallet(sent.proxy_wallet), _size("amount", sent.amount))


def _position(sent: PositionPayload) -> PositionRow:
    price = sent.avg_price
    # Shares that came by splitting or a transfer may carry a price outside 0..1: none at all.
    is_price = price is not None and 0 <= price <= 1
    avg_price = price.quantize(PRICE_STEP) if price is not None and is_price else None
    size = _size("current_size", sent.current_size)
    return PositionRow(
        _token(sent.token_id), HeldShares(_wallet(sent.proxy_wallet), size, avg_price)
    )


def _wallet(text: str | None) -> bytes:
    wallet = named("proxy_wallet", to_address, text)
    if wallet is None:
        message = "proxy_wallet is absent"
        raise ValueError(message)
    return wallet


def _size(name: str, shares: Decimal | None) -> int:
    size = named(name, to_micro_usdc, shares)
    if size is None:
        message = f"{name} is null (unavailable)"
        raise ValueError(message)
    return size


def _token(text: str | None) -> str:
    if text is None or not is_token(text):
        message = "token_id is no token number"
        raise ValueError(message)
    return text


def _reading(epoch: Decimal | None, price: Decimal | None, resolution: int) -> PriceReading:
    if epoch is None or not 0 < epoch < LAST_EPOCH:
        message = f"no time: {epoch}"
        raise ValueError(message)
    if price is None or not 0 <= price <= 1:
        message = f"no price: {price}"
        raise ValueError(message)
    at = datetime.fromtimestamp(int(epoch), UTC)
    return PriceReading(at, price.quantize(PRICE_STEP), resolution)
