import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from service.api.app import create_app
from service.api.schemas import Timeline
from service.clock import SetClock
from tests.store.scenes import NOW

PATH = "/v1/markets/market-1/timeline"


@pytest.mark.usefixtures("told")
def test_each_entry_carries_its_evidence(client: TestClient) -> None:
    timeline = Timeline.model_validate_json(client.get(PATH).content)
    assert len(timeline.data) == 20
    assert timeline.next_cursor is None
    for entry in timeline.data:
        if entry.chain_id == 137:
            assert entry.link == f"https://polygonscan.com/tx/{entry.transaction}"
        else:
            assert entry.transaction is None
    proposal = next(entry for entry in timeline.data if entry.kind == "proposal")
    assert proposal.details["proposed_price"] == str(10**18)


@pytest.mark.usefixtures("told")
def test_pages_of_a_timeline_lose_and_repeat_nothing(client: TestClient) -> None:
    whole = client.get(PATH).json()["data"]
    seen: list[object] = []
    cursor = ""
    while True:
        page = client.get(f"{PATH}?limit=3{cursor}").json()
        seen += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == whole


@pytest.mark.usefixtures("told")
def test_a_reconstructions_transactions_are_looked_up_nowhere(
    sessions: sessionmaker[Session],
) -> None:
    app = create_app(sessions, SetClock(NOW), version="1", banner="Reconstruction…")
    with TestClient(app) as client:
        answer = client.get(PATH)
    entries = answer.json()["data"]
    assert {entry["link"] for entry in entries} == {None}
    assert any(entry["transaction"] for entry in entries)
    assert answer.json()["notice"] == "Reconstruction…"
    assert answer.headers["settlewatch-notice"] == "Reconstruction..."
