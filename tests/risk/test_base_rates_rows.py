"""All rates of a sample: strata, money beside counts, trends, bounds of what has no label."""

from dataclasses import replace

import numpy as np
import pytest

from models.enums import Support
from models.rate_enums import RateMeasure, RateStatus, RateStratum, RateTarget, RateWeight
from service.risk.rates.rate_parameters import load_rate_parameters
from service.risk.rates.rate_rows import RateRow, make_rows
from service.risk.rates.rate_sample import RateSample, Strata, month_name

PARAMETERS = replace(load_rate_parameters(), bootstrap=100)
N = 4_000
Key = tuple[RateTarget, RateWeight, RateStratum, str, RateMeasure]


def made_of(seed: int = 1, n: int = N, odds: float = 1.35) -> RateSample:
    """Questions disputed the more the more is traded; ten times less after a change of rules."""
    rng = np.random.default_rng(seed)
    deciles = np.arange(n) % 10
    months = 24_300 + np.arange(n) * 20 // n
    eras = (months >= 24_310).astype(np.int8)
    shares = 0.02 * odds ** (deciles - 4.5) * np.where(eras, 0.1, 1)
    disputed = (rng.random(n) < shares).astype(np.float32)
    flipped = np.where(rng.random(n) < 0.2, disputed, 0).astype(np.float32)
    flipped[::100] = np.nan
    weights = np.exp(deciles.astype(np.float64))
    weights[::3] = np.nan
    return RateSample(
        groups=np.arange(n) // 2,
        rounds=np.where(disputed > 0, np.arange(n) // 50, -1),
        months=months.astype(np.int32),
        eras=eras,
        breaks=("whitelist",),
        strata={
            RateStratum.VOLUME_DECILE: Strata(
                deciles.astype(np.int16), tuple(str(d + 1) for d in range(10))
            ),
            RateStratum.CATEGORY: Strata((np.arange(n) % 2).astype(np.int16), ("a", "b", "none")),
        },
        labels={RateTarget.DISPUTED: disputed, RateTarget.FLIPPED_OUTCOME: flipped},
        weights={RateWeight.OPEN_INTEREST: weights, RateWeight.VOLUME: np.exp(deciles / 2.0)},
    )


@pytest.fixture(scope="module")
def made() -> dict[Key, RateRow]:
    rows = list(make_rows(made_of(), PARAMETERS))
    found = {(r.target, r.weight, r.stratum, r.name, r.measure): r for r in rows}
    assert len(found) == len(rows)
    return found


DISPUTED, COUNT = RateTarget.DISPUTED, RateWeight.COUNT


def test_money_always_stands_beside_the_count_with_all_its_weights(
    made: dict[Key, RateRow],
) -> None:
    sets = {(k[0], k[2], k[3]) for k in made if k[4] is RateMeasure.RATE}
    for target, stratum, name in sets:
        weights = {
            k[1]
            for k in made
            if (k[0], k[2], k[3]) == (target, stratum, name) and k[4] is RateMeasure.RATE
        }
        assert weights >= {COUNT, RateWeight.OPEN_INTEREST, RateWeight.VOLUME}, (target, name)
    basis = made[
        DISPUTED, RateWeight.LOSS_COST_BASIS, RateStratum.ALL, "all", RateMeasure.RATE
    ].estimate
    assert (basis.status, basis.value, basis.missing) == (RateStatus.MISSING, None, N)


def test_strata_add_up_to_all(made: dict[Key, RateRow]) -> None:
    everything = made[DISPUTED, COUNT, RateStratum.ALL, "all", RateMeasure.RATE].estimate
    for stratum in (RateStratum.CATEGORY, RateStratum.VOLUME_DECILE):
        parts = [
            row.estimate
            for key, row in made.items()
            if key[:3] == (DISPUTED, COUNT, stratum) and key[4] is RateMeasure.RATE
        ]
        assert sum(p.n for p in parts) == everything.n == N
        assert sum(p.positives for p in parts) == everything.positives
    # A name without questions has no row.
    assert not any(key[3] == "none" for key in made)


def test_only_labelled_questions_count(made: dict[Key, RateRow]) -> None:
    key = (RateTarget.FLIPPED_OUTCOME, COUNT, RateStratum.ALL, "all", RateMeasure.RATE)
    assert made[key].estimate.n == N - N // 100


def test_money_known_of_the_smaller_part_only_is_no_plain_measurement() -> None:
    sample = made_of()
    few = sample.weights[RateWeight.OPEN_INTEREST].copy()
    few[: N // 2 + 1] = np.nan
    rows = make_rows(replace(sample, weights={RateWeight.OPEN_INTEREST: few}), PARAMETERS)
    supports = {
        r.estimate.support
        for r in rows
        if r.stratum is RateStratum.ALL
        and r.weight is RateWeight.OPEN_INTEREST
        and r.target is DISPUTED
    }
    assert supports == {Support.MIXED}


def test_where_the_money_is_shows_as_an_odds_ratio_a_decile(made: dict[Key, RateRow]) -> None:
    key = (DISPUTED, COUNT, RateStratum.TREND, "per_volume_decile", RateMeasure.ODDS_RATIO)
    found = made[key].estimate
    assert found.low is not None
    assert found.high is not None
    assert 1.1 < found.low < 1.36 < found.high


def test_a_break_is_told_as_before_and_after_and_not_causal(made: dict[Key, RateRow]) -> None:
    key = (DISPUTED, COUNT, RateStratum.BREAK, "whitelist", RateMeasure.ODDS_RATIO)
    found = made[key].estimate
    assert found.reason is not None
    assert "not causal" in found.reason
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.1 < found.high < 0.6
    months = [k[3] for k in made if k[0] is DISPUTED and k[4] is RateMeasure.SMOOTHED_RATE]
    assert months == [month_name(m) for m in range(24_300, 24_320)]
    assert month_name(24_300) == "2025-01"


def test_what_only_adjudication_tells_is_bounded_and_uncalibrated(
    made: dict[Key, RateRow],
) -> None:
    wrong = {k: r for k, r in made.items() if k[0] is RateTarget.MISRESOLVED}
    assert {k[1] for k in wrong} == {COUNT, RateWeight.OPEN_INTEREST, RateWeight.VOLUME}
    for row in wrong.values():
        assert row.estimate.status is RateStatus.UNCALIBRATED
        assert row.estimate.value is None
        assert row.estimate.support is Support.ASSUMED
    bound = wrong[RateTarget.MISRESOLVED, COUNT, RateStratum.ALL, "all", RateMeasure.RATE]
    disputed = made[DISPUTED, COUNT, RateStratum.ALL, "all", RateMeasure.RATE].estimate
    assert bound.estimate.high is not None
    assert disputed.high is not None
    assert disputed.high < bound.estimate.high < 2 * disputed.high


def test_few_questions_make_bounds_and_no_trend() -> None:
    rows = list(make_rows(made_of(n=60, odds=1.0), PARAMETERS))
    assert all(r.estimate.value is None for r in rows if r.measure is not RateMeasure.SMOOTHED_RATE)
    # So few may have been chosen one by one, whatever they say.
    assert all(r.estimate.reason and "perhaps chosen cases" in r.estimate.reason for r in rows)
    assert {r.estimate.support for r in rows} == {Support.ASSUMED}


def test_the_same_sample_gives_the_same_rows() -> None:
    again = made_of()
    assert list(make_rows(again, PARAMETERS)) == list(make_rows(made_of(), PARAMETERS))
