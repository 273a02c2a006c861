"""Polymarket's resolution feed into rows: one row a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.market import Market, ResolutionReport
from service.protocol.listings import ResolutionRow
from service.store.latest import latest_by_market
from service.store.markets.listings import mark_changed
from service.store.markets.refresh_states import note_reports
from service.store.upserts import IN_CHUNK, chunks

FINAL = "resolved"


@dataclass(frozen=True, slots=True)
class Reported:
    """What a batch of resolution rows did."""

    added: int
    unchanged: int
    # Copies older than what is stored: a cache answered.
    older: int
    # Rows of markets that are not followed.
    unknown: int


def add_resolution_rows(
    session: Session, rows: Sequence[ResolutionRow], known_at: datetime
) -> Reported:
    """Keep each row that says something new about a followed market, and mark it changed."""
    by_condition = {row.condition_id: row for row in rows}
    ids = market_ids_of(session, list(by_condition))
    latest = latest_by_market(session, ResolutionReport, ids.values(), known_at)
    added: list[ResolutionReport] = []
    confirmed: list[int] = []
    older = 0
    for condition_id, market_id in ids.items():
        row = by_condition[condition_id]
        words = _words(row)
        last = latest.get(market_id)
        if last is not None and all(getattr(last, name) == word for name, word in words.items()):
            confirmed.append(last.id)
        elif last is not None and _is_older(row, last):
            older += 1
        else:
            report = ResolutionReport(
                market_id=market_id, known_at=known_at, confirmed_at=known_at, **words
            )
            session.add(report)
            added.append(report)
    session.flush()
    _confirm(session, confirmed, known_at)
    # Markets first, then their refresh rows, as where open interest is stored: no circle of locks.
    mark_changed(session, [report.market_id for report in added], known_at)
    note_reports(session, added)
    return Reported(len(added), len(confirmed), older, len(by_condition) - len(ids))


def _confirm(session: Session, report_ids: Sequence[int], at: datetime) -> None:
    """Note that the feed said these again: a difference to the chain is measured up to then."""
    for part in chunks(report_ids, IN_CHUNK):
        session.connection().execute(
            update(ResolutionReport).where(ResolutionReport.id.in_(part)).values(confirmed_at=at)
        )


def market_ids_of(session: Session, condition_ids: Sequence[bytes]) -> dict[bytes, int]:
    """The row ids of the followed markets among these."""
    found: dict[bytes, int] = {}
    for part in chunks(condition_ids, IN_CHUNK):
        query = select(Market.condition_id, Market.id).where(Market.condition_id.in_(part))
        found.update((condition_id, row_id) for condition_id, row_id in session.execute(query))
    return found


def _is_older(row: ResolutionRow, last: ResolutionReport) -> bool:
    """Whether a row is a cached copy from before ``last``; the final word always counts."""
    if row.status == FINAL or row.reported_at is None or last.reported_at is None:
        return False
    return row.reported_at < last.reported_at


def _words(row: ResolutionRow) -> dict[str, Any]:
    return {
        "status": row.status,
        "proposed_price": _text(row.proposed_price),
        "reproposed_price": _text(row.reproposed_price),
        "price": _text(row.price),
        "was_disputed": row.was_disputed,
        "extended_review": row.extended_review,
        "rules_updated": row.rules_updated,
        "expected_settlement_at": row.expected_settlement_at,
        "settlement_basis": row.settlement_basis,
        "reported_at": row.reported_at,
        "payouts": None if row.payouts is None else list(row.payouts),
        "resolved_at": row.resolved_at,
        "resolved_block": row.resolved_block,
        "resolution_source": row.resolution_source,
        "reporter": row.reporter,
        "market_type": row.market_type,
        "was_arbitrated": row.was_arbitrated,
        "transaction_hash": row.transaction_hash,
    }


def _text(price: int | None) -> str | None:
    return None if price is None else str(price)
