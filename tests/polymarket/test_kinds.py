"""Which records of the catalogue are only counted."""

import pytest

from service.polymarket.kinds import COUNTED, MICRO_MARKET, NOT_UMA, POSITION_V2, counted_as
from service.polymarket.translate import to_listing
from service.protocol.listings import MarketListing, Refused
from tests.loopback.records import a_market

WITHOUT_UMA = {"resolvedBy": None, "umaBond": None, "umaReward": "", "umaResolutionStatus": " "}
OF_A_SERIES = [{"id": "1", "slug": "s", "title": "S", "series": [{"recurrence": "5m"}]}]


@pytest.mark.parametrize(
    "signs",
    [
        {"resolutionSource": "https://data.chain.link/streams/btc-usd"},
        {"slug": "btc-updown-5m-1773307200"},
        {"slug": "bitcoin-up-or-down-march-12-5am-et"},
        {"tags": [{"slug": "up-or-down"}]},
        {"events": OF_A_SERIES},
        {"events": [{"id": "1", "slug": "eth-updown-15m-1", "title": "E"}]},
    ],
    ids=str,
)
def test_a_micro_market_is_told_by_any_of_its_signs_but_never_with_a_trace_of_uma(
    signs: dict[str, object],
) -> None:
    assert counted_as(a_market(1, **WITHOUT_UMA, **signs)) == MICRO_MARKET
    for trace in (
        {"resolvedBy": "0x" + "11" * 20},
        {"umaBond": "500"},
        {"umaReward": 5},
        {"umaResolutionStatus": "proposed"},
    ):
        record = a_market(1, **(WITHOUT_UMA | signs | trace))
        assert counted_as(record) is None
        assert isinstance(to_listing(record), MarketListing)


def test_what_uma_does_not_resolve_and_shows_no_such_sign_is_counted_apart() -> None:
    assert counted_as(a_market(1, **WITHOUT_UMA)) == NOT_UMA
    # A slug that only contains the letters.
    assert counted_as(a_market(1, **WITHOUT_UMA, slug="countdown-updowns")) == NOT_UMA


@pytest.mark.parametrize(
    "changes", [{"version": "v2"}, {"conditionId": "0x" + "Ab" * 31}], ids=["version", "31 bytes"]
)
def test_the_second_position_system_is_told_by_its_name_or_its_condition(
    changes: dict[str, object],
) -> None:
    made = to_listing(a_market(7, **changes))
    assert isinstance(made, Refused)
    assert made.reason == POSITION_V2
    assert COUNTED[made.reason] == "position_v2"


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        "text",
        {},
        a_market(1, **WITHOUT_UMA, id=None),
        a_market(1, **WITHOUT_UMA, closed=None),
    ],
    ids=["null", "list", "text", "empty", "without id", "without closed"],
)
def test_a_record_of_another_shape_is_refused_by_name_and_not_counted(record: object) -> None:
    assert counted_as(record) is None
    made = to_listing(record)
    assert isinstance(made, Refused)
    assert made.reason not in COUNTED or made.reason == NOT_UMA


def test_position_ids_are_kept_where_they_are_not_the_tokens() -> None:
    made = to_listing(a_market(1, version="v1", positionIds=["11", "12"]))
    assert isinstance(made, MarketListing)
    assert (made.version, made.position_ids) == ("v1", ("11", "12"))
    same = to_listing(a_market(1, positionIds=list(made.token_ids)))
    assert isinstance(same, MarketListing)
    assert same.position_ids is None
    odd = to_listing(a_market(1, positionIds=["0x11"]))
    assert isinstance(odd, Refused)
    assert odd.reason == "positionIds: not token numbers"


@pytest.mark.parametrize(
    "changes",
    [
        {"clobTokenIds": None},
        {"clobTokenIds": "[]", "outcomePrices": '["0", "0"]', "umaEndDate": "January 20, 2021"},
        {"umaEndDate": "NOW()", "umaResolutionStatus": "requested", "closed": True},
        {"umaResolutionStatus": "settled", "negRisk": None, "umaResolutionStatuses": None},
        {"outcomePrices": '["1", "1"]', "closedTime": "2022-06-28 23:00:37+00", "closed": True},
        {"endDate": "", "events": None, "tags": None, "category": "Sports"},
    ],
    ids=str,
)
def test_shapes_of_the_early_years_are_taken(changes: dict[str, object]) -> None:
    assert isinstance(to_listing(a_market(1, **changes)), MarketListing)


def test_a_market_of_more_than_two_outcomes_is_refused_by_name() -> None:
    made = to_listing(a_market(1, outcomes='["A", "B", "C"]'))
    assert isinstance(made, Refused)
    assert made.reason == "not binary: 3 outcomes"
