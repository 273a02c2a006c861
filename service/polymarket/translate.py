"""From records as sent to the project's own shapes, or to a refusal with a named reason. Pure.

What is refused, and why, is in docs/data-dictionary.md, "Refused records".
"""

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from pydantic import ValidationError

from models.enums import DataIssueKind
from service.polymarket.categories import to_category
from service.polymarket.payloads import (
    BookPayload,
    EventPayload,
    LevelPayload,
    MarketPayload,
    OpenInterestPayload,
    Payload,
    ResolutionPayload,
)
from service.polymarket.scalars import (
    to_address,
    to_condition_id,
    to_id,
    to_micro_usdc,
    to_raw_price,
    to_time,
)
from service.protocol.listings import (
    BookLevel,
    BookRow,
    GroupListing,
    MarketListing,
    OpenInterestRow,
    Refused,
    ResolutionRow,
)
from service.protocol.sources import CLOB, DATA_API, GAMMA

# Chainlink up/down markets and the hand-settled ones of 2020: no oracle, nothing to score. They
# are most of the catalogue, so callers count this reason and do not store it as an issue.
NOT_UMA = "not resolved by UMA"

_Sent = TypeVar("_Sent", bound=Payload)
_Made = TypeVar("_Made")
_Value = TypeVar("_Value")

BINARY = 2
KEY_LENGTH = 200
REASON_LENGTH = 500
# Column widths; longer text is no word of theirs.
GAMMA_ID_LENGTH = 40
SLUG_LENGTH = 300
STATUS_LENGTH = 20
BASIS_LENGTH = 40
TOKEN_LENGTH = 78
LONGEST_LIVENESS = 2**31 - 1


def to_listing(record: object) -> MarketListing | Refused:
    """One market of Gamma's catalogue."""
    return _translate(record, MarketPayload, _listing, DataIssueKind.REFUSED_MARKET, GAMMA)


def to_resolution(record: object) -> ResolutionRow | Refused:
    """One row of the resolution feed."""
    kind = DataIssueKind.REFUSED_RESOLUTION
    return _translate(record, ResolutionPayload, _resolution, kind, DATA_API)


def to_open_interest(record: object) -> OpenInterestRow | Refused:
    """One market's open interest; a null value is refused, never read as zero."""
    kind = DataIssueKind.REFUSED_OPEN_INTEREST
    return _translate(record, OpenInterestPayload, _open_interest, kind, DATA_API)


def to_book(record: object) -> BookRow | Refused:
    """One token's book, best level first on both sides whatever order it came in."""
    return _translate(record, BookPayload, _book, DataIssueKind.REFUSED_BOOK, CLOB)


