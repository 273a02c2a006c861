"""From Gamma's market records to listings, or to a refusal with a named reason. Pure.

What is refused, and why, is in docs/data-dictionary.md, "Refused records".
"""

from decimal import Decimal

from models.data_enums import DataIssueKind
from service.polymarket.categories import to_category
from service.polymarket.kinds import NOT_UMA, POSITION_V2, counted_as
from service.polymarket.payloads import EventPayload, MarketPayload
from service.polymarket.refusals import is_token, key_of, named, translate, within
from service.polymarket.scalars import to_address, to_condition_id, to_id, to_micro_usdc, to_time
from service.polymarket.volumes import to_windows
from service.protocol.listings import GroupListing, MarketListing, Refused
from service.protocol.sources import GAMMA

BINARY = 2
# Column widths.
GAMMA_ID_LENGTH = 40
SLUG_LENGTH = 300
STATUS_LENGTH = 20
LONGEST_LIVENESS = 2**31 - 1


def to_listing(record: object) -> MarketListing | Refused:
    """One market of Gamma's catalogue; what is only counted is told before it is read."""
    reason = counted_as(record)
    if reason is not None:
        return Refused(DataIssueKind.REFUSED_MARKET, GAMMA, key_of(record), reason)
    return translate(record, MarketPayload, _listing, DataIssueKind.REFUSED_MARKET, GAMMA)


def _listing(sent: MarketPayload) -> MarketListing:
    condition_id = to_condition_id(sent.condition_id)
    _check_kind(sent)
    return MarketListing(
        gamma_id=within(sent.id, GAMMA_ID_LENGTH, "id"),
        condition_id=condition_id,
        question_id=named("questionID", to_id, sent.question_id),
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
        adapter=named("resolvedBy", to_address, sent.resolved_by),
        neg_risk=sent.neg_risk,
        neg_risk_other=sent.neg_risk_other,
        group_item_title=sent.group_item_title,
        version=sent.version,
        position_ids=_position_ids(sent),
        closed=_closed(sent),
        end_at=named("endDate", to_time, sent.end_date),
        closed_at=named("closedTime", to_time, sent.closed_time),
        uma_status=within(sent.uma_status, STATUS_LENGTH, "umaResolutionStatus"),
        uma_statuses=sent.uma_statuses,
        uma_bond=named("umaBond", to_micro_usdc, sent.uma_bond),
        custom_liveness_seconds=named("customLiveness", _liveness, sent.custom_liveness),
        volume=named("volume", to_micro_usdc, _first(sent.volume, sent.volume_num)),
        volume_24h=named("volume24hr", to_micro_usdc, sent.volume_24h),
        liquidity=named("liquidity", to_micro_usdc, _first(sent.liquidity, sent.liquidity_num)),
        updated_at=named("updatedAt", to_time, sent.updated_at),
        windows=to_windows(sent),
    )


def _check_kind(sent: MarketPayload) -> None:
    """Refuse what the model of one binary UMA question does not describe."""
    uma = (sent.resolved_by, sent.uma_bond, sent.uma_reward, sent.uma_status)
    if not any(part is not None for part in uma):
        raise ValueError(NOT_UMA)
    if sent.version == "v2":
        raise ValueError(POSITION_V2)
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
    request = named("negRiskRequestID", to_id, sent.neg_risk_request_id)
    if request is not None or sent.neg_risk:
        return request
    return named("questionID", to_id, sent.question_id)


def _group(sent: EventPayload) -> GroupListing | None:
    if sent.id is None or len(sent.id) > GAMMA_ID_LENGTH:
        return None
    return GroupListing(
        gamma_id=sent.id,
        slug=sent.slug if sent.slug and len(sent.slug) <= SLUG_LENGTH else None,
        title=sent.title or sent.slug or "",
        neg_risk_market_id=named("negRiskMarketID", to_id, sent.neg_risk_market_id),
        neg_risk=sent.neg_risk,
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
    if not all(is_token(token) for token in tokens) or len(set(tokens)) != len(tokens):
        message = "clobTokenIds: not distinct token numbers"
        raise ValueError(message)
    return tokens


def _position_ids(sent: MarketPayload) -> tuple[str, ...] | None:
    """Gamma's positionIds; ``None`` where it sends none or they only repeat the tokens."""
    if not sent.position_ids or sent.position_ids == sent.token_ids:
        return None
    if not all(is_token(position) for position in sent.position_ids):
        message = "positionIds: not token numbers"
        raise ValueError(message)
    return sent.position_ids


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


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)
