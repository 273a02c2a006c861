"""``sync_liquidity`` against a loopback Polymarket, on both databases."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.sync_liquidity import sync_liquidity
from jobs.sync_markets import sync_markets
from models.chain import DataIssue
from models.enums import SourceState
from models.liquidity import BookSnapshot, OpenInterest
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.store.operations.sources import list_sources
from tests.loopback.polymarket import BOOKS, OPEN_INTEREST, PolymarketServer, truncated_json
from tests.loopback.polymarket_client import NOW
from tests.loopback.records import a_book, a_market, condition_of, tokens_of


def test_open_interest_and_books_are_stored_at_the_time_they_were_fetched(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    yes, no = tokens_of(1)
    server.markets = [a_market(1), a_market(2)]
    server.open_interest = {condition_of(1): 3356.035556}
    server.books = {
        no: a_book(no, [("0.3", "10")], [("0.4", "10")]),
        yes: a_book(yes, [("0.01", "5"), ("0.6", "10")], [("0.7", "10")]),
    }
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    report = sync_liquidity(sessions, client, clock)
    assert report.degraded == ()
    assert report.counts["open_interest_missing"] == 1
    assert report.counts["books_missing"] == 2
    with sessions() as session:
        (interest,) = session.scalars(select(OpenInterest))
        books = session.scalars(select(BookSnapshot).order_by(BookSnapshot.outcome_index)).all()
    assert (interest.value, interest.known_at) == (3_356_035_556, NOW)
    assert [book.token_id for book in books] == [yes, no]
    assert str(books[0].best_bid).startswith("0.6")


def test_one_source_down_costs_only_what_it_gives(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1)]
    server.open_interest = {condition_of(1): 10}
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    server.fail_always(BOOKS, truncated_json())
    report = sync_liquidity(sessions, client, clock)
    assert [line[:13] for line in report.degraded] == ["books: clob: "]
    with sessions() as session:
        assert session.scalars(select(OpenInterest.value)).one() == 10_000_000
        health = {source.name: source.state for source in list_sources(session)}
    assert health["clob"] is SourceState.DEGRADED
    assert health["data_api"] is SourceState.OK


def test_open_interest_the_source_cannot_give_is_an_issue_and_not_a_zero(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1)]
    server.open_interest = {condition_of(1): None}
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    sync_liquidity(sessions, client, clock)
    with sessions() as session:
        assert session.scalars(select(OpenInterest)).all() == []
        (issue,) = session.scalars(select(DataIssue))
    assert (issue.key, issue.reason) == (condition_of(1), "value is null (unavailable)")


def test_each_kind_is_asked_again_when_it_is_due_and_no_sooner(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1), a_market(2, umaResolutionStatus="proposed")]
    server.open_interest = {condition_of(number): 10 for number in (1, 2)}
    server.books = {
        token: a_book(token, [("0.3", "10")], [("0.4", "10")])
        for number in (1, 2)
        for token in tokens_of(number)
    }
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    asked = []
    for _ in range(12):
        server.seen.clear()
        sync_liquidity(sessions, client, clock)
        asked.append((_books_asked(server), server.requests[OPEN_INTEREST]))
        clock.advance(timedelta(seconds=30))
    # All at first; then the proposed market's books every minute and its money too.
    assert asked[0] == ([4], 1)
    assert [books for books, _ in asked[1:]] == [[], [2]] * 5 + [[]]
    assert [money for _, money in asked[1:]] == [0, 1] * 5 + [0]


def test_a_run_stays_within_its_requests_and_says_what_is_left(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(number) for number in range(60)]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    report = sync_liquidity(sessions, client, clock, requests_a_run=1)
    assert (report.counts["book_asked"], report.counts["book_left"]) == (50, 10)
    assert (report.counts["open_interest_asked"], report.counts["open_interest_left"]) == (20, 40)
    assert report.degraded == ()


def _books_asked(server: PolymarketServer) -> list[int]:
    bodies = [seen.body for seen in server.seen if seen.path == BOOKS]
    return [len(body) for body in bodies if isinstance(body, list)]
