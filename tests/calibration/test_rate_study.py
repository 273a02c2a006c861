"""Base rates of recordings: which rows count, by what money, and how it is told."""

from pathlib import Path

import pytest

from jobs.base_rates_command import base_rates_command
from models.rate_enums import RateStratum, RateTarget, RateWeight
from service.calibration.rate_study import is_disputed, to_samples
from service.calibration.study import Study, read_study
from service.errors import UsageError
from service.risk.rates.rate_mass import list_masses
from service.risk.rates.rate_parameters import load_rate_parameters
from tests.calibration.recorded import SECONDS, market, proposal, write_csv
from tests.conftest import SHARED

PARAMETERS = load_rate_parameters()


def study(folder: Path, **files: list[dict[str, object]]) -> Study:
    paths = [write_csv(folder / f"{name}.csv", rows) for name, rows in files.items()]
    return read_study(paths)


def test_each_recording_is_a_sample_of_its_own_and_unlabelled_rows_are_in_none(
    tmp_path: Path,
) -> None:
    read = study(
        tmp_path,
        proposals=[proposal(n, disputed=n < 2, disputed_any=n < 2) for n in range(5)],
        markets=[market(10 + n, disputed=None if n == 3 else n == 0) for n in range(4)],
    )
    markets, proposals = to_samples(read, PARAMETERS)
    assert (markets.recorded_as, proposals.recorded_as) == ("markets", "proposals")
    assert (markets.sample.size, markets.unlabelled) == (3, 1)
    assert proposals.sample.labels[RateTarget.DISPUTED].sum() == 2
    assert markets.sample.labels[RateTarget.DISPUTED].sum() == 1


def test_final_volume_weighs_markets_and_is_never_borrowed_from_disputed_ones(
    tmp_path: Path,
) -> None:
    disputed = {
        "market_key": f"{1:08x}",
        "disputed": True,
        "flipped": False,
        "first_proposal_ts": SECONDS + 3600,
        "final_payoff": 1,
        "volume": 9_000_000,
    }
    read = study(
        tmp_path,
        proposals=[proposal(n, disputed=n == 1, disputed_any=n == 1) for n in range(3)],
        contracts=[disputed],
        markets=[market(10 + n, volume=10.0 ** (n + 2), disputed=n == 2) for n in range(6)],
    )
    markets, proposals = to_samples(read, PARAMETERS)
    assert any(row.labels.weight_usd == 9_000_000 for row in read.rows)
    assert proposals.sample.weights == {}
    assert RateStratum.VOLUME not in proposals.sample.strata
    weights = markets.sample.weights[RateWeight.VOLUME]
    assert sorted(weights.tolist()) == [10.0 ** (n + 2) for n in range(6)]
    lines = list_masses(markets.sample, RateTarget.DISPUTED, RateWeight.VOLUME, RateStratum.VOLUME)
    assert sum(line.of_questions for line in lines) == pytest.approx(1)
    assert [line.of_positives for line in lines] == [0, 1, 0, 0, 0]
    assert lines[-1].of_weight == pytest.approx(10_000_000 / 11_111_100)


def test_a_question_disputed_in_an_earlier_round_was_disputed(tmp_path: Path) -> None:
    earlier = {
        "market_key": f"{1:08x}",
        "disputed": True,
        "flipped": True,
        "first_proposal_ts": SECONDS,
        "final_payoff": 1,
    }
    read = study(tmp_path, proposals=[proposal(n) for n in range(1, 3)], contracts=[earlier])
    by_key = {row.market_key: is_disputed(row) for row in read.rows}
    assert by_key == {f"{1:08x}": True, f"{2:08x}": False}


def test_the_command_says_first_what_its_numbers_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_csv(
        tmp_path / "markets.csv", [market(n, disputed=n < 6, volume=50_000.0) for n in range(300)]
    )
    base_rates_command([path], "disputed", as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert "none of these is today's rate" in lines[0]
    assert "final volume, after any dispute" in lines[2]
    assert any(line.startswith("  disputed by count, all all: 2 % (") for line in lines)
    assert any(line.startswith("  disputed by volume, all all: 2 % (") for line in lines)
    assert not any("flipped by" in line for line in lines)
    assert lines[3].startswith("Counted by rates-")
    # Three hundred questions may be hand-picked, and each rate of them says so.
    rates = [line for line in lines if line.startswith("  disputed by ")]
    assert rates
    assert all("perhaps chosen cases" in line for line in rates)
    with pytest.raises(UsageError, match="--target"):
        base_rates_command([path], "wrong", as_json=False)


def test_the_recorded_development_data_give_the_figures_of_the_methodology() -> None:
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the recorded development data are not at hand")
    markets, proposals = to_samples(
        read_study([folder / "markets.parquet", folder / "proposals.parquet"]), PARAMETERS
    )
    disputed = markets.sample.labels[RateTarget.DISPUTED]
    assert (disputed.sum(), markets.sample.size) == (213, 8_765)
    assert proposals.sample.size == 3_240
    lines = list_masses(markets.sample, RateTarget.DISPUTED, RateWeight.VOLUME, RateStratum.VOLUME)
    assert [line.positives for line in lines] == [16, 49, 97, 38, 13]
    assert lines[0].of_questions == pytest.approx(0.269, abs=1e-3)
