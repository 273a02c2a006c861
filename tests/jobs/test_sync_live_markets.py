"""``sync_live_markets``: answers on their way are noticed between the sweeps."""

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.sync_live_markets import sync_live_markets
from models.market import Market
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from tests.loopback.polymarket import MARKETS, PolymarketServer, raw
from tests.loopback.records import a_market


def stored_statuses(sessions: sessionmaker[Session]) -> dict[str | None, str | None]:
    with sessions() as session:
        return {market.gamma_id: market.uma_status for market in session.scalars(select(Market))}


def test_only_markets_with_an_answer_on_its_way_are_asked_for(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(number) for number in range(250)]
    server.markets[7]["umaResolutionStatus"] = "proposed"
    # Too small for the sweep; it counts all the same.
    server.markets[8] |= {"umaResolutionStatus": "disputed", "volumeNum": 1, "volume": "1"}

    report = sync_live_markets(sessions, client, clock)

    assert report.degraded == ()
    assert stored_statuses(sessions) == {"500007": "proposed", "500008": "disputed"}
    assert server.requests[MARKETS] == 2


def test_a_list_that_fails_spares_the_other_and_is_named(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(8, umaResolutionStatus="disputed")]
    server.fail(MARKETS, raw(b'{"markets": 1}'))

    report = sync_live_markets(sessions, client, clock)

    assert [line.split(":")[0] for line in report.degraded] == ["proposed markets"]
    assert stored_statuses(sessions) == {"500008": "disputed"}
