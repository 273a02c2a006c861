"""Drift: quiet while the world holds, loud when it does not, silent where too little is known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from service.risk.explain.drift import (
    FALSE_ALARM,
    LEAST_MARKETS,
    ContractNews,
    DriftState,
    Forecast,
    calibration_finding,
    contracts_finding,
    e_process,
    psi_finding,
)
from service.risk.explain.drift_features import MarketFeatures, bins_of

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def forecasts(
    random: np.random.Generator, said: np.ndarray, rate: np.ndarray | None = None, days: int = 180
) -> list[Forecast]:
    came = random.random(len(said)) < (said if rate is None else rate)
    step = timedelta(days=days) / len(said)
    return [
        Forecast(DAY + step * number, str(number), float(p), bool(y))
        for number, (p, y) in enumerate(zip(said, came, strict=True))
    ]


def test_true_forecasts_are_called_drifted_no_more_often_than_is_stated() -> None:
    random, alarms, runs = np.random.default_rng(1), 0, 400
    # At 5 % and not the shipped 1 %, so that 400 runs can tell.
    for _ in range(runs):
        said = random.beta(1, 20, 400)
        alarms += e_process(forecasts(random, said)).max() >= 1 / 0.05
    assert alarms / runs <= 2 * 0.05
    assert FALSE_ALARM < 0.05


def test_the_evidence_is_expected_to_stay_at_one_while_forecasts_hold() -> None:
    random = np.random.default_rng(2)
    last = [e_process(forecasts(random, random.beta(1, 9, 30)))[-1] for _ in range(2000)]
    assert np.mean(last) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("times", "n"), [(3.0, 2000), (0.2, 2000)])
def test_more_or_fewer_disputes_than_said_are_found(times: float, n: int) -> None:
    random = np.random.default_rng(3)
    said = random.beta(2, 38, n)
    finding = calibration_finding(forecasts(random, said, said * times))
    assert finding.state is DriftState.DRIFTED
    assert finding.statistic is not None
    assert finding.statistic >= finding.threshold == 100
    assert "expected" in finding.detail


def test_a_change_after_a_long_calm_is_found() -> None:
    random = np.random.default_rng(4)
    said = np.full(6000, 0.05)
    rate = np.where(np.arange(6000) < 5000, 0.05, 0.15)
    assert calibration_finding(forecasts(random, said, rate)).state is DriftState.DRIFTED


def test_questions_of_one_event_disputed_together_are_one_piece_of_evidence() -> None:
    same = [Forecast(DAY, "event", 0.01, disputed=True) for _ in range(50)]
    apart = [Forecast(DAY, str(number), 0.01, disputed=True) for number in range(50)]
    assert calibration_finding(same).state is not DriftState.DRIFTED
    assert calibration_finding(apart).state is DriftState.DRIFTED


def test_without_expected_disputes_silence_is_not_called_fine() -> None:
    random = np.random.default_rng(5)
    finding = calibration_finding(forecasts(random, np.full(300, 1e-4)))
    assert finding.state is DriftState.TOO_FEW
    assert calibration_finding([]).state is DriftState.TOO_FEW


def test_psi_is_quiet_on_the_same_mix_and_loud_on_another() -> None:
    random = np.random.default_rng(6)
    mix = np.array([0.6, 0.2, 0.1, 0.1])

    def drawn(shares: np.ndarray) -> dict[str, int]:
        return dict(zip("abcd", map(int, random.multinomial(500, shares)), strict=True))

    states = [psi_finding("x", drawn(mix), drawn(mix)).state for _ in range(200)]
    assert set(states) == {DriftState.OK}
    moved = psi_finding("x", drawn(mix), drawn(np.array([0.2, 0.6, 0.1, 0.1])))
    assert moved.state is DriftState.DRIFTED
    assert moved.statistic == pytest.approx(2 * 0.4 * np.log(3), rel=0.3)
    assert "most by" in moved.detail


def test_psi_of_too_few_markets_or_too_many_bins_is_not_told() -> None:
    few = psi_finding("x", {"a": 1000}, {"a": LEAST_MARKETS - 1})
    assert (few.state, few.statistic) == (DriftState.TOO_FEW, None)
    many = {str(number): 10 for number in range(20)}
    assert psi_finding("x", many, many).state is DriftState.TOO_FEW


def test_a_contract_that_changed_after_the_priors_makes_the_model_stale() -> None:
    early = ContractNews(DAY - timedelta(days=1), "1", "spat 0.5")
    late = ContractNews(DAY + timedelta(days=3), "2", "VotingV2: spat is 0.65")
    assert contracts_finding([early], DAY).state is DriftState.OK
    found = contracts_finding([late, early], DAY)
    assert (found.state, found.n) == (DriftState.DRIFTED, 1)
    assert "VotingV2: spat is 0.65" in found.detail


def test_features_fall_into_their_bins_and_the_unknown_has_its_own() -> None:
    bins = bins_of(
        [
            MarketFeatures("sports", 5_000 * 10**6, 0.99, 7200),
            MarketFeatures("sports", None, None, None, {"unfamiliar_proposer": 0.6}),
            MarketFeatures("crypto", None, None, None, {"candle_open": 1, "before_its_time": 1}),
        ]
    )
    assert bins["category_mix"] == {"sports": 2, "crypto": 1}
    assert bins["volume_stratum"] == {"under_10k": 1, "unknown": 2}
    assert bins["price_before_proposal"] == {"from 0.95": 1, "unknown": 2}
    assert bins["liveness"] == {"31 to 121 min": 1, "unknown": 2}
    assert bins["unfamiliar_proposer"] == {"0.5 to 1": 1, "none": 2}
    assert bins["before_its_time"] == bins["candle_open"] == {"yes": 1, "none": 2}
