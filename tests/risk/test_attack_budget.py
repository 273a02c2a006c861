"""So much cash in a round: what it buys best, with and without bonds."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from service.risk.attack.attack_budget import Level, Option, options_of, spend
from service.risk.attack.attack_gain import prepare_docket
from service.risk.attack.attack_inputs import AskLevel
from tests.risk.round_scenes import PARAMETERS, market

CHEAP = Option("cheap", (Level(0.1, 10_000, 0.8), Level(0.5, 10_000, 0.4)))
DEAR = Option("dear", (Level(0.3, 10_000, 0.6),))


def test_cash_buys_what_earns_most_a_dollar_first_and_the_last_level_in_part() -> None:
    found = spend([CHEAP, DEAR], 2_500)
    told = {one.request_id: [one.shares, one.paid_usd] for one in found.purchases}
    # 1,000 for the first level of the one, then half of the other's: 2 to 1 beats 0.8 to 1.
    assert told["cheap"] == [10_000, 1_000]
    assert told["dear"] == pytest.approx([5_000, 1_500])
    assert found.earns_usd == pytest.approx(8_000 + 3_000)
    assert found.spent_usd == 2_500
    assert found.grid_usd is None


def test_more_cash_than_there_is_to_buy_is_not_spent() -> None:
    found = spend([CHEAP, DEAR], 1e6)
    assert found.spent_usd == pytest.approx(1_000 + 5_000 + 3_000)


def test_no_division_over_a_fine_grid_does_better() -> None:
    rng = np.random.default_rng(11)
    for _ in range(30):
        options = [
            Option(
                str(place),
                tuple(
                    Level(float(price), float(rng.uniform(1e3, 2e4)), 0.95 - float(price))
                    for price in np.sort(rng.uniform(0.05, 0.9, 3))
                ),
            )
            for place in range(2)
        ]
        cash = float(rng.uniform(1e3, 2e4))
        plain = max(
            spend(options[:1], cash * part).earns_usd
            + spend(options[1:], cash * (1 - part)).earns_usd
            for part in np.linspace(0, 1, 51)
        )
        assert spend(options, cash).earns_usd >= plain - 1e-6


def test_bonds_bind_cash_and_the_best_subset_is_found() -> None:
    """Against every choice of which markets to dispute, each with what cash is left for it."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        options = [
            Option(
                str(place), (Level(0.02, float(rng.uniform(2e5, 4e5)), 0.9),), 1_500.0,
                float(rng.uniform(-1_500, 700)),
            )
            for place in range(4)
        ]  # fmt: skip
        cash = 20_000.0
        best = 0.0
        for flags in product((False, True), repeat=4):
            taken = [option for option, flag in zip(options, flags, strict=True) if flag]
            left = cash - 1_500 * len(taken)
            levels = [replace(option, bond_usd=0.0) for option in taken]
            if left > 0 and taken:
                total = spend(levels, left).earns_usd + sum(o.bond_earns for o in taken)
                best = max(best, total)
        found = spend(options, cash)
        assert found.spent_usd <= cash
        assert found.grid_usd == 1_000
        # Exact to the grid: a step of cash each.
        assert best - 4 * 1_000 / 0.02 * 0.9 <= found.earns_usd <= best + 1e-6


def test_a_market_not_worth_its_bond_is_left() -> None:
    poor = Option("poor", (Level(0.5, 100, 0.1),), 1_500.0, -700.0)
    assert spend([poor, CHEAP], 10_000).purchases[0].request_id == "cheap"
    assert len(spend([poor, CHEAP], 10_000).purchases) == 1
    assert spend([], 10_000).purchases == ()


def test_levels_that_do_not_earn_are_no_options_and_open_markets_bind_two_bonds() -> None:
    requests = [
        replace(market("in", 1e5), asks=(AskLevel(0.6, 100), AskLevel(0.2, 100))),
        replace(market("next", 1e5, in_round=False), asks=None),
        replace(market("lost", 1e5), asks=(AskLevel(0.2, 100),)),
    ]
    docket = prepare_docket(requests, PARAMETERS)
    chance = np.array([0.5, 0.9, 0.1])
    found = options_of(requests, docket, chance, np.ones(3, dtype=bool), PARAMETERS)
    assert [option.request_id for option in found] == ["in", "next"]
    assert [level.price for level in found[0].levels] == [0.2]
    assert (found[0].bond_usd, found[1].bond_usd) == (0, 1_500)
    assert found[1].levels[0].price == pytest.approx(0.14)
    assert found[1].bond_earns == pytest.approx(0.9 * 750 - 0.1 * 1_500)
