"""From Gamma's "events" to groups of markets, or to a refusal with a named reason. Pure."""

from models.data_enums import DataIssueKind
from service.polymarket.kinds import MICRO_MARKET, is_micro
from service.polymarket.payloads import GroupPayload
from service.polymarket.refusals import key_of, named, translate, within
from service.polymarket.scalars import to_id, to_time
from service.protocol.listings import GroupListing, Refused
from service.protocol.sources import GAMMA

# Column widths.
GAMMA_ID_LENGTH = 40
SLUG_LENGTH = 300
RECURRENCE_LENGTH = 40


def to_group(record: object) -> GroupListing | Refused:
    """One group of a list; those of micro-markets are only counted."""
    if isinstance(record, dict) and record.get("id") and is_micro(record):
        return Refused(DataIssueKind.REFUSED_GROUP, GAMMA, key_of(record), MICRO_MARKET)
    return to_known_group(record)


def to_known_group(record: object) -> GroupListing | Refused:
    """One group that was asked for by its id: a market of ours belongs to it."""
    return translate(record, GroupPayload, _group, DataIssueKind.REFUSED_GROUP, GAMMA)


def _group(sent: GroupPayload) -> GroupListing:
    gamma_id = within(sent.id, GAMMA_ID_LENGTH, "id")
    if gamma_id is None:
        message = "no id"
        raise ValueError(message)
    if sent.closed is None:
        message = "closed is absent"
        raise ValueError(message)
    series = next((item for item in sent.series if item.slug), None)
    return GroupListing(
        gamma_id=gamma_id,
        slug=_short(sent.slug),
        title=sent.title or sent.slug or "",
        neg_risk_market_id=named("negRiskMarketID", to_id, sent.neg_risk_market_id),
        neg_risk=sent.neg_risk,
        neg_risk_augmented=sent.neg_risk_augmented,
        closed=sent.closed,
        start_at=named("startDate", to_time, sent.start_date),
        end_at=named("endDate", to_time, sent.end_date),
        closed_at=named("closedTime", to_time, sent.closed_time),
        series_slug=None if series is None else _short(series.slug),
        recurrence=within(series.recurrence, RECURRENCE_LENGTH, "recurrence") if series else None,
    )


def _short(slug: str | None) -> str | None:
    return slug if slug and len(slug) <= SLUG_LENGTH else None
