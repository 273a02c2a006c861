"""The loopback server through the project's own clients, as of the clock it is given."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from pydantic import SecretStr

from service.chain.book import mainnet_book
from service.chain.events import EVENTS
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.server import ReconstructionServer
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.protocol.finality import POLYGON

WORLD = load_world(bundled_cases())
CASES = load_cases(bundled_cases())
BOOK = mainnet_book()
BEFORE_ALL = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    """At the end of the reconstruction."""
    return SetClock(WORLD.ends_at)


@pytest.fixture
def server(clock: SetClock) -> Iterator[ReconstructionServer]:
    """All bundled cases, served."""
    with ReconstructionServer(CASES, WORLD, BOOK, clock) as running:
        yield running


@pytest.fixture
def client(server: ReconstructionServer, clock: SetClock) -> Iterator[PolymarketClient]:
    """The product's own client of Polymarket."""
    made = PolymarketClient(server.url, server.url, server.url, clock=clock)
    yield made
    made.close()


@pytest.fixture
def node(server: ReconstructionServer, clock: SetClock) -> Node:
    """The product's own client of a node."""
    circuit = Circuit("polygon_rpc", clock, CircuitPolicy(), Random(1))  # noqa: S311  # spreads pauses, guards nothing
    return Node("polygon_rpc", POLYGON, [SecretStr(server.rpc_url)], circuit)


def _slugs(client: PolymarketClient) -> set[str | None]:
    return {row.slug for batch in client.fetch_open_markets() for row in batch.rows}


def test_open_markets_are_those_open_at_the_clocks_time(
    client: PolymarketClient, clock: SetClock
) -> None:
    at_the_end = _slugs(client)
    clock.set(datetime(2024, 6, 22, tzinfo=UTC))
    then = _slugs(client)
    clock.set(BEFORE_ALL)

    assert at_the_end == {
        "will-jesus-christ-return-in-2025",
        "trump-declassifies-ufo-files-in-2025",
    }
    assert then == {"was-barron-involved-in-djt", "biden-senile-during-the-debate"}
    assert _slugs(client) == set()


def test_resolutions_interest_and_books_come_for_what_is_asked(
    client: PolymarketClient, server: ReconstructionServer, clock: SetClock
) -> None:
    case = next(case for case in CASES if case.id == "ukraine-mineral-deal-2025")
    clock.set(case.steps[1].at - timedelta(minutes=10))
    condition = server.catalogue.condition_of(case)

    [reports] = client.fetch_resolutions([condition])
    [interest] = client.fetch_open_interest([condition])
    [market] = [
        m for b in client.fetch_open_markets() for m in b.rows if m.slug == case.market.slug
    ]
    [books] = client.fetch_books(market.token_ids)

    assert [row.status for row in reports.rows] == ["posed"]
    assert [row.value for row in interest.rows] == [500_000 * 10**6]
    assert {row.token_id for row in books.rows} == set(market.token_ids)


def test_the_node_gives_finalized_blocks_and_the_logs_in_them(node: Node, clock: SetClock) -> None:
    head = node.head()
    addresses = BOOK.addresses(POLYGON, {kind for kind, _ in EVENTS})
    topics = list(dict.fromkeys(topic for _, topic in EVENTS))

    logs = node.logs(head.number - 400, head.number, addresses, topics)

    assert head.mined_at <= clock.now()
    assert len(logs) == 7
    numbers = sorted({log.at.block_number for log in logs})
    assert {h.hash for h in node.headers(numbers)} == {log.at.block_hash for log in logs}


def test_a_log_is_not_there_before_its_block(node: Node, clock: SetClock) -> None:
    last = CASES[-1].steps[-1].at
    clock.set(last - timedelta(minutes=1))
    addresses = BOOK.addresses(POLYGON, {kind for kind, _ in EVENTS})
    topics = list(dict.fromkeys(topic for _, topic in EVENTS))
    head = node.head()
    before = node.logs(head.number - 100, head.number, addresses, topics)

    clock.set(last + timedelta(minutes=1))
    after = node.logs(head.number - 100, node.head().number, addresses, topics)

    assert len(after) > len(before)


def test_a_closed_port_answers_nothing(clock: SetClock) -> None:
    with ReconstructionServer(CASES, WORLD, BOOK, clock) as running:
        url = running.rpc_url
    circuit = Circuit("polygon_rpc", clock, CircuitPolicy(), Random(1))  # noqa: S311  # spreads pauses, guards nothing

    with pytest.raises(SourceError):
        Node("polygon_rpc", POLYGON, [SecretStr(url)], circuit).head()
