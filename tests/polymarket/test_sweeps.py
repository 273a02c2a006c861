"""Whole lists from both ends, over real HTTP."""

import base64
import json
from collections.abc import Mapping

import pytest

from service.errors import SourceError, SourcePaused
from service.polymarket.client import PolymarketClient
from service.polymarket.kinds import MICRO_MARKET
from tests.loopback.polymarket import (
    EVENTS,
    MARKETS,
    Answer,
    PolymarketServer,
    Seen,
    server_error,
    too_many,
)
from tests.loopback.records import a_group, a_market


def shown(client: PolymarketClient, *, up: bool = True) -> list[int]:
    """The numbers of the markets a sweep gives, in its order."""
    numbers: list[int] = []
    for page in client.catalogue.open_markets(up=up):
        numbers += [int(row.gamma_id or 0) - 500_000 for row in page.rows]
    return numbers


def poison(server: PolymarketServer, *numbers: int) -> None:
    server.poisoned = {str(500_000 + number) for number in numbers}


@pytest.mark.parametrize("up", [True, False])
def test_a_sweep_shows_every_market_once_in_the_order_of_ids(
    server: PolymarketServer, client: PolymarketClient, *, up: bool
) -> None:
    server.markets = [a_market(number) for number in range(250)]
    assert shown(client, up=up) == sorted(range(250), reverse=not up)
    assert server.requests[MARKETS] == 3
    assert {seen.params["closed"][0] for seen in server.seen} == {"false"}


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("culprit", [0, 123, 249])
def test_one_record_that_fails_every_page_with_it_hides_no_other(
    server: PolymarketServer, client: PolymarketClient, culprit: int, *, up: bool
) -> None:
    server.markets = [a_market(number) for number in range(250)]
    poison(server, culprit)
    found: list[int] = []
    error = ""
    try:
        for page in client.catalogue.open_markets(up=up):
            found += [int(row.gamma_id or 0) - 500_000 for row in page.rows]
    except SourceError as failure:
        error = str(failure)
    assert set(range(250)) - set(found) == {culprit}
    assert error.startswith("gamma: HTTP 500: cannot get the information: nothing be")


def test_what_lies_between_two_failing_records_is_named(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number) for number in range(500)]
    poison(server, 150, 350)
    with pytest.raises(SourceError, match="nothing between ids 500149 and 500351, whichever way"):
        shown(client)


def test_a_failure_of_one_direction_costs_nothing(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number) for number in range(350)]
    original = server.answer
    server.answer = lambda seen: (  # type: ignore[method-assign]  # upwards, page 3 is broken
        server_error()
        if seen.params["ascending"] == ["true"] and page_of(seen.params) == 2
        else original(seen)
    )
    assert sorted(set(shown(client))) == list(range(350))


def page_of(params: Mapping[str, list[str]]) -> int:
    cursor = params.get("after_cursor")
    return 0 if cursor is None else json.loads(base64.urlsafe_b64decode(cursor[0]))["start"] // 100


def test_a_source_that_asks_to_be_left_alone_is_not_swept_from_the_other_end(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(number) for number in range(250)]
    original = server.answer
    sent: list[object] = []

    def answer(seen: Seen) -> Answer:
        sent.append(seen)
        return too_many("600") if "after_cursor" in seen.params else original(seen)

    server.answer = answer  # type: ignore[method-assign]  # page 2 is refused for long
    with pytest.raises(SourceError):
        shown(client)
    with pytest.raises(SourcePaused):
        shown(client)
    assert len(sent) == 2


def test_groups_are_swept_without_their_markets_and_micro_groups_are_counted(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    five_minutes = [{"slug": "btc-up-or-down-5m", "recurrence": "5m"}]
    server.events = [
        a_group(1, negRisk=True, negRiskAugmented=True, negRiskMarketID="0x" + "ee" * 32),
        a_group(2, series=five_minutes),
        a_group(3, id=None),
        a_group(4, closed=True),
    ]
    (batch,) = client.catalogue.open_groups()
    assert [row.gamma_id for row in batch.rows] == ["900001"]
    assert (batch.rows[0].neg_risk, batch.rows[0].neg_risk_augmented) == (True, True)
    assert sorted(refused.reason for refused in batch.refused) == [MICRO_MARKET, "no id"]
    assert {seen.params["include_markets"][0] for seen in server.seen} == {"false"}
    assert server.requests[EVENTS] == 1
