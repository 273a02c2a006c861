"""Which books the watch holds a proposal to: none older than it, none that is gone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models.proposal_signal import ProposalSignal
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.polymarket.feeds import to_book
from service.protocol.listings import BookRow
from service.store.money.liquidity import add_books
from tests.jobs.watch_scene import MINUTE, WatchScene
from tests.loopback.polymarket import BOOKS, PolymarketServer, server_error
from tests.loopback.polymarket_client import client_of
from tests.loopback.records import tokens_of
from tests.store.scenes import NOW

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECOND = timedelta(seconds=1)
AGREES = ([("0.98", "50000")], [("0.99", "50000")])
AGAINST = ([("0.38", "20000")], [("0.40", "20000")])


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def client(server: PolymarketServer, clock: SetClock) -> Iterator[PolymarketClient]:
    with client_of(server, clock) as made:
        yield made


@pytest.fixture
def scene(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> WatchScene:
    return WatchScene(sessions, server, client, clock)


def store_books(scene: WatchScene, *, ago: timedelta) -> None:
    """Let another job store what the venue shows now as read so long ago."""
    rows = [to_book(scene.server.books[token]) for token in tokens_of(1)]
    with scene.sessions.begin() as session:
        read = [row for row in rows if isinstance(row, BookRow)]
        add_books(session, read, [scene.market_ids[1]], scene.now() - ago)


def stakes(scene: WatchScene) -> list[int | None]:
    query = select(ProposalSignal.standing_stake).order_by(ProposalSignal.id)
    with scene.sessions() as session:
        return list(session.scalars(query))


def test_a_book_older_than_the_proposal_tells_nothing_until_it_is_read_again(
    scene: WatchScene,
) -> None:
    scene.propose(1, ago=MINUTE)
    scene.book(1, *AGAINST)
    store_books(scene, ago=5 * MINUTE)
    scene.server.fail_always(BOOKS, server_error())
    scene.run()
    assert (scene.alerts(), stakes(scene)) == ([], [None])
    # It is unchanged, and now it says something of the proposal.
    scene.server.heal()
    scene.run(MINUTE)
    assert len(scene.alerts()) == 1


def test_a_book_the_venue_no_longer_gives_is_unknown_at_once(scene: WatchScene) -> None:
    scene.propose(1)
    scene.book(1, *AGAINST)
    scene.run()
    scene.server.books.clear()
    scene.run(MINUTE)
    first, second = stakes(scene)
    assert first is not None
    assert first > 0
    assert second is None
    scene.book(1, *AGAINST)
    scene.run(MINUTE)
    assert stakes(scene)[-1] == first


def test_a_book_stored_late_by_another_job_is_judged_though_it_was_read_before(
    scene: WatchScene,
) -> None:
    scene.propose(1)
    scene.book(1, *AGREES)
    scene.run()
    scene.trade(1, 0, "0.98", 10, ago=-5 * SECOND)
    scene.run(10 * SECOND)
    scene.book(1, *AGAINST)
    # No later read of the watch's own helps.
    store_books(scene, ago=SECOND)
    scene.server.fail_always(BOOKS, server_error())
    scene.run(5 * SECOND)
    assert len(scene.alerts()) == 1
