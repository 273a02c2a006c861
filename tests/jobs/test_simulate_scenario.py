"""``settlewatch simulate SCENARIO``: files in a folder, one clear line for what cannot be."""

import json
from pathlib import Path

import pytest

from jobs.cli import main
from service.simulation.scenario import SCENARIOS


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["settlewatch", "simulate", *words])
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_a_scenario_is_written_and_told_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "calm"
    words = ("calm", "--seed", "2", "--weeks", "1", "--markets", "20", "--out", str(out), "--json")
    assert run(monkeypatch, *words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["scenario"], told["markets"], told["attacked"]) == ("calm", 20, 0)
    assert "no evidence about the world" in told["notice"]
    assert len(list((out / "archive").iterdir())) == told["files"]
    assert json.loads((out / "truth.json").read_text())["attack"] is None
    # What is there already is not written over.
    assert run(monkeypatch, *words) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clam", "--out", "x"), ", ".join(SCENARIOS)),
        (("calm", "--out", "x", "--weeks", "0"), "--weeks 0: give a number in 1..52"),
        (("calm", "--out", "x", "--markets", "9999"), "--markets 9999"),
        (("calm", "--out", "x", "--seed", "-1"), "--seed -1"),
        (("calm",), "--out"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
