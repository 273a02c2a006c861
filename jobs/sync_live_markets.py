"""``sync_live_markets``: the few markets with an answer on its way, between the long sweeps."""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.keep_listings import Keeper
from service.clock import Clock
from service.polymarket.client import PolymarketClient
from service.protocol.contracts import ContractBook
from service.store.operations.sources import record_health


def sync_live_markets(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    book: ContractBook | None = None,
) -> CycleReport:
    """List what Gamma calls proposed or disputed: a few pages, so that it can be often.

    A sweep of everything comes every ten minutes, too late for a challenge window of ten; this is
    how a proposal is noticed where no node is configured. One list that fails spares the other.
    """
    keeper = Keeper(sessions, book)
    degraded: list[str] = []
    try:
        degraded += [*keeper.keep_live(client), *keeper.gaps]
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(keeper.report(), tuple(degraded))
