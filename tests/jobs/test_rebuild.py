"""Derived rows: what is kept up as facts come and go is what a rebuild makes of them."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from jobs.import_logs import import_logs
from jobs.ingest import OnConflict, ingest_capture
from jobs.rebuild import rebuild
from models.dvm_request_state import DvmRequestState
from models.enums import LinkMethod, MarketState, OverrideLayer, RequestState
from models.question_state import QuestionState
from models.stale_fold import StaleFold
from service.chain.archive import Capture, read_archive
from service.chain.book import read_book
from service.clock import SystemClock
from service.protocol.prices import NO
from service.store.oracle.contracts import add_book
from tests.replays import CONTRACTS, SCENARIOS, path_of, read_replay
from tests.replays.votes import revealed_votes
from tests.store.derived_rows import derived_rows

BOOK = read_book(CONTRACTS)
LATE = datetime(2026, 11, 1, tzinfo=UTC)
FILES = [path_of(name) for name in ("00-deployment", *SCENARIOS) if name[0] != "k"]


def load(sessions: sessionmaker[Session], files: Sequence[Path] = FILES) -> None:
    result = import_logs(sessions, files, BOOK, SystemClock())
    assert result.refused == ()


def question(sessions: sessionmaker[Session], scenario: str, name: str) -> QuestionState:
    expected = read_replay(scenario)["expected"][name]
    with sessions() as session:
        query = select(QuestionState).where(
            QuestionState.question_id == bytes.fromhex(expected["questionID"][2:])
        )
        return session.scalars(query).one()


def test_all_captures_rebuild_to_the_rows_they_were_kept_up_to(
    sessions: sessionmaker[Session],
) -> None:
    load(sessions)
    before = derived_rows(sessions)
    assert all(before.values())
    counts = rebuild(sessions)
    assert derived_rows(sessions) == before
    assert counts == {table: len(rows) for table, rows in before.items()}


@pytest.mark.parametrize("seed", range(3))
def test_captures_in_any_order_end_in_the_same_derived_rows(
    sessions: sessionmaker[Session], tmp_path: Path, seed: int
) -> None:
    """One capture of one chain a file, folded after each."""
    files = [
        path_of(name)
        for name in (
            "00-deployment",
            "b-first-dispute",
            "c-dvm-vote",
            "d-too-early",
            "g-whale-flip",
        )
    ]
    captures = [capture for file in files for capture in read_archive(file)]
    random.Random(seed).shuffle(captures)  # noqa: S311  # any order will do
    with sessions.begin() as session:
        add_book(session, BOOK)
    for capture in captures:
        with sessions.begin() as session:
            ingest_capture(session, capture, BOOK, LATE, OnConflict.REMOVE)
        fold_facts(sessions)
    kept_up = derived_rows(sessions)
    rebuild(sessions)
    assert derived_rows(sessions) == kept_up


def views(folder: Path) -> list[Capture]:
    """The chain of j as it was reorganised, view by view."""
    found: list[Capture] = []
    for number, view in enumerate(read_replay("j-reorg")["views"]):
        file = folder / f"{number}.json"
        file.write_text(json.dumps(view["capture"]))
        found += read_archive(file)
    return found


def test_each_view_of_a_reorganised_chain_is_kept_up_to_what_a_rebuild_makes(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    load(sessions, FILES[:2])
    removed = 0
    for capture in views(tmp_path):
        with sessions.begin() as session:
            removed += ingest_capture(
                session, capture, BOOK, LATE, OnConflict.REMOVE
            ).blocks_removed
        fold_facts(sessions)
        kept_up = derived_rows(sessions)
        rebuild(sessions)
        assert derived_rows(sessions) == kept_up
    assert removed > 0


def test_a_rebuild_mends_what_was_changed_by_hand_and_drops_what_has_no_facts(
    sessions: sessionmaker[Session],
) -> None:
    load(sessions, [path_of("a-clean")])
    before = derived_rows(sessions)
    with sessions.begin() as session:
        session.execute(update(QuestionState).values(disputes=7))
        row = session.scalars(select(QuestionState).limit(1)).one()
        session.expunge(row)
        words = {c.key: getattr(row, c.key) for c in QuestionState.__table__.columns}
        session.add(QuestionState(**words | {"question_id": b"\x0e" * 32}))
    assert derived_rows(sessions) != before
    rebuild(sessions)
    assert derived_rows(sessions) == before


def test_no_mark_is_left_after_an_import(sessions: sessionmaker[Session]) -> None:
    load(sessions, [path_of("c-dvm-vote")])
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(StaleFold)) == 0


def test_a_question_set_by_hand_says_so_and_by_whom(sessions: sessionmaker[Session]) -> None:
    load(sessions, [path_of("f-flag-manual")])
    adapter = question(sessions, "f-flag-manual", "f1")
    assert (adapter.overridden, adapter.override_layer) == (True, OverrideLayer.ADAPTER)
    assert adapter.pays_first_proposal is False
    operator = question(sessions, "f-flag-manual", "f5")
    assert operator.override_layer == OverrideLayer.OPERATOR


def test_an_expired_proposal_stays_proposed_beside_its_expiry(
    sessions: sessionmaker[Session],
) -> None:
    load(sessions, [path_of("f-flag-manual")])
    row = question(sessions, "f-flag-manual", "f5")
    assert row.operative_state == RequestState.PROPOSED
    assert row.expiration_timestamp is not None


def test_a_voted_question_has_its_requests_in_the_vote(sessions: sessionmaker[Session]) -> None:
    load(sessions, [path_of("c-dvm-vote")])
    row = question(sessions, "c-dvm-vote", "c1")
    assert (row.state, row.disputes, row.requests) == (MarketState.RESOLVED, 2, 2)
    assert row.payouts == ["0", "1"]
    assert row.pays_first_proposal is False
    with sessions() as session:
        votes = session.scalars(
            select(DvmRequestState).where(DvmRequestState.question_id == row.question_id)
        ).all()
    assert len(votes) == 2
    revealed = revealed_votes(read_replay("c-dvm-vote")["chains"]["1"]["logs"])
    for vote in votes:
        opened = revealed["0x" + vote.request_id.hex()]
        assert vote.link == LinkMethod.PARENT_ID
        prices = (vote.resolved_price, vote.leading_price, vote.left_price, vote.landed_price)
        assert prices == (NO, NO, NO, NO)
        assert vote.leading_weight == sum(int(t) for _, _, price, t in opened if int(price) == NO)
        assert vote.turnout == sum(int(tokens) for *_, tokens in opened)
        assert (vote.committed, vote.revealed) == (7, len(opened))


def test_a_request_that_rolled_counts_the_votes_of_the_round_that_decided(
    sessions: sessionmaker[Session],
) -> None:
    load(sessions, [path_of("g-whale-flip")])
    with sessions() as session:
        votes = session.scalars(select(DvmRequestState)).all()
    assert {vote.roll_count for vote in votes} == {1}
    assert all(v.counted_round == v.resolved_round == v.last_round for v in votes)
    assert all(v.first_round is not None and v.first_round < (v.last_round or 0) for v in votes)
