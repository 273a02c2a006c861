"""``settlewatch backtest`` as a user meets it, on recordings made here."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from jobs.cli import main
from tests.calibration.recorded import SECONDS, proposal, write_csv

DAY = 86_400
# (exit code, standard output, standard error)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SETTLEWATCH_DATABASE_URL", "sqlite:////nowhere/at/all.db")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["settlewatch", "backtest", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return command


@pytest.fixture
def later(tmp_path: Path) -> str:
    """Proposals of 40 days in 2030, later than any model's training, one in eight disputed."""
    rng = Random(3)  # noqa: S311  # a made world
    rows = []
    for number in range(400):
        disputed = rng.random() < 0.125
        rows.append(
            proposal(
                number,
                proposal_ts=1_900_000_000 + number * DAY // 10,
                price_of_proposed=0.6 if disputed and number % 2 else 0.98,
                disputed=disputed,
                disputed_any=disputed,
                flipped=disputed and number % 3 == 0,
                oracle="managed_oov2",
                liveness_s=900,
            )
        )
    return str(write_csv(tmp_path / "later.csv", rows))


def test_the_shipped_model_meets_every_baseline_on_later_rows_in_both_reports(
    run: Run, later: str, tmp_path: Path
) -> None:
    code, out, err = run(later, "--json", "--out", str(tmp_path / "made" / "here"))

    document = json.loads(out)
    assert code == 0
    assert "later.csv: proposals, 400 questions" in err
    assert (document["target"], document["rows"]) == ("disputed", 400)
    assert 30 < document["positives"] < 70
    assert document["split"]["mode"] == "frozen"
    assert document["split"]["baselines_from"] == "model file"
    assert document["split"]["in_sample_rows"] == 0
    assert document["paired"].keys() == {"B0", "B1", "B3", "B5"}
    assert document["verdict"] in {"better", "worse", "inconclusive"}
    report = tmp_path / "made" / "here" / "report"
    assert json.loads(report.with_suffix(".json").read_text()) == document
    page = report.with_suffix(".html").read_text()
    assert page.index(document["verdict"]) < page.index("<table>")


def test_the_first_line_on_a_terminal_is_the_verdict(run: Run, later: str) -> None:
    code, out, _ = run(later, "--target", "flipped")

    assert code == 0
    assert out.startswith("Verdict, P(flipped) at proposal time: inconclusive")
    assert "uncalibrated" in out
    assert "B2 (the oracle's notifier) is not compared" in out


def test_rows_of_the_model_s_own_time_are_called_in_sample(run: Run, tmp_path: Path) -> None:
    rows = [
        proposal(n, proposal_ts=SECONDS + n * DAY // 9, disputed_any=n % 9 == 0) for n in range(90)
    ]
    code, out, _ = run(str(write_csv(tmp_path / "seen.csv", rows)))

    assert code == 0
    assert out.startswith("IN-SAMPLE, no forecast. Verdict, P(disputed)")


def test_misresolution_is_answered_with_a_bound(run: Run, later: str) -> None:
    code, out, _ = run(later, "--target", "misresolved", "--json", "--html", "bound.html")

    document = json.loads(out)
    assert code == 0
    assert document["calibration_status"] == "uncalibrated"
    assert (document["positives"], document["bound"]["p95"]) == (0, None)
    assert document["verdict"] == "inconclusive"
    assert "uncalibrated" in Path("bound.html").read_text()


def test_a_broken_file_of_a_folder_is_named_last_and_ends_with_2(
    run: Run, later: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")

    code, out, err = run(str(tmp_path), "--json")

    assert code == 2
    assert json.loads(out)["verdict_rows"] == "at proposal time"
    assert err.count("broken.parquet") == 1
    assert "SELECT" not in err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nowhere"], "nowhere: no such file"),
        (["later.csv", "--target", "wrong"], "--target: 'wrong'"),
        (["later.csv", "--refit"], "--refit: the labelled rows span 39 days"),
        (["later.csv", "--model", "later.csv"], "--model later.csv"),
        (["later.csv", "--html", "/proc/no/report.html"], "cannot be written"),
    ],
)
def test_bad_input_ends_with_one_line(
    run: Run, later: str, arguments: list[str], line: str
) -> None:
    code, _, err = run(*arguments)

    assert code == 2
    assert err.count("\n") == 1
    assert line in err


def test_the_commands_start_without_a_learner() -> None:
    heavy = {"sklearn", "scipy", "service.calibration.backtest"}

    assert not heavy & _modules_of_cli()


def _modules_of_cli() -> set[str]:
    told = subprocess.run(
        [sys.executable, "-c", "import jobs.cli, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())
