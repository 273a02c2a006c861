"""`settlewatch replay`: a case through the real jobs, and what is told of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.job_table import JOBS
from jobs.replay import LEFT_OUT, Replay, find_case, job_order, list_cases, run_replay
from jobs.replay_page import document_of, page_of
from service.errors import UsageError
from service.risk.parameters import MODEL_VERSION, load_parameters

ETF = "ethereum-etf-2024"


def _replay(name: str, until: datetime | None = None) -> Replay:
    with run_replay(find_case(name), until=until) as (replay, _):
        return replay


def test_a_wrong_name_is_answered_with_the_names() -> None:
    with pytest.raises(UsageError, match=r"'nope' is not one\. .*ethereum-etf-2024"):
        find_case("nope")


def test_every_job_runs_or_is_left_out_with_a_reason() -> None:
    assert set(job_order()) | set(LEFT_OUT) == set(JOBS)
    assert not set(job_order()) & set(LEFT_OUT)
    assert job_order()[-1] == "send_alerts"


def test_a_replay_cut_short_knows_nothing_of_what_came_later() -> None:
    replay = _replay(ETF, datetime(2024, 5, 23, 21, 40, tzinfo=UTC))
    document = document_of(replay)

    assert replay.paid_at is None
    assert replay.verdict == "not caught"
    assert replay.looks[-1].at == datetime(2024, 5, 23, 21, 40, tzinfo=UTC)
    assert document["first_alert"] is None
    assert "First dispute" not in page_of(replay)
    # Every number by its model, and what it rests on.
    made = f"Scores are of {MODEL_VERSION} with priors {load_parameters().priors_version}"
    assert f"{made}; support: assumed." in page_of(replay)
    looks: Any = document["looks"]
    assert {p["model_version"] for look in looks if (p := look["p"])} == {MODEL_VERSION}


def test_a_time_before_the_case_is_refused() -> None:
    with (
        pytest.raises(UsageError, match="--until: the case begins at 2024-01-09"),
        run_replay(find_case(ETF), until=datetime(2023, 1, 1, tzinfo=UTC)),
    ):
        pass


def test_a_time_long_after_the_case_is_refused() -> None:
    with (
        pytest.raises(UsageError, match="--until: the case ends at 2024-05-2"),
        run_replay(find_case(ETF), until=datetime(9999, 12, 31, tzinfo=UTC)),
    ):
        pass


def test_a_used_database_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    early = datetime(2024, 1, 10, tzinfo=UTC)
    with run_replay(find_case(ETF), until=early, database_url=url):
        pass
    with (
        pytest.raises(UsageError, match="--database: it has been used"),
        run_replay(find_case(ETF), until=early, database_url=url),
    ):
        pass


def test_every_case_says_how_it_ended_and_has_a_name_of_its_own() -> None:
    cases = list_cases()

    assert len({case.id for case in cases}) == len(cases)
    assert all(case.incident for case in cases)
