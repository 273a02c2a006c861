"""Contracts' periods in rows: folded from what a capture says, undone with it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from jobs.import_logs import import_logs
from jobs.ingest import OnConflict, ingest_capture
from models.chain import DataIssue
from models.contract_period import ContractPeriod
from models.data_enums import DataIssueKind, PeriodKind
from service.chain.archive import Capture, read_archive
from service.chain.book import read_book
from service.clock import SystemClock
from service.protocol.data_alerts import DATA_ALERTS
from tests.replays import CONTRACTS, path_of

BOOK = read_book(CONTRACTS)
LATE = datetime(2026, 11, 1, tzinfo=UTC)
DEPLOYMENT = path_of("00-deployment")


@pytest.fixture
def deployed(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    import_logs(sessions, [DEPLOYMENT], BOOK, SystemClock())
    return sessions


def values(sessions: sessionmaker[Session], kind: PeriodKind) -> dict[str, str]:
    with sessions() as session:
        rows = session.scalars(
            select(ContractPeriod).where(
                ContractPeriod.kind == kind, ContractPeriod.to_block.is_(None)
            )
        )
        return {row.name: row.value for row in rows}


def alert_keys(sessions: sessionmaker[Session]) -> list[tuple[str, str]]:
    with sessions() as session:
        query = select(DataIssue.kind, DataIssue.key).where(DataIssue.kind.in_(DATA_ALERTS))
        return sorted((kind, key) for kind, key in session.execute(query))


def test_the_parameters_a_deployment_sets_are_in_force(deployed: sessionmaker[Session]) -> None:
    found = values(deployed, PeriodKind.PARAMETER)
    assert found["gat"] == str(5 * 10**24)
    assert found["spat"] == str(65 * 10**16)
    assert found["max_rolls"] == "2"
    assert found["unstake_cooldown_seconds"] == "604800"
    assert found["minimum_dispute_window_seconds"] == "600"
    assert found["maximum_bond"] == "1000000000000"


def test_role_holders_and_whitelist_members_are_rows(deployed: sessionmaker[Session]) -> None:
    assert (
        "0x66575fB04930808DfD1f1247Ff391fABB6f74AAe"
        in (values(deployed, PeriodKind.ROLE_HOLDER)["RESOLVER_ROLE"])
    )
    with deployed() as session:
        members = session.scalars(
            select(ContractPeriod.value).where(ContractPeriod.kind == PeriodKind.WHITELIST_MEMBER)
        ).all()
    assert len(members) == 3


def other_branch(capture: Capture, first: int) -> Capture:
    """The chain from a block on, as a branch on which nothing happened."""
    head = next(block for block in capture.blocks if block.number == first)
    return replace(capture, blocks=(replace(head, hash=b"\x0f" * 32),), logs=())


def test_a_reorg_takes_back_what_its_blocks_changed(deployed: sessionmaker[Session]) -> None:
    (polygon,) = [c for c in read_archive(DEPLOYMENT) if c.chain_id == 137]
    with deployed.begin() as session:
        ingest_capture(session, other_branch(polygon, 24), BOOK, LATE, OnConflict.REMOVE)
    fold_facts(deployed)
    holders = values(deployed, PeriodKind.ROLE_HOLDER)
    # Granted in block 24, which is gone; the others in 22 and 23, which stay.
    assert "RESOLVER_ROLE" not in holders
    assert "RESOLVER_ADMIN_ROLE" in holders


def test_data_alerts_are_stored_once_however_often_the_logs_are_read(
    deployed: sessionmaker[Session],
) -> None:
    before = alert_keys(deployed)
    assert {kind for kind, _ in before} == DATA_ALERTS - {
        # Told by the catalogue, not by logs.
        DataIssueKind.UNKNOWN_ADAPTER,
        DataIssueKind.UNKNOWN_REQUESTER,
        DataIssueKind.CONTRACT_MIGRATED,
        DataIssueKind.PAYS_AGAINST_TEXT,
        # Told by the checks of the model.
        DataIssueKind.MODEL_STALE,
        DataIssueKind.MODEL_DRIFTED,
    }
    import_logs(deployed, [DEPLOYMENT], BOOK, SystemClock())
    assert alert_keys(deployed) == before


def test_data_alerts_go_with_their_block(deployed: sessionmaker[Session]) -> None:
    before = alert_keys(deployed)
    (polygon,) = [c for c in read_archive(DEPLOYMENT) if c.chain_id == 137]
    with deployed.begin() as session:
        ingest_capture(session, other_branch(polygon, 21), BOOK, LATE, OnConflict.REMOVE)
    after = alert_keys(deployed)
    assert len(after) < len(before)
    assert all(key.startswith("1:") for _, key in after)
