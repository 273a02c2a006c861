from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.enums import MarketState
from service.api.schemas import ProposalList
from service.protocol.prices import HALF
from tests.store.chain_scenes import Chain
from tests.store.scenes import MANAGED, NOW, add_contracts, add_scored

HOUR = timedelta(hours=1)


def test_the_queue_pages_soonest_end_first(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_contracts(session)
        for number in range(5):
            add_scored(session, number, state=MarketState.PROPOSED, challenge_open=True)
            chain = Chain(session, number, MANAGED)
            chain.initialize(NOW - 20 * HOUR)
            chain.propose(NOW - 20 * HOUR, NOW - number * HOUR, HALF)
    first = ProposalList.model_validate_json(client.get("/v1/proposals?limit=3").content)
    rest = client.get(f"/v1/proposals?limit=3&cursor={first.next_cursor}").json()
    slugs = [line.market.slug for line in first.data if line.market is not None]
    slugs += [line["market"]["slug"] for line in rest["data"]]
    assert slugs == [f"market-{number}" for number in (4, 3, 2, 1, 0)]
    assert rest["next_cursor"] is None
    line = first.data[0]
    assert (line.proposed_outcome, line.proposed_price) == ("50-50", str(HALF))
    assert line.past_window
    assert line.link is not None


def test_a_cursor_of_another_list_is_refused(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        for number in range(2):
            add_scored(session, number)
    cursor = client.get("/v1/markets?limit=1").json()["next_cursor"]
    assert client.get(f"/v1/proposals?cursor={cursor}").status_code == 422
