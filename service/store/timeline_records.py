"""Timeline entries that are no logs: rules, Polymarket's feed, announcements, our alerts."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.alert import Alert
from models.assessment import Announcement
from models.enums import Remedy
from models.market import Market, ResolutionReport, RulesVersion
from service.protocol.ids import to_hex
from service.store.timeline_entry import TimelineEntry
from service.store.timeline_words import answer_words, one_line

MAX_ROWS_OF_A_KIND = 300

_REMEDIES = {
    Remedy.NONE: "It was announced that the payout stands.",
    Remedy.OVERRIDE: "A change of the payout was announced.",
    Remedy.REFUND: "A refund was announced; the payout on the chain did not change.",
}
# The feed's status words that carry a proposed answer.
_PROPOSING = {"proposed", "challenged", "reproposed", "disputed"}


def list_record_entries(session: Session, market: Market) -> Iterator[TimelineEntry]:
    """Entries from what HTTP sources and the service itself recorded, in no order."""
    yield from _rules(session, market)
    yield from _feed(session, market)
    yield from _announcements(session, market)
    yield from _alerts(session, market)


def _rules(session: Session, market: Market) -> Iterator[TimelineEntry]:
    query = select(RulesVersion).where(RulesVersion.market_id == market.id)
    for row in session.scalars(query.order_by(RulesVersion.version).limit(MAX_ROWS_OF_A_KIND)):
        first = row.version == 1
        yield TimelineEntry(
            at=row.known_at,
            known_at=row.known_at,
            kind="rules_version",
            sentence="We first saw the market's rules."
            if first
            else f"The market's rules changed (version {row.version}).",
            source="Polymarket catalogue",
            details={"version": row.version, "text_sha256": to_hex(row.text_hash)},
        )


def _feed(session: Session, market: Market) -> Iterator[TimelineEntry]:
    query = select(ResolutionReport).where(ResolutionReport.market_id == market.id)
    told = ""
    for row in session.scalars(query.order_by(ResolutionReport.id).limit(MAX_ROWS_OF_A_KIND)):
        notes = [
            words
            for is_so, words in (
                (row.was_disputed, "it was disputed"),
                (row.extended_review, "review extended"),
                (row.rules_updated, "rules updated"),
            )
            if is_so
        ]
        suffix = f" ({', '.join(notes)})" if notes else ""
        sentence = f"Polymarket's resolution feed says {_status(row, market)}{suffix}."
        if sentence == told:
            # Something else of the report changed (a time, say): nothing new to read.
            continue
        told = sentence
        yield TimelineEntry(
            at=row.reported_at or row.known_at,
            known_at=row.known_at,
            kind="feed_report",
            sentence=sentence,
            source="Polymarket resolution feed",
            details={
                "status": row.status,
                "proposed_price": row.proposed_price,
                "reproposed_price": row.reproposed_price,
                "price": row.price,
            },
        )


def _status(row: ResolutionReport, market: Market) -> str:
    word = one_line(row.status)
    said = f"\u201c{word}\u201d"
    price = row.price
    if price is None and word in _PROPOSING:
        price = row.reproposed_price or row.proposed_price
    if price is None:
        return said
    return f"{said}, with the answer {answer_words(int(price), market.outcomes)}"


def _announcements(session: Session, market: Market) -> Iterator[TimelineEntry]:
    query = select(Announcement).where(Announcement.market_id == market.id)
    for row in session.scalars(query.order_by(Announcement.id).limit(MAX_ROWS_OF_A_KIND)):
        yield TimelineEntry(
            at=row.announced_at,
            known_at=row.known_at,
            kind="announcement",
            sentence=_REMEDIES[Remedy(row.remedy)],
            source=one_line(row.source),
            details={"remedy": str(row.remedy)},
        )


def _alerts(session: Session, market: Market) -> Iterator[TimelineEntry]:
    query = select(Alert).where(Alert.market_id == market.id)
    for row in session.scalars(query.order_by(Alert.id).limit(MAX_ROWS_OF_A_KIND)):
        yield TimelineEntry(
            at=row.raised_at,
            known_at=row.raised_at,
            kind="alert",
            sentence=f"Settlewatch raised an alert: {_without_title(row.title, market)}",
            source="Settlewatch",
            details={"reason": str(row.reason)},
        )


def _without_title(text: str, market: Market) -> str:
    """An alert's title names its market; on the market's own timeline that is repetition."""
    return one_line(text).removesuffix(f": {one_line(market.title)}")
