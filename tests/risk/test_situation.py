"""The short way for markets that nothing is known of leads where the long one does."""

from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from models.enums import MarketState
from service.risk.inputs import Freshness, MarketInputs
from service.risk.situation import CALM as NOTHING_KNOWN
from service.risk.situation import full_situation, to_situation
from tests.risk.scenes import CALM, PARAMETERS
from tests.risk.test_invariants import any_markets


def one_thing_known() -> Iterator[MarketInputs]:
    """A calm market with one field as it is of a market of whatever kind."""
    for market in any_markets(60):
        for field in fields(MarketInputs):
            value = getattr(market, field.name)
            if value != getattr(CALM, field.name):
                yield replace(CALM, **{field.name: value})
    yield replace(CALM, venue_price=0.4)
    yield replace(CALM, captured=0.2)


def test_one_thing_known_is_never_overlooked() -> None:
    found = list(one_thing_known())
    assert len({str(market.state) for market in found}) == len(MarketState)
    for market in found:
        assert to_situation(market, PARAMETERS) == full_situation(market, PARAMETERS)


def test_markets_of_every_kind_get_the_whole_situation() -> None:
    for market in any_markets(300):
        assert to_situation(market, PARAMETERS) == full_situation(market, PARAMETERS)


@pytest.mark.parametrize(("age", "is_shared"), [(30.0, True), (1e6, False)])
def test_calm_markets_share_one_situation_unless_their_book_is_old(
    age: float, *, is_shared: bool
) -> None:
    market = replace(CALM, freshness=Freshness(1, age, None, None, ()))
    assert (to_situation(market, PARAMETERS) is NOTHING_KNOWN) is is_shared
