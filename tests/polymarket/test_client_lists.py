"""Walking the catalogue and asking in batches, over real HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.data_enums import DataIssueKind
from service.clock import SetClock
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.protocol.ids import parse_hex32
from tests.loopback.polymarket import (
    BOOKS,
    MARKETS,
    OPEN_INTEREST,
    RESOLUTIONS,
    PolymarketServer,
    as_json,
)
from tests.loopback.polymarket_client import NOW
from tests.loopback.records import a_book, a_market, a_resolution, condition_of, tokens_of


def conditions(*numbers: int) -> list[bytes]:
    return [parse_hex32(condition_of(number)) for number in numbers]


def ids(client: PolymarketClient) -> list[str | None]:
    return [row.gamma_id for page in client.fetch_open_markets() for row in page.rows]


def test_every_open_market_comes_once_over_several_clamped_pages(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number) for number in range(250)]
    server.markets.append(a_market(999, closed=True))
    assert ids(client) == [str(500_000 + number) for number in range(250)]
    assert server.requests[MARKETS] == 3


def test_a_short_page_is_not_the_end(server: PolymarketServer, client: PolymarketClient) -> None:
    server.markets = [a_market(number) for number in range(250)]
    server.short_pages = True
    assert len(ids(client)) == 250


def test_each_page_is_asked_with_the_same_explicit_filters(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number) for number in range(150)]
    list(client.fetch_open_markets(min_volume_usdc=1000))
    first, second = (dict(seen.params) for seen in server.seen)
    cursor = second.pop("after_cursor")
    assert cursor
    assert first == second
    assert first == {
        "closed": ["false"],
        "volume_num_min": ["1000"],
        "order": ["id"],
        "ascending": ["true"],
        "limit": ["100"],
        "include_tag": ["true"],
    }


def test_a_cursor_that_comes_twice_ends_the_walk_with_an_error_after_keeping_the_pages(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number) for number in range(250)]
    server.cursor_loop = True
    pages: list[object] = []
    with pytest.raises(SourceError, match="gamma: cursor loop"):
        pages.extend(client.fetch_open_markets())
    assert len(pages) == 2
    assert server.requests[MARKETS] == 2


def test_empty_pages_that_promise_more_are_followed_and_then_refused(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    empty = [as_json({"markets": [], "next_cursor": f"c{number}"}) for number in range(9)]
    server.fail(MARKETS, *empty[:2])
    server.markets = [a_market(1)]
    server.fail(MARKETS, as_json({"markets": [a_market(1)]}))
    assert ids(client) == ["500001"]
    server.fail(MARKETS, *empty)
    with pytest.raises(SourceError, match="3 empty pages in a row"):
        ids(client)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ([], "without a list of markets"),
        (None, "without a list of markets"),
        ({"data": []}, "without a list of markets"),
        ({"markets": None}, "without a list of markets"),
        ({"markets": [], "next_cursor": 7}, "next_cursor that is no text"),
    ],
)
def test_a_page_of_another_shape_is_an_error_and_not_an_empty_catalogue(
    server: PolymarketServer, client: PolymarketClient, page: object, reason: str
) -> None:
    server.fail(MARKETS, as_json(page))
    with pytest.raises(SourceError, match=reason):
        ids(client)


def test_one_bad_record_does_not_cost_its_page(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(1), a_market(2, conditionId=None), a_market(3)]
    (page,) = client.fetch_open_markets()
    assert [row.gamma_id for row in page.rows] == ["500001", "500003"]
    assert [(r.kind, r.key, r.reason) for r in page.refused] == [
        (DataIssueKind.REFUSED_MARKET, "gamma:500002", "no condition id")
    ]


def test_a_page_says_when_it_was_fetched(
    server: PolymarketServer, client: PolymarketClient, clock: SetClock
) -> None:
    server.markets = [a_market(number) for number in range(150)]
    walk = client.fetch_open_markets()
    assert next(walk).fetched_at == NOW
    clock.advance(timedelta(seconds=9))
    assert next(walk).fetched_at == NOW + timedelta(seconds=9)


def test_the_hot_list_asks_for_open_markets_of_that_status_only(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [
        a_market(1, umaResolutionStatus="disputed"),
        a_market(2, umaResolutionStatus="disputed", closed=True),
        a_market(3),
    ]
    (page,) = client.fetch_markets_by_uma_status("disputed")
    assert [row.gamma_id for row in page.rows] == ["500001"]


def test_a_look_up_by_condition_finds_open_and_closed_markets(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number, closed=number % 2 == 0) for number in range(120)]
    wanted = conditions(*range(110))
    found = [
        row.condition_id for b in client.fetch_markets_by_condition_ids(wanted) for row in b.rows
    ]
    assert sorted(found) == sorted(wanted)


def test_resolutions_come_in_batches_of_twenty_and_say_what_is_missing(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.resolutions = [a_resolution(number) for number in range(45) if number != 7]
    batches = list(client.fetch_resolutions(conditions(*range(45))))
    assert [len(batch.rows) for batch in batches] == [19, 20, 5]
    assert [batch.missing for batch in batches] == [(condition_of(7),), (), ()]


def test_of_two_rows_of_one_market_the_newer_counts_and_the_other_is_named(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.resolutions = [
        a_resolution(1, status="disputed", last_update_timestamp="1795000009"),
        a_resolution(1, last_update_timestamp="2026-11-18T11:06:40Z"),
    ]
    (batch,) = client.fetch_resolutions(conditions(1))
    assert [row.status for row in batch.rows] == ["disputed"]
    assert [refused.reason for refused in batch.refused] == ["answered twice in one answer"]


def test_a_row_nobody_asked_for_is_refused(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.fail(RESOLUTIONS, as_json({"data": [a_resolution(1), a_resolution(2)]}))
    (batch,) = client.fetch_resolutions(conditions(1))
    assert [row.condition_id for row in batch.rows] == conditions(1)
    assert [(r.key, r.reason) for r in batch.refused] == [(condition_of(2), "not asked for")]


def test_a_null_list_of_the_data_api_means_none(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.fail(RESOLUTIONS, as_json({"data": None}))
    (batch,) = client.fetch_resolutions(conditions(1))
    assert batch.rows == ()
    assert batch.missing == (condition_of(1),)


def test_one_condition_the_source_refuses_does_not_cost_the_other_nineteen(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    numbers = list(range(20))
    server.open_interest = {condition_of(number): 10.5 for number in numbers}
    poison = condition_of(13)
    original = server.answer
    refusal = as_json({"error": "condition: unknown", "code": "invalid_request"}, 400)
    server.answer = lambda seen: (  # type: ignore[method-assign]  # the server turns hostile
        refusal if poison in seen.params.get("condition", [""])[0] else original(seen)
    )
    batches = list(client.fetch_open_interest(conditions(*numbers)))
    rows = [row for batch in batches for row in batch.rows]
    assert sorted(row.condition_id for row in rows) == sorted(
        set(conditions(*numbers)) - set(conditions(13))
    )
    refused = [item for batch in batches for item in batch.refused]
    assert [(item.key, item.reason) for item in refused] == [
        (poison, "HTTP 400: condition: unknown")
    ]


def test_a_source_that_refuses_everything_is_not_asked_for_ever(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.fail_always(OPEN_INTEREST, as_json({"error": "no"}, 400))
    with pytest.raises(SourceError, match="data_api: HTTP 400: no"):
        list(client.fetch_open_interest(conditions(*range(2000))))
    assert server.requests[OPEN_INTEREST] < 100


def test_nothing_is_asked_when_there_is_nothing_to_ask_for(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    # An empty selector would fetch the whole venue's figure.
    assert list(client.fetch_open_interest([])) == []
    assert list(client.fetch_books([])) == []
    assert not server.seen


def test_open_interest_keeps_every_digit(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.open_interest = {condition_of(1): 359030965.466657, condition_of(2): None}
    (batch,) = client.fetch_open_interest(conditions(1, 2, 3))
    assert [row.value for row in batch.rows] == [359_030_965_466_657]
    assert [refused.reason for refused in batch.refused] == ["value is null (unavailable)"]
    assert batch.missing == (condition_of(2), condition_of(3))


def test_books_are_told_apart_by_token_and_ordered_best_first(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    yes, no = tokens_of(1)
    gone = tokens_of(2)[0]
    server.books = {
        yes: a_book(yes, [("0.1", "5"), ("0.58", "7")], [("0.99", "1"), ("0.61", "2")]),
        no: a_book(no, [("0.39", "2")], []),
    }
    (batch,) = client.fetch_books([yes, gone, no])
    books = {row.token_id: row for row in batch.rows}
    assert [str(level.price) for level in books[yes].bids] == ["0.58", "0.1"]
    assert [str(level.price) for level in books[yes].asks] == ["0.61", "0.99"]
    assert books[no].asks == ()
    assert batch.missing == (gone,)


def test_tokens_are_asked_a_hundred_at_a_time(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    tokens = [tokens_of(number)[0] for number in range(250)]
    server.books = {token: a_book(token, [("0.5", "1")], []) for token in tokens}
    found = [row.token_id for batch in client.fetch_books(tokens) for row in batch.rows]
    assert sorted(found) == sorted(tokens)
    assert server.requests[BOOKS] == 3


def test_rows_that_move_between_pages_come_twice_and_are_the_same(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number) for number in range(150)]
    server.overlap = True
    rows = [row for page in client.fetch_open_markets() for row in page.rows]
    assert len(rows) == 151
    assert len({replace(row) for row in rows}) == 150
