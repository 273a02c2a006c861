from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.enums import MarketState
from service.api.schemas import ProposalList
from service.api.signal_schemas import ProposalSignals
from service.protocol.prices import YES
from service.store.proposals.proposal_signals import NewSignals, add_signals
from tests.store.chain_scenes import Chain
from tests.store.scenes import MANAGED, NOW, add_contracts, add_market, add_scored
from tests.store.test_proposal_signals import RULE, new, verdict

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)
PATH = "/v1/markets/market-1/proposal-signals"


def test_the_newest_verdict_comes_first_with_its_history_behind(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1).id
        for step in range(3):
            add_signals(session, [new(market, 1_000 * (step + 1))], RULE, NOW + step * MINUTE)
    first = ProposalSignals.model_validate_json(client.get(f"{PATH}?limit=2").content)
    rest = ProposalSignals.model_validate_json(
        client.get(f"{PATH}?limit=2&cursor={first.next_cursor}").content
    )
    assert first.latest == rest.latest == first.data[0]
    stakes = [line.standing_stake_usdc for line in (*first.data, *rest.data)]
    assert stakes == ["1500.000000", "1000.000000", "500.000000"]
    assert rest.next_cursor is None
    offers = first.data[0].offers_against.value
    assert offers is not None
    assert (offers.best_price, offers.outcome_index) == ("0.5", 0)
    assert first.data[0].traded_stake_usdc is None


def test_a_market_without_verdict_says_why(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    answer = ProposalSignals.model_validate_json(client.get(PATH).content)
    assert (answer.latest, answer.data) == (None, [])
    assert answer.reason
    assert client.get("/v1/markets/nowhere/proposal-signals").status_code == 404


def test_the_queue_shows_the_verdict_on_this_very_proposal(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    requested = int((NOW - 60 * MINUTE).timestamp())
    with sessions.begin() as session:
        add_contracts(session)
        for number in (1, 2):
            market = add_scored(session, number, state=MarketState.PROPOSED, challenge_open=True)
            chain = Chain(session, number, MANAGED)
            chain.initialize(NOW - 60 * MINUTE)
            chain.propose(NOW - 60 * MINUTE, NOW + number * MINUTE, YES)
            # Of the second market the verdict is on an earlier request.
            asked = requested if number == 1 else requested - 9_000
            row = NewSignals(market.id, asked, YES, verdict(1_000))
            add_signals(session, [row], RULE, NOW - MINUTE)
    queue = ProposalList.model_validate_json(client.get("/v1/proposals").content)
    assert queue.data[0].request_timestamp == requested
    shown = [line.signals for line in queue.data]
    assert shown[0] is not None
    assert (shown[0].standing_stake_usdc, shown[1]) == ("500.000000", None)