def key_of(record: object) -> str:
    """What to call a record by: its id as sent, or else a digest of its content."""
    if isinstance(record, dict):
        for name in ("conditionId", "condition_id", "asset_id"):
            if isinstance(record.get(name), str) and record[name].strip():
                return _clean(record[name])[:KEY_LENGTH]
        if isinstance(record.get("id"), str | int):
            return f"gamma:{_clean(str(record['id']))}"[:KEY_LENGTH]
    text = json.dumps(record, sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _translate(
    record: object,
    shape: type[_Sent],
    make: Callable[[_Sent], _Made],
    kind: DataIssueKind,
    source: str,
) -> _Made | Refused:
    try:
        return make(shape.model_validate(record))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        reason = f"{where}: {first['msg']}"
    except ValueError as error:
        reason = str(error)
    return Refused(kind, source, key_of(record), _clean(reason)[:REASON_LENGTH])


def _listing(sent: MarketPayload) -> MarketListing:
    condition_id = to_condition_id(sent.condition_id)
    _check_kind(sent)
    return MarketListing(
        gamma_id=_within(sent.id, GAMMA_ID_LENGTH, "id"),
        condition_id=condition_id,
        question_id=_named("questionID", to_id, sent.question_id),
        uma_question_id=_uma_question_id(sent),
        group=_group(sent.events[0]) if sent.events else None,
        # A slug is one of four references to a market: without it the market is still followed.
        slug=sent.slug if sent.slug and len(sent.slug) <= SLUG_LENGTH else None,
        title=sent.question or sent.slug or "",
        rules=sent.description or "",
        category=to_category(_tags(sent), _titles(sent)),
        tags=_tags(sent),
        outcomes=sent.outcomes,
        token_ids=_token_ids(sent),
        adapter=_named("resolvedBy", to_address, sent.resolved_by),
        neg_risk=sent.neg_risk,
        closed=_closed(sent),
        end_at=_named("endDate", to_time, sent.end_date),
        closed_at=_named("closedTime", to_time, sent.closed_time),
        uma_status=_within(sent.uma_status, STATUS_LENGTH, "umaResolutionStatus"),
        uma_statuses=sent.uma_statuses,
        uma_bond=_named("umaBond", to_micro_usdc, sent.uma_bond),
        custom_liveness_seconds=_named("customLiveness", _liveness, sent.custom_liveness),
        volume=_named("volume", to_micro_usdc, _first(sent.volume, sent.volume_num)),
        volume_24h=_named("volume24hr", to_micro_usdc, sent.volume_24h),
        liquidity=_named("liquidity", to_micro_usdc, _first(sent.liquidity, sent.liquidity_num)),
        updated_at=_named("updatedAt", to_time, sent.updated_at),
    )


def _check_kind(sent: MarketPayload) -> None:
    """Refuse what the model of one binary UMA question does not describe."""
    uma = (sent.resolved_by, sent.uma_bond, sent.uma_reward, sent.uma_status)
    if not any(part is not None for part in uma):
        raise ValueError(NOT_UMA)
    if sent.version not in (None, "v1"):
        message = f"position system {sent.version[:20]!r} is not supported"
        raise ValueError(message)
    if sent.market_type == "scalar":
        message = "scalar market"
        raise ValueError(message)
    if len(sent.outcomes) != BINARY:
        message = f"not binary: {len(sent.outcomes)} outcomes"
        raise ValueError(message)


def _uma_question_id(sent: MarketPayload) -> bytes | None:
    """The id the UMA adapter knows (neg-risk wraps it: Gamma's own field says so)."""
    request = _named("negRiskRequestID", to_id, sent.neg_risk_request_id)
    if request is not None or sent.neg_risk:
        return request
    return _named("questionID", to_id, sent.question_id)


def _group(sent: EventPayload) -> GroupListing | None:
    if sent.id is None or len(sent.id) > GAMMA_ID_LENGTH:
        return None
    return GroupListing(
        gamma_id=sent.id,
        slug=sent.slug if sent.slug and len(sent.slug) <= SLUG_LENGTH else None,
        title=sent.title or sent.slug or "",
        neg_risk_market_id=_named("negRiskMarketID", to_id, sent.neg_risk_market_id),
    )


def _tags(sent: MarketPayload) -> tuple[str, ...]:
    labels = [*sent.tags, *(tag for event in sent.events for tag in event.tags)]
    slugs = [tag.slug or tag.label for tag in labels]
    # The one label of the years before tags.
    return tuple(dict.fromkeys(slug for slug in [*slugs, sent.category] if slug))


def _titles(sent: MarketPayload) -> tuple[str, ...]:
    groups = [event.title for event in sent.events]
    return tuple(title for title in [sent.question, *groups] if title)


def _token_ids(sent: MarketPayload) -> tuple[str, ...]:
    """Aligned with the outcomes, or none at all: a market may be listed before its tokens."""
    tokens = tuple(token for token in sent.token_ids if token)
    if tokens and len(tokens) != len(sent.outcomes):
        message = f"{len(tokens)} tokens for {len(sent.outcomes)} outcomes"
        raise ValueError(message)
    if not all(_is_token(token) for token in tokens) or len(set(tokens)) != len(tokens):
        message = "clobTokenIds: not distinct token numbers"
        raise ValueError(message)
    return tokens


def _is_token(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= TOKEN_LENGTH


def _closed(sent: MarketPayload) -> bool:
    if sent.closed is None:
        message = "closed is absent"
        raise ValueError(message)
    return sent.closed


def _liveness(value: Decimal | None) -> int | None:
    if value is None:
        return None
    if not 0 <= value <= LONGEST_LIVENESS:
        message = f"out of range: {str(value)[:40]}"
        raise ValueError(message)
    return int(value)


def _resolution(sent: ResolutionPayload) -> ResolutionRow:
    status = _within(sent.status, STATUS_LENGTH, "status")
    if status is None:
        message = "status is absent"
        raise ValueError(message)
    return ResolutionRow(
        condition_id=to_condition_id(sent.condition_id),
        question_id=_named("question_id", to_id, sent.question_id),
        status=status,
        proposed_price=_named("proposed_price", to_raw_price, sent.proposed_price),
        reproposed_price=_named("reproposed_price", to_raw_price, sent.reproposed_price),
        price=_named("price", to_raw_price, sent.price),
        was_disputed=bool(sent.was_disputed),
        extended_review=bool(sent.extended_review),
        rules_updated=bool(sent.new_version_q),
        expected_settlement_at=_named(
            "expected_settlement_time", to_time, sent.expected_settlement_time
        ),
        settlement_basis=_within(
            sent.settlement_time_basis, BASIS_LENGTH, "settlement_time_basis"
        ),
        reported_at=_named("last_update_timestamp", to_time, sent.last_update_timestamp),
        payouts=tuple(sent.payouts) if sent.payouts else None,
    )


def _open_interest(sent: OpenInterestPayload) -> OpenInterestRow:
    value = _named("value", to_micro_usdc, sent.value)
    if value is None:
        message = "value is null (unavailable)"
        raise ValueError(message)
    return OpenInterestRow(to_condition_id(sent.condition_id), value)


def _book(sent: BookPayload) -> BookRow:
    if sent.asset_id is None or not _is_token(sent.asset_id):
        message = "asset_id is no token number"
        raise ValueError(message)
    bids = sorted(_levels(sent.bids), key=lambda level: level.price, reverse=True)
    asks = sorted(_levels(sent.asks), key=lambda level: level.price)
    at = _named("timestamp", to_time, sent.timestamp)
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


def _named(name: str, convert: Callable[[_Value], _Made], value: _Value) -> _Made:
    try:
        return convert(value)
    except ValueError as error:
        message = f"{name}: {error}"
        raise ValueError(message) from error


def _within(text: str | None, length: int, name: str) -> str | None:
    if text is not None and len(text) > length:
        message = f"{name} is longer than {length} characters"
        raise ValueError(message)
    return text


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
