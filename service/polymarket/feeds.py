"""From rows of the resolution feed, open interest and books to the project's shapes. Pure."""

from models.data_enums import DataIssueKind
from service.polymarket.payloads import (
    BookPayload,
    LevelPayload,
    OpenInterestPayload,
    ResolutionPayload,
)
from service.polymarket.refusals import is_token, named, translate, within
from service.polymarket.scalars import (
    MOST_MICRO_USDC,
    to_condition_id,
    to_id,
    to_micro_usdc,
    to_raw_price,
    to_time,
)
from service.protocol.listings import (
    BookLevel,
    BookRow,
    OpenInterestRow,
    Refused,
    ResolutionRow,
)
from service.protocol.sources import CLOB, DATA_API

# Column widths.
STATUS_LENGTH = 20
BASIS_LENGTH = 40
SOURCE_LENGTH = 20
REPORTER_LENGTH = 20
MARKET_TYPE_LENGTH = 30
LONGEST_BLOCK = 18


def to_resolution(record: object) -> ResolutionRow | Refused:
    """One row of the resolution feed."""
    kind = DataIssueKind.REFUSED_RESOLUTION
    return translate(record, ResolutionPayload, _resolution, kind, DATA_API)


def to_open_interest(record: object) -> OpenInterestRow | Refused:
    """One market's open interest; a null value is refused, never read as zero."""
    kind = DataIssueKind.REFUSED_OPEN_INTEREST
    return translate(record, OpenInterestPayload, _open_interest, kind, DATA_API)


def to_book(record: object) -> BookRow | Refused:
    """One token's book, best level first on both sides whatever order it came in."""
    return translate(record, BookPayload, _book, DataIssueKind.REFUSED_BOOK, CLOB)


def _resolution(sent: ResolutionPayload) -> ResolutionRow:
    status = within(sent.status, STATUS_LENGTH, "status")
    if status is None:
        message = "status is absent"
        raise ValueError(message)
    return ResolutionRow(
        condition_id=to_condition_id(sent.condition_id),
        question_id=named("question_id", to_id, sent.question_id),
        status=status,
        proposed_price=named("proposed_price", to_raw_price, sent.proposed_price),
        reproposed_price=named("reproposed_price", to_raw_price, sent.reproposed_price),
        price=named("price", to_raw_price, sent.price),
        was_disputed=bool(sent.was_disputed),
        extended_review=bool(sent.extended_review),
        rules_updated=bool(sent.new_version_q),
        expected_settlement_at=named(
            "expected_settlement_time", to_time, sent.expected_settlement_time
        ),
        settlement_basis=within(sent.settlement_time_basis, BASIS_LENGTH, "settlement_time_basis"),
        reported_at=named("last_update_timestamp", to_time, sent.last_update_timestamp),
        payouts=_payouts(sent.payouts),
        resolved_at=named("resolved_at", to_time, sent.resolved_at),
        resolved_block=_block(sent.resolved_block),
        resolution_source=_word(sent.resolution_source, SOURCE_LENGTH),
        reporter=_word(sent.reporter, REPORTER_LENGTH),
        market_type=_word(sent.market_type, MARKET_TYPE_LENGTH),
        was_arbitrated=sent.was_arbitrated,
        transaction_hash=_hash(sent.transaction_hash),
    )


def _word(text: str | None, length: int) -> str | None:
    """A word that decides nothing, cut to its column rather than refused with its row."""
    return None if text is None else text[:length]


def _block(text: str | None) -> int | None:
    return (
        int(text)
        if text and text.isascii() and text.isdigit() and len(text) <= LONGEST_BLOCK
        else None
    )


def _hash(text: str | None) -> bytes | None:
    """A transaction's hash; what is none is left out, since nothing rests on it."""
    try:
        return to_id(text)
    except ValueError:
        return None


def _payouts(sent: list[int] | None) -> tuple[int, ...] | None:
    if not sent:
        return None
    if not all(0 <= share <= MOST_MICRO_USDC for share in sent):
        message = "payouts: not amounts"
        raise ValueError(message)
    return tuple(sent)


def _open_interest(sent: OpenInterestPayload) -> OpenInterestRow:
    value = named("value", to_micro_usdc, sent.value)
    if value is None:
        message = "value is null (unavailable)"
        raise ValueError(message)
    return OpenInterestRow(to_condition_id(sent.condition_id), value)


def _book(sent: BookPayload) -> BookRow:
    if sent.asset_id is None or not is_token(sent.asset_id):
        message = "asset_id is no token number"
        raise ValueError(message)
    bids = sorted(_levels(sent.bids), key=lambda level: level.price, reverse=True)
    asks = sorted(_levels(sent.asks), key=lambda level: level.price)
    at = named("timestamp", to_time, sent.timestamp)
    return BookRow(sent.asset_id, at, tuple(bids), tuple(asks))


def _levels(sent: list[LevelPayload]) -> list[BookLevel]:
    levels = []
    for level in sent:
        if level.price is None or level.size is None or not 0 < level.price < 1:
            message = f"no book level: price {level.price}, size {level.size}"
            raise ValueError(message)
        if level.size < 0:
            message = f"negative size at {level.price}"
            raise ValueError(message)
        if level.size > 0:
            to_micro_usdc(level.size)  # Refuses sizes beyond any money.
            levels.append(BookLevel(level.price, level.size))
    return levels
