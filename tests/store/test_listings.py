"""The catalogue in rows, on both databases."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from models.base import Base
from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.enums import Category
from models.market import Market, MarketGroup, RulesText, RulesVersion, TradingActivity
from service.protocol.listings import GroupListing, MarketListing, Refused
from service.store.checks.issues import add_issue
from service.store.markets.listing_rows import digest
from service.store.markets.listings import list_open, upsert_listings

T0 = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USDC = 10**6


def a_listing(number: int, **changes: object) -> MarketListing:
    listing = MarketListing(
        gamma_id=str(500_000 + number),
        condition_id=number.to_bytes(32, "big"),
        question_id=bytes(31) + b"q",
        uma_question_id=bytes(30) + number.to_bytes(2, "big"),
        group=GroupListing("g1", "ships", "Ships", None),
        slug=f"ship-{number}",
        title=f"Ship {number}?",
        rules=f"Rules of ship {number}.",
        category=Category.OTHER,
        tags=("shipping",),
        outcomes=("Yes", "No"),
        token_ids=(str(10 * number), str(10 * number + 1)),
        adapter=b"\x65" * 20,
        neg_risk=False,
        closed=False,
        end_at=T0 + timedelta(days=3),
        closed_at=None,
        uma_status=None,
        uma_statuses=(),
        uma_bond=500 * USDC,
        custom_liveness_seconds=None,
        volume=25_000 * USDC,
        volume_24h=None,
        liquidity=None,
        updated_at=T0,
    )
    return replace(listing, **changes)  # type: ignore[arg-type]  # tests name the fields they change


def count(session: Session, model: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def market(session: Session, number: int = 1) -> Market:
    query = select(Market).where(Market.condition_id == number.to_bytes(32, "big"))
    return session.scalars(query.execution_options(populate_existing=True)).one()


def settle(session: Session) -> None:
    """As after a scoring: nothing is stale."""
    for row in session.scalars(select(Market)):
        row.stale_since = None
    session.flush()


def test_a_page_becomes_markets_a_group_rules_and_activity(session: Session) -> None:
    done = upsert_listings(session, [a_listing(1), a_listing(2)], T0)
    assert (done.added, done.changed, done.unchanged) == (2, 0, 0)
    assert count(session, MarketGroup) == 1
    row = market(session)
    assert row.known_at == row.refreshed_at == row.stale_since == T0
    assert row.token_ids == ["10", "11"]
    assert row.group_id is not None
    assert count(session, RulesVersion) == count(session, RulesText) == 2
    assert count(session, TradingActivity) == 2


def test_the_same_page_again_changes_nothing_but_when_it_was_seen(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    settle(session)
    later = T0 + timedelta(minutes=10)
    done = upsert_listings(session, [a_listing(1)], later)
    assert (done.added, done.changed, done.unchanged) == (0, 0, 1)
    row = market(session)
    assert (row.known_at, row.refreshed_at, row.stale_since) == (T0, later, None)
    assert count(session, RulesVersion) == count(session, TradingActivity) == 1


def test_one_market_twice_on_a_page_is_one_market_and_the_newer_copy(session: Session) -> None:
    older = a_listing(1, title="Older", updated_at=T0 - timedelta(minutes=5))
    done = upsert_listings(session, [a_listing(1), older], T0)
    assert done.added == 1
    assert market(session).title == "Ship 1?"


@pytest.mark.parametrize(
    "change",
    [
        {"uma_status": "proposed"},
        {"uma_statuses": ("proposed",)},
        {"closed": True},
        {"adapter": b"\x66" * 20},
        {"category": Category.SPORTS},
        {"rules": "Other rules."},
        {"volume": 26_000 * USDC},
        {"end_at": T0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_score_reads_makes_the_market_stale(
    session: Session, change: dict[str, object]
) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    settle(session)
    later = T0 + timedelta(minutes=1)
    upsert_listings(session, [a_listing(1, **change)], later)
    assert market(session).stale_since == later


def test_what_no_score_reads_leaves_it_as_it_is(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    settle(session)
    done = upsert_listings(session, [a_listing(1, slug="renamed", volume=25_100 * USDC)], T0)
    assert done.changed == 1
    row = market(session)
    assert (row.slug, row.stale_since) == ("renamed", None)


def test_a_change_while_a_scoring_runs_moves_the_mark(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    later = T0 + timedelta(seconds=5)
    upsert_listings(session, [a_listing(1, uma_status="disputed")], later)
    assert market(session).stale_since == later


def test_a_source_that_falls_silent_takes_nothing_back(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    silent = a_listing(
        1, token_ids=(), adapter=None, end_at=None, rules="", volume=None, group=None
    )
    done = upsert_listings(session, [silent], T0)
    assert done.unchanged == 1
    row = market(session)
    assert row.token_ids == ["10", "11"]
    assert row.adapter == b"\x65" * 20
    assert count(session, RulesVersion) == count(session, TradingActivity) == 1


def test_a_status_that_goes_away_is_gone(session: Session) -> None:
    upsert_listings(session, [a_listing(1, uma_status="proposed")], T0)
    upsert_listings(session, [a_listing(1, uma_status=None)], T0)
    assert market(session).uma_status is None


def test_changed_rules_are_a_new_version_and_a_shared_text_is_stored_once(
    session: Session,
) -> None:
    same = {"rules": "One text."}
    upsert_listings(session, [a_listing(1, **same), a_listing(2, **same)], T0)
    assert count(session, RulesText) == 1
    for text in ("Two.", "One text.", "One text."):
        upsert_listings(session, [a_listing(1, rules=text)], T0)
    versions = session.scalars(
        select(RulesVersion.version)
        .where(RulesVersion.market_id == market(session).id)
        .order_by(RulesVersion.version)
    ).all()
    assert list(versions) == [1, 2, 3]
    assert count(session, RulesText) == 2


def test_activity_is_kept_when_volume_moved_by_one_per_cent_since_the_last_kept(
    session: Session,
) -> None:
    for volume in (100_000, 100_600, 100_999, 101_000, 101_000):
        upsert_listings(session, [a_listing(1, volume=volume * USDC)], T0)
    kept = session.scalars(select(TradingActivity.volume).order_by(TradingActivity.id)).all()
    assert list(kept) == [100_000 * USDC, 101_000 * USDC]


def test_a_gamma_id_of_two_conditions_is_refused_and_the_first_stands(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    thief = a_listing(7, gamma_id="500001")
    done = upsert_listings(session, [thief, a_listing(2)], T0)
    assert [refused.key for refused in done.refused] == ["0x" + "00" * 31 + "07"]
    assert (done.added, count(session, Market)) == (1, 2)


def test_a_market_known_without_gamma_id_gets_it(session: Session) -> None:
    upsert_listings(session, [a_listing(1, gamma_id=None)], T0)
    upsert_listings(session, [a_listing(1)], T0)
    assert market(session).gamma_id == "500001"


def test_open_markets_are_listed_a_page_at_a_time(session: Session) -> None:
    listings = [a_listing(1), a_listing(2), a_listing(3, closed=True), a_listing(4)]
    done = upsert_listings(session, listings, T0)
    first = list_open(session, 0, 2)
    second = list_open(session, first[-1][0], 2)
    assert [c[-1] for _, c in [*first, *second]] == [1, 2, 4]
    assert {row for row, _ in [*first, *second]} < set(done.market_ids)


def test_an_issue_is_one_line_and_remembers_since_when(session: Session) -> None:
    refused = Refused(DataIssueKind.REFUSED_MARKET, "gamma", "k", "closed is absent")
    later = T0 + timedelta(hours=1)
    add_issue(session, refused, T0)
    add_issue(session, refused, later)
    (row,) = session.scalars(select(DataIssue))
    assert row.known_at == T0
    add_issue(session, replace(refused, reason="x" * 900), later)
    session.expire_all()
    (row,) = session.scalars(select(DataIssue))
    assert (row.known_at, len(row.reason)) == (later, 500)


def test_a_cached_copy_from_before_changes_nothing_for_as_long_as_caches_live(
    session: Session,
) -> None:
    upsert_listings(session, [a_listing(1, title="New?")], T0)
    older = a_listing(1, title="Old?", updated_at=T0 - timedelta(minutes=4))
    done = upsert_listings(session, [older], T0 + timedelta(minutes=5))
    assert (done.older_copies, done.changed, done.market_ids) == (1, 0, (market(session).id,))
    assert market(session).title == "New?"
    done = upsert_listings(session, [older], T0 + timedelta(minutes=61))
    assert (done.older_copies, done.changed) == (0, 1)
    assert market(session).title == "Old?"


def test_a_page_without_news_reads_no_rules_and_writes_no_history(session: Session) -> None:
    page = [a_listing(number) for number in range(1, 40)]
    upsert_listings(session, page, T0)
    statements: list[str] = []
    event.listen(
        session.connection(), "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    later = T0 + timedelta(minutes=10)
    again = [replace(m, updated_at=later, volume=(m.volume or 0) + 1) for m in page]
    done = upsert_listings(session, again, later)
    assert done.unchanged == len(page)
    assert len(statements) == 2
    assert not any("rules" in statement for statement in statements)
    row = market(session)
    assert (row.refreshed_at, row.source_updated_at) == (later, later)


@pytest.mark.parametrize("name", [f.name for f in fields(MarketListing)])
def test_the_digest_covers_every_field_but_the_amounts_and_the_time_of_the_copy(name: str) -> None:
    listing = a_listing(1)
    changes: dict[str, Any] = {name: "something else"}
    other = replace(listing, **changes)
    uncovered = {"volume", "volume_24h", "liquidity", "updated_at", "windows"}
    assert (digest(other) == digest(listing)) == (name in uncovered)
