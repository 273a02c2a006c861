"""Polymarket's records as sent: numbers as strings, lists as JSON text, blanks of three kinds.

Absent, null and "" mean the same and become ``None``; unknown keys are ignored. A record that
does not fit raises pydantic's ``ValidationError``; ``translate`` names the reason.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _blank_to_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _text(value: Any) -> Any:
    """Strings as they are, numbers as their digits; what no database can hold is replaced."""
    value = _blank_to_none(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        # PostgreSQL refuses NUL, and a lone surrogate has no UTF-8.
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return value


def _number(value: Any) -> Any:
    value = _blank_to_none(value)
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        message = "not a number"
        raise ValueError(message)  # noqa: TRY004  # pydantic collects ValueError only
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        message = f"not a number: {str(value)[:40]!r}"
        raise ValueError(message) from error
    if not number.is_finite():
        message = "not a finite number"
        raise ValueError(message)
    return number


def _texts(value: Any) -> Any:
    """A list of strings, sent as a list or as its JSON text."""
    value = _blank_to_none(value)
    if value is None:
        return ()
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            message = f"not a JSON list: {value[:40]!r}"
            raise ValueError(message) from error
    if value is None:
        return ()
    if not isinstance(value, list):
        message = "not a list"
        raise ValueError(message)  # noqa: TRY004  # pydantic collects ValueError only
    return tuple("" if _text(item) is None else _text(item) for item in value)


def _list(value: Any) -> Any:
    return [] if _blank_to_none(value) is None else value


Text = Annotated[str | None, BeforeValidator(_text)]
Number = Annotated[Decimal | None, BeforeValidator(_number)]
Flag = Annotated[bool | None, BeforeValidator(_blank_to_none)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Payload(BaseModel):
    """A record as sent."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TagPayload(Payload):
    """A label of Gamma's catalogue."""

    slug: Text = None
    label: Text = None


class EventPayload(Payload):
    """The slim parent that a market record carries."""

    id: Text = None
    slug: Text = None
    title: Text = None
    neg_risk: Flag = Field(None, alias="negRisk")
    neg_risk_market_id: Text = Field(None, alias="negRiskMarketID")
    tags: Annotated[list[TagPayload], BeforeValidator(_list)] = []


class SeriesPayload(Payload):
    """What a group repeats in."""

    slug: Text = None
    recurrence: Text = None


class GroupPayload(EventPayload):
    """One group of Gamma's catalogue, asked for without its markets."""

    neg_risk_augmented: Flag = Field(None, alias="negRiskAugmented")
    closed: Flag = None
    start_date: Text = Field(None, alias="startDate")
    end_date: Text = Field(None, alias="endDate")
    closed_time: Text = Field(None, alias="closedTime")
    series: Annotated[list[SeriesPayload], BeforeValidator(_list)] = []


class MarketPayload(Payload):
    """One market of Gamma's catalogue."""

    id: Text = None
    condition_id: Text = Field(None, alias="conditionId")
    question_id: Text = Field(None, alias="questionID")
    neg_risk: Flag = Field(None, alias="negRisk")
    neg_risk_request_id: Text = Field(None, alias="negRiskRequestID")
    neg_risk_other: Flag = Field(None, alias="negRiskOther")
    group_item_title: Text = Field(None, alias="groupItemTitle")
    resolved_by: Text = Field(None, alias="resolvedBy")
    version: Text = None
    market_type: Text = Field(None, alias="marketType")
    slug: Text = None
    question: Text = None
    description: Text = None
    category: Text = None
    tags: Annotated[list[TagPayload], BeforeValidator(_list)] = []
    events: Annotated[list[EventPayload], BeforeValidator(_list)] = []
    outcomes: Texts = ()
    token_ids: Texts = Field((), alias="clobTokenIds")
    position_ids: Texts = Field((), alias="positionIds")
    closed: Flag = None
    end_date: Text = Field(None, alias="endDate")
    closed_time: Text = Field(None, alias="closedTime")
    updated_at: Text = Field(None, alias="updatedAt")
    uma_status: Text = Field(None, alias="umaResolutionStatus")
    uma_statuses: Texts = Field((), alias="umaResolutionStatuses")
    uma_bond: Number = Field(None, alias="umaBond")
    uma_reward: Number = Field(None, alias="umaReward")
    custom_liveness: Number = Field(None, alias="customLiveness")
    volume: Number = None
    volume_num: Number = Field(None, alias="volumeNum")
    volume_24h: Number = Field(None, alias="volume24hr")
    volume_1wk: Number = Field(None, alias="volume1wk")
    volume_1mo: Number = Field(None, alias="volume1mo")
    volume_1yr: Number = Field(None, alias="volume1yr")
    volume_clob: Number = Field(None, alias="volumeClob")
    volume_24h_clob: Number = Field(None, alias="volume24hrClob")
    volume_1wk_clob: Number = Field(None, alias="volume1wkClob")
    volume_1mo_clob: Number = Field(None, alias="volume1moClob")
    volume_1yr_clob: Number = Field(None, alias="volume1yrClob")
    liquidity_clob: Number = Field(None, alias="liquidityClob")
    liquidity: Number = None
    liquidity_num: Number = Field(None, alias="liquidityNum")


class ResolutionPayload(Payload):
    """One row of Data API ``/v2/resolutions``."""

    condition_id: Text = None
    question_id: Text = None
    status: Text = None
    proposed_price: Text = None
    reproposed_price: Text = None
    price: Text = None
    was_disputed: Flag = None
    extended_review: Flag = None
    new_version_q: Flag = None
    expected_settlement_time: Text = None
    settlement_time_basis: Text = None
    last_update_timestamp: Text = None
    payouts: Annotated[list[int] | None, BeforeValidator(_blank_to_none)] = None
    resolved_at: Text = None
    resolved_block: Text = None
    resolution_source: Text = None
    reporter: Text = None
    market_type: Text = None
    was_arbitrated: Flag = None
    transaction_hash: Text = None


class ClarificationPayload(Payload):
    """One row of Gamma's ``/market-clarifications``."""

    id: Text = None
    market_id: Text = Field(None, alias="marketId")
    event_id: Text = Field(None, alias="eventId")
    question_id: Text = Field(None, alias="questionId")
    content: Text = None
    state: Text = None
    clear_book: Flag = Field(None, alias="clearBook")
    notify_discord: Flag = Field(None, alias="notifyDiscord")
    show_in_frontend: Flag = Field(None, alias="showInFrontend")
    adapter_address: Text = Field(None, alias="adapterAddress")
    neg_risk_request_id: Text = Field(None, alias="negRiskRequestId")
    tx_hash: Text = Field(None, alias="txHash")
    created_at: Text = Field(None, alias="createdAt")
    queued_at: Text = Field(None, alias="queuedAt")
    scheduled_for: Text = Field(None, alias="scheduledFor")
    tx_timestamp: Text = Field(None, alias="txTimestamp")


class OpenInterestPayload(Payload):
    """One row of Data API ``/v2/oi``."""

    condition_id: Text = None
    value: Number = None


class LevelPayload(Payload):
    """One price level of a book."""

    price: Number = None
    size: Number = None


class BookPayload(Payload):
    """One token's book, as ``POST /books`` answers."""

    asset_id: Text = None
    timestamp: Text = None
    bids: Annotated[list[LevelPayload], BeforeValidator(_list)] = []
    asks: Annotated[list[LevelPayload], BeforeValidator(_list)] = []
