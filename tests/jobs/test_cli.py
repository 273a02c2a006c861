"""The commands as a user meets them: one line for bad input, exit codes, the schema."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.cli import main
from tests.replays import CONTRACTS, path_of

# Legal where it stands, and before the first day of the calendar in UTC.
FIRST_DAY = "0001-01-01T00:00+14:00"
# (arguments, extra environment) -> (exit code, standard error)
Run = Callable[[list[str], dict[str, str]], tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(arguments: list[str], extra: dict[str, str]) -> tuple[int, str]:
        monkeypatch.setenv("SETTLEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'x.db'}")
        for name, value in extra.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["settlewatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return command


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["import-logs", "nowhere.json"], "nowhere.json: cannot be read"),
        (["import-logs", "x.json", "--contracts", "nowhere.json"], "cannot be read as a contract"),
        (["export", "blocs"], "cannot be exported"),
        (["export", "questions", "--format", "xml"], "--format"),
        (["export", "questions", "--out", "/nowhere/x"], "cannot be written"),
        (["job", "sync_everything"], "unknown job"),
        (["explain", "nothing"], "no market is known"),
        (["adjudicate", "export"], "give one plan, or the markets"),
        (["adjudicate", "import", "nowhere.csv"], "nowhere.csv: it cannot be read"),
        (["adjudicate", "plan", "--budget", "5", "--seed", "1"], "no undisputed market"),
        (["adjudicate", "review", "3", "--status", "accepted", "--by", "ops"], "no correction 3"),
        # What no database, no calendar and no text can hold.
        (["adjudicate", "review", "9" * 30, "--status", "accepted", "--by", "ops"], "number"),
        (["adjudicate", "export", "--plan", "9" * 30], "--plan"),
        (["adjudicate", "plan", "--budget", "9" * 30, "--seed", "1"], "--budget"),
        (["adjudicate", "plan", "--budget", "5", "--seed", "1", "--to", "0001-01-01"], "--to"),
        (["adjudicate", "plan", "--budget", "5", "--seed", "1", "--from", FIRST_DAY], "--from"),
        (["explain", "\udcff"], "no market is known"),
        (["explain", "x", "--since", "0001-01-01"], "--since: 0001-01-01 lies before 1970"),
        (["adjudicate", "export", "--case", "\udcff"], "names no stored market"),
        (["fit", "--from-store", "--as-of", FIRST_DAY, "--out", "m.json"], "--as-of"),
        (["fit", "--from-store", "--as-of", "0001-01-01", "--out", "m.json"], "lies before 1970"),
        (["backtest", "--from-store", "--as-of", "9999-12-31T23:59:59-12:00"], "is no time"),
        (["replay", "ukraine-mineral-deal-2025", "--until", FIRST_DAY], "--until"),
        (["replay", "ukraine-mineral-deal-2025", "--markdown"], "--markdown"),
        (["replay", "--list", "--until", "2025-01-01"], "--until"),
        (["demo", "--port", "99999"], "99999 is no port"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: list[str], line: str, run: Run) -> None:
    code, errors = run(arguments, {})
    assert code == 2
    assert line in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_adjudication_nobody_began_has_a_status(form: list[str], run: Run) -> None:
    assert run(["adjudicate", "status", *form], {}) == (0, "")


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("SETTLEWATCH_PORT", "many", "SETTLEWATCH_PORT"),
        ("SETTLEWATCH_DATABASE_URL", "nonsense", "SETTLEWATCH_DATABASE_URL"),
        ("SETTLEWATCH_DATABASE_URL", "mysql://x/y", "not supported"),
        ("SETTLEWATCH_DATABASE_URL", "sqlite:////nowhere/at/all.db", "cannot be opened"),
        ("SETTLEWATCH_GAMMA_URL", "ftp://x", "SETTLEWATCH_GAMMA_URL"),
        ("SETTLEWATCH_LOG_LEVEL", "loud", "SETTLEWATCH_LOG_LEVEL"),
        ("SETTLEWATCH_CONTRACTS", "/nowhere.json", "cannot be read as a contract book"),
    ],
)
def test_a_bad_setting_is_one_line_naming_it(
    variable: str, value: str, line: str, run: Run
) -> None:
    code, errors = run(["job", "index_oracle"], {variable: value})
    assert code == 2
    assert line in errors
    assert errors.count("\n") == 1


def test_an_empty_database_gets_its_schema_whatever_the_command(run: Run) -> None:
    assert run(["export", "questions"], {})[0] == 0
    assert run(["db", "check"], {})[0] == 0


def test_an_older_schema_is_refused_naming_the_command_that_mends_it(run: Run) -> None:
    assert run(["db", "check"], {})[0] == 0
    set_revision("0000")
    code, errors = run(["export", "questions"], {})
    assert code == 2
    assert errors.count("\n") == 1
    assert "newer than this version knows" in errors


def test_every_command_has_help_with_an_example(run: Run) -> None:
    for command in (
        ["run"],
        ["api"],
        ["worker"],
        ["job"],
        ["import-logs"],
        ["export"],
        ["explain"],
        ["simulate", "what-if"],
        ["demo"],
        ["db", "upgrade"],
        ["db", "check"],
    ):
        assert run([*command, "--help"], {})[0] == 0


def test_import_and_export_of_a_capture(run: Run, tmp_path: Path) -> None:
    files = [str(path_of("a-clean")), "--contracts", str(CONTRACTS), "--json"]
    assert run(["import-logs", *files], {})[0] == 0
    assert run(["export", "questions", "--out", "q.ndjson"], {})[0] == 0
    assert run(["export", "questions", "--format", "csv", "--out", "q.csv"], {})[0] == 0
    assert len((tmp_path / "q.ndjson").read_text().splitlines()) == 4
    assert len((tmp_path / "q.csv").read_text().splitlines()) == 5


def set_revision(revision: str) -> None:
    from sqlalchemy import text  # noqa: PLC0415  # only here

    from service.database import open_engine  # noqa: PLC0415  # only here

    engine = open_engine("sqlite:///x.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    engine.dispose()
