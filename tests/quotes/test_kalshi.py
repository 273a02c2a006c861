"""What Kalshi's markets become, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from models.price_enums import Venue
from service.protocol.sibling_prices import SiblingLink
from service.quotes.kalshi import to_sibling
from tests.loopback.price_sources import kalshi_market

LINK = SiblingLink(bytes(32), Venue.KALSHI, "KXTEST-26", 0)


def read(**changed: Any) -> Any:
    return to_sibling(kalshi_market(LINK.reference) | changed, LINK, "https://kalshi.example/v2")


def test_a_quote_is_half_way_between_bid_and_ask_with_a_link_and_no_time() -> None:
    found = read()
    assert (found.bid, found.ask, found.price) == tuple(map(Decimal, ("0.42", "0.44", "0.43")))
    assert found.url == "https://kalshi.example/v2/markets/KXTEST-26"
    # updated_time is the metadata's.
    assert found.observed_at is None


@pytest.mark.parametrize("empty", ["0.0000", "1.0000", None, "", 0])
def test_an_empty_side_is_missing_and_gives_no_price(empty: object) -> None:
    for side in ("yes_bid_dollars", "yes_ask_dollars"):
        assert read(**{side: empty}).price is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"yes_bid_dollars": "0.5"}, "the bid 0.500000 is above the ask 0.440000"),
        ({"yes_bid_dollars": "-0.1"}, "yes_bid_dollars is no price of an outcome"),
        ({"yes_ask_dollars": "44"}, "yes_ask_dollars is no price of an outcome"),
        ({"yes_ask_dollars": "NaN"}, "yes_ask_dollars is not finite"),
        ({"market_type": "scalar"}, "only binary markets"),
        ({"status": None}, "status is missing"),
        ({"status": "x" * 41}, "status is missing"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(**changed)
