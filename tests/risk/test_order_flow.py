"""Order flow before a proposal: drift, who bought, and what is missing."""

from datetime import UTC, datetime, timedelta

import pytest

from service.risk.signs.order_flow import (
    WinnerTrade,
    drift_reading,
    linked_purchases,
    off_hours,
    robust_z,
    signed_flow,
    young_share,
)
from service.risk.signs.ring_parameters import load_ring_parameters

PRIORS = load_ring_parameters().flow
# A Wednesday noon.
PROPOSED = datetime(2026, 7, 22, 12, tzinfo=UTC)
USUAL = [n / 100 for n in range(-15, 16)]


def trade(
    buyer: str, usd: float, hours_before: float = 1, seller: str = "s", *, took: bool = True
) -> WinnerTrade:
    at = PROPOSED - timedelta(hours=hours_before)
    return WinnerTrade(buyer, seller, usd, took, at, f"0x{buyer}")


def test_robust_z_ignores_outliers() -> None:
    # Median 0, median absolute deviation 0.08.
    assert robust_z(0.5, USUAL) == pytest.approx(0.5 / (1.4826 * 0.08))
    assert robust_z(0.5, [*USUAL, 90.0, -90.0]) == pytest.approx(0.5 / (1.4826 * 0.08))


def test_drift_is_held_against_the_finest_cell_large_enough() -> None:
    wide = [n / 10 for n in range(-15, 16)]

    assert drift_reading(0.5, [("cell", USUAL), ("all", wide)], PRIORS).likelihood_ratio == 1.5
    assert drift_reading(0.5, [("cell", USUAL[:9]), ("all", wide)], PRIORS).likelihood_ratio == 1.0


def test_missing_drift_says_why_and_counts_nothing() -> None:
    none = drift_reading(None, [("all", USUAL)], PRIORS)
    few = drift_reading(0.9, [("all", USUAL[:5])], PRIORS)

    assert (none.value, none.likelihood_ratio) == (None, 1.0)
    assert none.missing == "no price history before the proposal"
    assert few.missing == "5 proposals to compare with, 30 that differ needed"


def test_flow_is_takers_purchases_less_sales_in_the_six_hours_before() -> None:
    trades = [trade("a", 300), trade("b", 100, took=False), trade("c", 900, hours_before=7)]

    assert signed_flow(trades, PROPOSED, PRIORS, None).value == pytest.approx(0.5)
    assert signed_flow([], PROPOSED, PRIORS, "not read").missing == "not read"


def test_share_of_young_wallets_is_of_those_of_known_age() -> None:
    created = {"a": PROPOSED - timedelta(days=2), "b": PROPOSED - timedelta(days=90)}

    found = young_share(
        [trade("a", 100), trade("b", 300), trade("c", 999)], PROPOSED, created, PRIORS, None
    )

    assert found.value == pytest.approx(0.25)


def test_what_the_proposers_wallets_bought_counts_ten_as_surely_as_they_are_linked() -> None:
    trades = [trade("p", 500), trade("x", 900)]

    sure = linked_purchases(trades, {"p": 1.0}, PRIORS, None)
    weak = linked_purchases(trades, {"p": 0.5}, PRIORS, None)

    assert (sure.value, sure.likelihood_ratio, sure.transactions) == (500, 10.0, ("0xp",))
    assert weak.likelihood_ratio == pytest.approx(5.5)


def test_who_sold_it_again_or_moved_it_between_own_wallets_bought_nothing() -> None:
    sold = [trade("p", 500), trade("x", 495, seller="p")]
    moved = [trade("p", 500, seller="q")]

    assert linked_purchases(sold, {"p": 1.0}, PRIORS, None).likelihood_ratio == 1.0
    assert linked_purchases(moved, {"p": 1.0, "q": 1.0}, PRIORS, None).likelihood_ratio == 1.0


@pytest.mark.parametrize(
    ("at", "ratio"),
    [
        (PROPOSED, 1.0),
        (datetime(2026, 7, 25, 12, tzinfo=UTC), 1.3),
        (datetime(2026, 7, 22, 5, tzinfo=UTC), 1.3),
    ],
)
def test_weekends_and_nights_count_a_little(at: datetime, ratio: float) -> None:
    assert off_hours(at, PRIORS).likelihood_ratio == ratio
