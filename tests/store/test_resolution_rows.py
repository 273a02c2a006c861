"""The resolution feed in rows, on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models.market import ResolutionReport
from service.protocol.listings import ResolutionRow
from service.store.markets.listings import upsert_listings
from service.store.markets.refresh_states import note_reports
from service.store.markets.resolution_rows import Reported, add_resolution_rows
from tests.store.test_listings import T0, a_listing, market, settle

PROPOSED = ResolutionRow(
    condition_id=(1).to_bytes(32, "big"),
    question_id=None,
    status="proposed",
    proposed_price=10**18,
    reproposed_price=None,
    price=None,
    was_disputed=False,
    extended_review=False,
    rules_updated=False,
    expected_settlement_at=T0 + timedelta(hours=2),
    settlement_basis="managed_proposal_expiration",
    reported_at=T0,
    payouts=None,
)
PAID = replace(
    PROPOSED, status="resolved", payouts=(1_000_000, 0), reported_at=T0 + timedelta(hours=2)
)


def statuses(session: Session) -> list[str]:
    return list(session.scalars(select(ResolutionReport.status).order_by(ResolutionReport.id)))


def test_a_row_is_kept_when_it_says_something_new(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    settle(session)
    later = T0 + timedelta(minutes=1)
    assert add_resolution_rows(session, [PROPOSED], later) == Reported(1, 0, 0, 0)
    assert market(session).stale_since == later
    settle(session)
    assert add_resolution_rows(session, [PROPOSED], later) == Reported(0, 1, 0, 0)
    assert market(session).stale_since is None
    add_resolution_rows(session, [replace(PROPOSED, extended_review=True)], later)
    assert statuses(session) == ["proposed", "proposed"]


def test_an_older_copy_from_a_cache_does_not_undo_a_newer_row(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    disputed = replace(PROPOSED, status="disputed", reported_at=T0 + timedelta(minutes=5))
    add_resolution_rows(session, [disputed], T0)
    assert add_resolution_rows(session, [PROPOSED], T0).older == 1
    assert statuses(session) == ["disputed"]


def test_the_final_word_counts_whatever_its_clock_says(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    add_resolution_rows(session, [PROPOSED], T0)
    add_resolution_rows(session, [replace(PAID, reported_at=T0 - timedelta(hours=1))], T0)
    assert statuses(session) == ["proposed", "resolved"]


def test_prices_beyond_64_bits_come_back_whole(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    add_resolution_rows(session, [replace(PROPOSED, price=-(2**255))], T0)
    (row,) = session.scalars(select(ResolutionReport))
    assert row.price == str(-(2**255))


def test_a_market_that_is_not_followed_is_counted(session: Session) -> None:
    assert add_resolution_rows(session, [PROPOSED], T0) == Reported(0, 0, 0, 1)


def test_markets_are_written_in_the_order_of_their_rows_whatever_order_they_came_in(
    session: Session,
) -> None:
    upsert_listings(session, [a_listing(number) for number in (1, 2, 3)], T0)
    written: list[list[int]] = []

    def note(_: Any, statement: Any, many: Any, *_rest: Any) -> None:
        if getattr(getattr(statement, "table", None), "name", "") == "market_refresh":
            written.append([row["market_id"] for row in many])

    event.listen(session.connection(), "before_execute", note)
    query = select(ResolutionReport)
    rows = [replace(PROPOSED, condition_id=bytes(31) + bytes([number])) for number in (3, 1, 2)]
    add_resolution_rows(session, rows, T0)
    reports = session.scalars(query.order_by(ResolutionReport.market_id.desc())).all()
    note_reports(session, reports)
    assert [len(ids) for ids in written] == [3, 3]
    assert all(ids == sorted(ids) for ids in written)
