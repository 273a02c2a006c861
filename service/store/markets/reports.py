"""Reading Polymarket's resolution reports back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import ResolutionReport
from service.protocol.listings import ResolutionRow
from service.store.id_lists import ID_CHUNK, among
from service.store.upserts import IN_CHUNK, chunks

PROPOSED_WORDS = ("proposed", "challenged", "reproposed", "disputed", "resolved")


def first_proposal_report(
    session: Session, market_ids: Collection[int], as_of: datetime
) -> dict[int, ResolutionReport]:
    """The first report of each market that names a proposed price."""
    found: dict[int, ResolutionReport] = {}
    for part in chunks(sorted(market_ids), ID_CHUNK):
        rows = session.scalars(
            select(ResolutionReport)
            .where(
                among(session, ResolutionReport.market_id, part),
                ResolutionReport.known_at <= as_of,
                ResolutionReport.proposed_price.is_not(None),
                ResolutionReport.status.in_(PROPOSED_WORDS),
            )
            .order_by(ResolutionReport.known_at, ResolutionReport.id)
        )
        for row in rows:
            found.setdefault(row.market_id, row)
    return found


def standing_answer_report(
    session: Session, market_ids: Collection[int], as_of: datetime
) -> dict[int, ResolutionReport]:
    """The report that first showed the answer now proposed, of markets that have one.

    An answer proposed anew after a dispute or a reset begins with its own first report.
    """
    begins: dict[int, ResolutionReport] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        rows = session.scalars(
            select(ResolutionReport)
            .where(ResolutionReport.market_id.in_(part), ResolutionReport.known_at <= as_of)
            .order_by(ResolutionReport.known_at, ResolutionReport.id)
        )
        for row in rows:
            answer = _answer_of(row)
            if answer is None:
                begins.pop(row.market_id, None)
            elif row.market_id not in begins or _answer_of(begins[row.market_id]) != answer:
                begins[row.market_id] = row
    return begins


def to_resolution_row(report: ResolutionReport, condition_id: bytes) -> ResolutionRow:
    """A stored report in the shape the protocol reads."""
    return ResolutionRow(
        condition_id=condition_id,
        question_id=None,
        status=report.status,
        proposed_price=_number(report.proposed_price),
        reproposed_price=_number(report.reproposed_price),
        price=_number(report.price),
        was_disputed=report.was_disputed,
        extended_review=report.extended_review,
        rules_updated=report.rules_updated,
        expected_settlement_at=report.expected_settlement_at,
        settlement_basis=report.settlement_basis,
        reported_at=report.reported_at,
        payouts=None if report.payouts is None else tuple(report.payouts),
        resolved_at=report.resolved_at,
        resolved_block=report.resolved_block,
        resolution_source=report.resolution_source,
        reporter=report.reporter,
        market_type=report.market_type,
        was_arbitrated=report.was_arbitrated,
        transaction_hash=report.transaction_hash,
    )


def _number(price: str | None) -> int | None:
    return None if price is None else int(price)


def _answer_of(report: ResolutionReport) -> tuple[str | None, str | None] | None:
    """What a report says is proposed, the second answer beside the first; ``None`` for nothing."""
    if report.status not in PROPOSED_WORDS:
        return None
    prices = (report.proposed_price, report.reproposed_price)
    return None if prices == (None, None) else prices
