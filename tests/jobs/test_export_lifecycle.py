"""What the exports say beyond the contracts' own words: who decided, and what held when."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from jobs.fold_facts import fold_facts
from jobs.import_logs import import_logs
from service.chain.book import read_book
from service.clock import SetClock
from tests.replays import CONTRACTS, path_of

CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
NAMES = ("00-deployment", "c-dvm-vote", "d-too-early", "f-flag-manual")


@pytest.fixture
def exported(sessions: sessionmaker[Session]) -> Iterator[Session]:
    import_logs(sessions, [path_of(name) for name in NAMES], read_book(CONTRACTS), CLOCK)
    fold_facts(sessions)
    with sessions() as session:
        yield session


def test_every_question_says_who_decided_and_whether_the_first_proposal_was_paid(
    exported: Session,
) -> None:
    rows = list(export_rows(exported, "questions"))
    kinds = {row["resolution"] for row in rows}
    assert len(kinds - {None}) >= 3
    for row in rows:
        paid = row["payouts"] is not None
        assert (row["pays_first_proposal"] is None) <= (
            not paid or not row["requests"][0]["proposer"]
        )
        assert row["overridden"] == bool(row["override_layers"])
        operative = row["operative_request_timestamp"]
        assert operative in {request["request_timestamp"] for request in row["requests"]}
        disputed = sum(request["disputer"] is not None for request in row["requests"])
        assert row["disputes"] == disputed
        assert row["reset"] <= bool(row["resets"])


def test_periods_say_what_held_from_which_log_on(exported: Session) -> None:
    rows = list(export_rows(exported, "periods"))
    spat = [row for row in rows if row["name"] == "spat"]
    assert [(row["chain_id"], row["value"], row["to_block"]) for row in spat] == [
        (1, str(65 * 10**16), None)
    ]
    kinds = {row["kind"] for row in rows}
    assert kinds == {"parameter", "role_holder", "implementation", "whitelist_member"}
    assert all(row["from_block"] > 0 and row["transaction"].startswith("0x") for row in rows)
