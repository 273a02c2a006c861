"""The demo end to end: the real jobs over a loopback reconstruction, nothing canned."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import func, select

from jobs.demo import JOB_ORDER, Reconstruction, run_demo
from jobs.demo_table import dollars, percent, print_table
from models.alert import Alert, Notification
from models.operation import JobRun
from models.oracle import Dispute, Override, Payout, Proposal
from service.demo.case_files import bundled_cases
from service.errors import UsageError
from service.risk.parameters import MODEL_VERSION

CALM = "jesus-return-2025"
RESET = "ufo-files-2025"
OVERRIDDEN = "harbour-bridge-2025"


@pytest.fixture(scope="module")
def whole() -> Iterator[Reconstruction]:
    """The bundled demo, replayed once."""
    with run_demo() as result:
        yield result


def _folder(tmp_path: Path, names: Sequence[str]) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    for name in names:
        shutil.copy(bundled_cases() / f"{name}.toml", folder)
    return folder


def _rows(folder: Path) -> dict[str, dict[str, Any]]:
    with run_demo(folder) as result:
        return {row["slug"]: row for row in result.markets}


def _row(result: Reconstruction, slug: str) -> dict[str, Any]:
    return next(row for row in result.markets if row["slug"].startswith(slug))


def test_every_case_has_its_row_in_the_state_its_story_ends_in(whole: Reconstruction) -> None:
    states = {row["slug"]: row["state"] for row in whole.markets}

    assert set(states) == {case.market.slug for case in whole.cases}
    assert states.pop("will-jesus-christ-return-in-2025") == "pre_proposal"
    assert states.pop("trump-declassifies-ufo-files-in-2025") == "reproposed"
    assert set(states.values()) == {"resolved"}


def test_a_row_has_the_contracts_keys_and_an_interval_around_its_mean(
    whole: Reconstruction,
) -> None:
    for row in whole.markets:
        assert {"ref", "title", "state", "p", "money_at_risk_usdc", "support", "remedy"} <= set(row)
        assert row["model_version"] == MODEL_VERSION
        p = row["p"]
        assert 0 < p["p05"] <= p["mean"] <= 1
        assert p["mean"] <= p["p95"] <= 1 or p["p05"] <= p["p95"]


def test_rows_come_by_money_at_risk_and_unknown_money_last(whole: Reconstruction) -> None:
    sums = [row["money_at_risk_usdc"] for row in whole.markets]
    known = [amount for amount in sums if amount is not None]

    assert known == sorted(known, reverse=True)
    assert sums[: len(known)] == known
    assert sums[-1] is None


def test_a_refund_is_a_remedy_and_not_an_override(whole: Reconstruction) -> None:
    remedies = {row["slug"]: row["remedy"] for row in whole.markets}

    assert remedies.pop("was-barron-involved-in-djt") == "refund"
    assert remedies.pop("astros-vs-dodgers-2025-07-05") == "refund"
    assert remedies.pop("invented-harbour-bridge-open-by-august-31") == "override"
    assert set(remedies.values()) == {"none"}


def test_the_facts_in_the_database_are_the_cases_steps(whole: Reconstruction) -> None:
    steps = [step.kind for case in whole.cases for step in case.steps]
    with whole.house.read_sessions() as session:
        counted = {
            model.__tablename__: session.scalar(select(func.count()).select_from(model))
            for model in (Proposal, Dispute, Override, Payout)
        }

    assert counted == {
        "proposals": steps.count("propose"),
        "disputes": steps.count("dispute"),
        "overrides": steps.count("override"),
        "payouts": steps.count("resolve") + steps.count("override"),
    }


def test_a_calm_market_is_far_safer_than_a_contested_one(whole: Reconstruction) -> None:
    calm = _row(whole, "will-jesus")["p"]
    contested = _row(whole, "ukraine-agrees")["p"]

    assert calm["p95"] < 0.01 < contested["p05"]


def test_every_job_ran_and_none_failed(whole: Reconstruction) -> None:
    with whole.house.read_sessions() as session:
        outcomes = dict(session.execute(select(JobRun.job, JobRun.outcome).distinct()).all())

    assert outcomes == dict.fromkeys(JOB_ORDER, "ok")


def test_the_demo_raises_alerts_and_sends_none(whole: Reconstruction) -> None:
    with whole.house.read_sessions() as session:
        assert session.scalar(select(func.count()).select_from(Alert))
        assert not session.scalar(select(func.count()).select_from(Notification))


def test_the_environments_alert_targets_and_sources_are_never_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETTLEWATCH_ALERT_URLS", "json://alerts.invalid/hook")
    monkeypatch.setenv("SETTLEWATCH_GAMMA_URL", "https://gamma.invalid")
    monkeypatch.setenv("SETTLEWATCH_POLYGON_RPC_URLS", "https://rpc.invalid")
    monkeypatch.setenv("SETTLEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'mine.db'}")

    with run_demo(_folder(tmp_path, [OVERRIDDEN])) as result:
        assert len(result.markets) == 1
        assert result.house.settings.alert_urls == ()
    assert not (tmp_path / "mine.db").exists()


def test_a_case_taken_away_takes_its_row_away(tmp_path: Path) -> None:
    folder = _folder(tmp_path, [CALM, OVERRIDDEN])
    both = _rows(folder)
    (folder / f"{OVERRIDDEN}.toml").unlink()
    one = _rows(folder)

    assert set(both) - set(one) == {"invented-harbour-bridge-open-by-august-31"}
    calm = "will-jesus-christ-return-in-2025"
    # Base rates learn from every market, so its probability may move; its own facts may not.
    for key in ("ref", "title", "state", "money_at_risk_usdc", "remedy"):
        assert one[calm][key] == both[calm][key]


def test_another_open_interest_is_other_money_and_the_same_probability(tmp_path: Path) -> None:
    folder = _folder(tmp_path, [OVERRIDDEN])
    [before] = _rows(folder).values()
    path = folder / f"{OVERRIDDEN}.toml"
    path.write_text(path.read_text("utf-8").replace("usdc = 40000", "usdc = 120000"), "utf-8")
    [after] = _rows(folder).values()

    assert (before["money_at_risk_usdc"], after["money_at_risk_usdc"]) == (40_000, 120_000)
    assert after["expected_loss_usdc"] == pytest.approx(3 * before["expected_loss_usdc"], rel=1e-3)
    assert after["p"] == before["p"]


def test_a_faulty_case_stops_the_demo_before_it_begins(tmp_path: Path) -> None:
    folder = _folder(tmp_path, [OVERRIDDEN])
    (folder / f"{OVERRIDDEN}.toml").write_text("id = 'no'", "utf-8")

    with pytest.raises(UsageError, match=rf"{OVERRIDDEN}\.toml"), run_demo(folder):
        pass


def test_progress_is_told_after_every_instant(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def note(done: int, total: int, _at: datetime) -> None:
        told.append((done, total))

    with run_demo(_folder(tmp_path, [CALM]), on_progress=note):
        pass

    assert told == [(done, len(told)) for done in range(1, len(told) + 1)]


def test_the_table_names_itself_a_reconstruction_and_its_invented_market(
    whole: Reconstruction,
) -> None:
    console = Console(width=160, record=True, file=None, quiet=False)
    with console.capture() as captured:
        print_table(whole, console)
    text = captured.get()

    assert "Reconstruction from public reports" in text
    assert "Invented from end to end: [Invented] Will the harbour bridge open" in text
    assert f"Scores are of {MODEL_VERSION} with priors " in text
    assert "$500,000" in text
    assert "unknown" in text


def test_probabilities_are_written_without_powers_of_ten() -> None:
    written = [percent(p) for p in (0, 0.000023, 0.0499, 0.43, 0.99971, 1)]

    assert written == ["0 %", "0.0023 %", "5.0 %", "43 %", "99.971 %", "100 %"]


def test_assumed_money_is_marked_and_unknown_money_is_no_zero() -> None:
    assert dollars(28_000, is_assumed=True) == "~$28,000"
    assert dollars(1.5, is_assumed=False) == "$1.50"
    assert dollars(None, is_assumed=False) == "unknown"
