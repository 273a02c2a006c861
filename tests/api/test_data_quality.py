from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.chain import DataIssue
from models.data_enums import DataIssueKind
from service.api.data_quality_schemas import DataQuality
from service.protocol.invariants import Break, Finding, Invariant
from service.store.checks.data_checks import record_finding
from tests.store.scenes import NOW

TRANSACTION = b"\x7a" * 32


@pytest.fixture
def found(sessions: sessionmaker[Session]) -> None:
    """One invariant that holds, one that is broken twice, and a data alert."""
    breaks = tuple(Break(f"key-{n}", f"reason {n}", 137, 40 + n, TRANSACTION) for n in range(2))
    with sessions.begin() as session:
        record_finding(session, Invariant.BLOCKS_CHAIN, Finding(9, (), 4), NOW, 0.25)
        record_finding(session, Invariant.DISPUTES_ARE_BRIDGED, Finding(7, breaks), NOW, 0.5)
        session.add(
            DataIssue(
                kind=DataIssueKind.CONTRACT_UPGRADED,
                source="chain 137",
                key="upgrade",
                reason="managed oracle upgraded",
                evidence={"block": 22, "transaction": "0x" + TRANSACTION.hex()},
                known_at=NOW - timedelta(hours=1),
            )
        )


def ask(client: TestClient, query: str = "") -> DataQuality:
    answer = client.get(f"/v1/data-quality{query}")
    assert answer.status_code == 200, answer.text
    return DataQuality.model_validate_json(answer.content)


@pytest.mark.usefixtures("found")
def test_each_check_says_what_it_holds_and_what_it_found(client: TestClient) -> None:
    bridged, blocks = ask(client).checks
    assert (bridged.name, bridged.checked, bridged.broken) == ("disputes_are_bridged", 7, 2)
    assert bridged.says == Invariant.DISPUTES_ARE_BRIDGED.says
    assert [offender.reason for offender in bridged.offenders] == ["reason 0", "reason 1"]
    assert (blocks.broken, blocks.not_checkable, blocks.duration_seconds) == (0, 4, 0.25)
    assert blocks.offenders == []


@pytest.mark.usefixtures("found")
def test_every_break_leads_to_its_transaction(client: TestClient) -> None:
    for line in ask(client).data:
        assert line.chain_id == 137
        assert line.transaction == "0x" + TRANSACTION.hex()
        assert line.link == f"https://polygonscan.com/tx/0x{TRANSACTION.hex()}"


@pytest.mark.usefixtures("found")
def test_a_data_alert_is_told_apart_from_a_break(client: TestClient) -> None:
    listed = ask(client)
    assert {line.kind: line.is_alert for line in listed.data} == {
        "broken_invariant": False,
        "contract_upgraded": True,
    }
    assert listed.open_issues == {"broken_invariant": 2, "contract_upgraded": 1}


@pytest.mark.usefixtures("found")
def test_issues_come_in_pages_without_repeating_any(client: TestClient) -> None:
    seen: list[int] = []
    query: str | None = "?limit=1"
    while query is not None:
        page = ask(client, query)
        seen += [line.id for line in page.data]
        query = page.next_cursor and f"?limit=1&cursor={page.next_cursor}"
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 3


@pytest.mark.usefixtures("found")
def test_issues_can_be_asked_for_by_kind(client: TestClient) -> None:
    listed = ask(client, "?kind=contract_upgraded")
    assert [line.key for line in listed.data] == ["upgrade"]


@pytest.mark.usefixtures("found")
def test_a_cursor_of_one_kind_does_not_continue_another(client: TestClient) -> None:
    cursor = ask(client, "?kind=broken_invariant&limit=1").next_cursor
    assert client.get(f"/v1/data-quality?limit=1&cursor={cursor}").status_code == 422


def test_before_the_first_check_there_is_nothing_to_show(client: TestClient) -> None:
    listed = ask(client)
    assert (listed.checks, listed.data, listed.open_issues) == ([], [], {})


@pytest.mark.usefixtures("found")
def test_an_unchanged_answer_is_not_sent_twice(client: TestClient) -> None:
    etag = client.get("/v1/data-quality").headers["etag"]
    again = client.get("/v1/data-quality", headers={"If-None-Match": etag})
    assert again.status_code == 304
