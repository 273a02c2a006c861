"""Whatever logs say, none is lost without a trace, and what was decoded can be stored.

A small slice of `make fuzz`, which does the same for a million logs.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.fill_storing import store_fills
from jobs.ingest import ingest_capture
from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.log_fact import LogFact
from service.chain.decode import decode_logs
from service.chain.fill_events import decode_fills
from service.protocol.log_position import BlockHeader
from service.store.money.fills import TokenOwner, add_undecodable_fills, list_fills
from service.store.oracle.fact_shapes import NO_TEXT, TABLES, fact_of
from tests.chain.random_logs import (
    BOOK,
    CHAIN,
    FILL_BOOK,
    LAYOUTS,
    random_capture,
    random_fill_logs,
)
from tests.store.scenes import add_market

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_each_of_many_random_logs_ends_in_exactly_one_place() -> None:
    logs = random_capture(Random(11), 20_000).logs
    found = decode_logs(logs, BOOK)
    placed = [fact.at for fact in found.facts] + [log.at for log in found.undecodable]
    assert len(set(placed)) == len(placed)
    assert len(placed) + found.outside_book + found.unknown_topic == len(logs)
    # The sample is worth something: each place has its share.
    share = len(logs) // 100
    assert min(len(found.facts), len(found.undecodable), found.outside_book) > share
    assert found.unknown_topic > share


def test_the_sample_has_a_fact_of_each_kind_and_an_error_of_each_event() -> None:
    found = decode_logs(random_capture(Random(12), 20_000).logs, BOOK)
    assert {type(fact) for fact in found.facts} == set(TABLES)
    names = {layout.name for _, layout in LAYOUTS if not layout.is_opaque}
    assert {log.reason.partition(":")[0] for log in found.undecodable} == names


def test_every_fact_of_a_random_log_can_be_stored_and_read_back(session: Session) -> None:
    capture = random_capture(Random(13), 2_000)
    counts = ingest_capture(session, capture, BOOK, NOW)
    found = decode_logs(capture.logs, BOOK)
    assert counts.facts_added == len(found.facts)
    assert counts.undecodable == _issues(session)
    positions = {log.at.log_index: log.at for log in capture.logs}
    stored = {
        row.log_index: fact_of(row, positions[row.log_index])
        for model in TABLES.values()
        for row in session.scalars(select(model))
        if isinstance(row, LogFact)
    }
    assert stored == {fact.at.log_index: _without_text(fact) for fact in found.facts}


def test_each_of_many_random_logs_of_trades_ends_in_exactly_one_place_and_can_be_stored(
    session: Session,
) -> None:
    logs = random_fill_logs(Random(14), 20_000)
    found = decode_fills(logs, FILL_BOOK)
    placed = [fill.at for fill in found.fills] + [log.at for log in found.undecodable]
    assert len(set(placed)) == len(placed)
    others = (found.summaries, found.outside_book, found.unknown_topic)
    assert len(placed) + sum(others) == len(logs)
    share = len(logs) // 100
    assert min(len(found.fills), len(found.undecodable), *others) > share
    assert all(0 <= fill.price <= 1 for fill in found.fills)

    market = TokenOwner(add_market(session, 0).id, 1)
    owners = {fill.token_id: market for fill in found.fills}
    block = BlockHeader(CHAIN, 1, b"\x01" * 32, bytes(32), NOW)
    assert store_fills(session, [block], found.fills, owners) == len(found.fills)
    add_undecodable_fills(session, found.undecodable, NOW)
    stored = list_fills(session, [market.market_id], NOW, NOW + timedelta(minutes=1))
    assert [
        (fill.log_index, fill.token_id, fill.taker_side, fill.shares, fill.usdc)
        for fill in stored[market.market_id]
    ] == [
        (fill.at.log_index, fill.token_id, fill.taker_side, fill.shares, fill.usdc)
        for fill in found.fills
    ]


def _issues(session: Session) -> int:
    query = select(func.count()).where(DataIssue.kind == DataIssueKind.UNDECODABLE_LOG)
    return session.scalar(query) or 0


def _without_text(fact: Any) -> Any:
    """A fact as it is read back: its text lies in a table of its own."""
    return replace(fact, ancillary_data=NO_TEXT) if hasattr(fact, "ancillary_data") else fact
