"""``settlewatch fit``: the same rows give the same bytes, and the card says what is weak."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.fit_cli import fit
from jobs.fit_command import fit_command, parse_day
from jobs.fit_rows import Rows, read_rows
from service.calibration.dispute_model import load
from service.calibration.model_file import SourceFile
from service.calibration.rows import Target
from service.errors import UsageError
from tests.calibration.study_rows import START, row
from tests.calibration.test_fitting import newcomers

FILES = (SourceFile("made.csv", "0" * 64, 400),)


def fitted(folder: Path, name: str, **options: object) -> tuple[str, str]:
    rows = Rows(tuple(newcomers(400, days=80)), FILES, ())
    out = folder / name
    fit_command(rows, Target.DISPUTED, out, **options)  # type: ignore[arg-type]
    return out.read_text("utf-8"), out.with_suffix(".md").read_text("utf-8")


def test_a_fit_is_the_same_to_the_byte_and_a_backtest_can_load_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, card = fitted(tmp_path, "one.json", source="made rows")
    again, _ = fitted(tmp_path, "two.json", source="made rows")
    assert text == again
    document = json.loads(text)
    assert document["data"]["files"] == [{"name": "made.csv", "sha256": "0" * 64, "rows": 400}]
    assert document["counts"]["at_proposal"]["rows"] == 400
    assert document["held_out"]["available"]
    assert {row["verdict"] for row in document["ablation"]} <= {"on", "off", "not in the model"}
    # Aggregates only: no proposer, no title, no key of a row.
    assert not any(word in text for word in ("known1", "new1", "Will it?", "0000018f"))
    model = load(str(tmp_path / "one.json"))
    assert model.trained_to == newcomers(400, days=80)[-1].score_time
    assert float(model.predict(newcomers(50)).max()) < 1
    assert card.index("## Weaknesses first") < card.index("## Coefficients")
    assert "Source: made rows." in card
    assert "Too few held-out positives" in capsys.readouterr().out


def test_rows_after_until_are_left_to_test_the_model(tmp_path: Path) -> None:
    cut = datetime(2025, 2, 15, tzinfo=UTC)
    text, card = fitted(tmp_path, "early.json", until=cut)
    document = json.loads(text)
    assert document["trained"]["to"] < cut.isoformat()
    assert document["data"]["rows_left_out_later"] > 0
    assert "later rows left out" in card
    with pytest.raises(UsageError, match="--until"):
        parse_day("--until", "soon")
    assert parse_day("--until", "2025-02-15") == cut


def test_too_few_positives_are_said_and_nothing_is_claimed(tmp_path: Path) -> None:
    rows = Rows(tuple(row(i, score_time=START) for i in range(20)), FILES, ())
    fit_command(rows, Target.DISPUTED, tmp_path / "few.json")
    document = json.loads((tmp_path / "few.json").read_text("utf-8"))
    assert not document["held_out"]["available"]
    assert "uncalibrated" in (tmp_path / "few.md").read_text("utf-8")
    with pytest.raises(UsageError, match="misresolved"):
        fit_command(rows, Target.MISRESOLVED, tmp_path / "none.json")


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no question"):
        read_rows([path])


def test_rows_come_from_recordings_or_the_store(tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    with pytest.raises(UsageError, match="--from-store"):
        fit(out)
    with pytest.raises(UsageError, match="--as-of"):
        fit(out, [tmp_path], as_of="2025-01-01")
    with pytest.raises(UsageError, match="--target"):
        fit(out, [tmp_path], target="anything")
