"""Timeline entries that are no logs: rules, Polymarket's feed, announcements, our alerts."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.alert import Alert
from models.assessment import Announcement
from models.enums import Remedy
from models.market import Market, ResolutionReport
from service.protocol.ids import to_hex
from service.protocol.rule_texts import TextChange, TextDiff, compare_texts
from service.store.markets.listed_clarifications import list_of_market, to_listing
from service.store.markets.rule_versions import StoredRules, list_versions
from service.store.timeline.timeline_clarifications import tell_listed
from service.store.timeline.timeline_entry import Detail, TimelineEntry
from service.store.timeline.timeline_words import answer_words, one_line, shortened

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
    yield from _listed(session, market)
    yield from _feed(session, market)
    yield from _announcements(session, market)
    yield from _alerts(session, market)


def _rules(session: Session, market: Market) -> Iterator[TimelineEntry]:
    before: StoredRules | None = None
    for row in list_versions(session, market.id, most=MAX_ROWS_OF_A_KIND):
        diff = None if before is None else compare_texts(before.text, row.text)
        before = row
        details: dict[str, Detail] = {
            "version": row.version,
            "text_sha256": to_hex(row.text_hash),
            "change": str(TextChange.FIRST if diff is None else diff.change),
        }
        yield TimelineEntry(
            at=row.known_at,
            known_at=row.known_at,
            kind="rules_version",
            sentence=_change_words(row.version, diff),
            source="Polymarket catalogue",
            details=details,
        )


def _change_words(version: int, diff: TextDiff | None) -> str:
    if diff is None:
        return "We first saw the market's rules."
    if diff.change is TextChange.TYPOGRAPHIC:
        return f"The market's rules changed in typography only (version {version})."
    first = diff.hunks[0] if diff.hunks else None
    told = [] if first is None else [("out", first.removed), ("in", first.added)]
    quoted = "; ".join(
        f"{where}: \u201c{shortened(one_line(words))}\u201d" for where, words in told if words
    )
    more = f", and {len(diff.hunks) - 1} more" if len(diff.hunks) > 1 else ""
    return f"The market's rules changed (version {version}): {quoted}{more}."


def _listed(session: Session, market: Market) -> Iterator[TimelineEntry]:
    for row, text in list_of_market(session, market):
        told = tell_listed(to_listing(row, text))
        yield TimelineEntry(
            at=row.known_at if row.version > 1 else row.posted_at or row.created_at or row.known_at,
            known_at=row.known_at,
            kind=told.kind,
            sentence=told.sentence,
            source="Polymarket catalogue",
            details=told.details,
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
