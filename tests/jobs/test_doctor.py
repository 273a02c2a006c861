"""``settlewatch doctor``: what it says, and how it ends."""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs.cli import main
from jobs.doctor import examine, print_report
from jobs.doctor_checks import Verdict
from jobs.house import House
from jobs.wiring import begin_service, open_house, run_job
from models.enums import JobOutcome, SourceState
from models.operation import JobRun, Source
from service.clock import SetClock
from service.settings import load_settings
from tests.loopback.polymarket import PolymarketServer, server_error
from tests.loopback.polymarket_client import NOW, client_of
from tests.loopback.polymarket_status import serve_status
from tests.loopback.records import a_market

FROM_OUTSIDE = "prices from outside"


@pytest.fixture
def house(tmp_path: Path, clock: SetClock, server: PolymarketServer) -> Iterator[House]:
    settings = load_settings(
        database_url=SecretStr(f"sqlite:///{tmp_path / 'x.db'}"),
        gamma_url=server.url,
        clob_url=server.url,
        data_url=server.url,
        polygon_rpc_urls=(SecretStr("http://127.0.0.1:1/v2/hush-hush"),),
        alert_urls=(SecretStr("json://user:hush-hush@example.org"),),
    )
    opened = open_house(settings, clock)
    opened.polymarket = client_of(server, clock)
    serve_status(server, NOW)
    begin_service(opened)
    yield opened
    opened.close()


def verdicts(house: House, *, is_online: bool = False) -> dict[tuple[str, str], Verdict]:
    report = examine(house, is_online=is_online)
    return {(check.subject, check.name): check.verdict for check in report.checks}


def test_a_fresh_installation_is_told_what_is_lost_without_asking_anybody(
    house: House, server: PolymarketServer
) -> None:
    found = verdicts(house)
    assert Verdict.BROKEN not in found.values()
    assert found["database", "sqlite"] is Verdict.OK
    assert found["settings", "SETTLEWATCH_POLYGON_RPC_URLS"] is Verdict.OK
    assert found["settings", "SETTLEWATCH_ETHEREUM_RPC_URLS"] is Verdict.MISSING
    assert found["jobs", "sync_markets"] is Verdict.MISSING
    assert server.seen == []


def test_the_plan_and_what_was_sent_stand_beside_each_published_limit(
    house: House, server: PolymarketServer, clock: SetClock
) -> None:
    server.markets = [a_market(number, umaResolutionStatus="proposed") for number in range(40)]
    for name in ("sync_markets", "sync_resolutions"):
        run_job(house, name)
    clock.advance(timedelta(minutes=1))
    report = examine(house, is_online=False)
    (data,) = [line for line in report.limits if line["name"] == "data_v2"]
    assert (data["published_per_10s"], data["limit_per_10s"], data["limit_per_minute"]) == (
        800,
        400,
        2_400,
    )
    assert (data["measured_per_minute"], data["most_in_a_minute"]) == (0.2, 2)
    assert isinstance(data["planned_per_minute"], float)
    assert data["planned_per_minute"] > 2
    assert {check.subject: check.verdict for check in report.checks}["jobs"] is Verdict.MISSING


def test_what_is_broken_is_told_apart_from_what_is_only_degraded(house: House) -> None:
    with house.sessions.begin() as session:
        clob, gamma = session.get_one(Source, "clob"), session.get_one(Source, "gamma")
        clob.state, clob.reason = SourceState.DOWN, "no answer from https://x/?key=hush-hush"
        gamma.state = SourceState.DEGRADED
        for job, minutes, outcome in (
            ("sync_markets", 5, JobOutcome.OK),
            ("score_markets", 30, JobOutcome.OK),
            ("sync_liquidity", 1, JobOutcome.DEGRADED),
            ("send_alerts", 0, JobOutcome.FAILED),
            ("fold_facts", -5, JobOutcome.OK),
        ):
            started = NOW - timedelta(minutes=minutes)
            session.add(JobRun(job=job, started_at=started, outcome=outcome, counts={}))
    found = verdicts(house)
    assert found["sources", "clob"] is Verdict.BROKEN
    assert found["sources", "gamma"] is Verdict.WARNING
    assert found["jobs", "sync_markets"] is Verdict.OK
    # It is due every ten seconds.
    assert found["jobs", "score_markets"] is Verdict.BROKEN
    assert found["jobs", "sync_liquidity"] is Verdict.WARNING
    assert found["jobs", "send_alerts"] is Verdict.BROKEN
    # A run that begins in five minutes: this machine's clock was put back.
    assert found["clock", "stored rows"] is Verdict.BROKEN


def test_each_source_is_asked_one_question_when_that_is_wanted(
    house: House, server: PolymarketServer, clock: SetClock
) -> None:
    found = {
        check.name: check.detail
        for check in examine(house, is_online=True).checks
        if check.subject == "online"
    }
    assert found["gamma"] == "OK"
    assert found["data_api"] == "projections.oi.lag_seconds 12, ingestion_block_lag 3"
    assert "2026-11-22 12:00:00" in found["clob"]
    server.fail_always("/time", server_error())
    clock.advance(timedelta(minutes=2))
    later = verdicts(house, is_online=True)
    assert later["online", "clob"] is Verdict.BROKEN
    assert later["online", "polygon_rpc"] is Verdict.BROKEN
    assert later["clock", "this machine's"] is Verdict.WARNING
    server.heal()
    clock.advance(timedelta(minutes=2))
    assert verdicts(house, is_online=True)["clock", "this machine's"] is Verdict.BROKEN


def test_a_file_of_links_that_cannot_be_read_is_broken_and_not_set(
    house: House, tmp_path: Path
) -> None:
    links = tmp_path / "links.json"
    links.write_text("[")
    house.__dict__.pop("quotes", None)
    house.settings = house.settings.model_copy(update={"sibling_markets": links})
    (found,) = [c for c in examine(house, is_online=False).checks if c.name == FROM_OUTSIDE]
    assert found.verdict is Verdict.BROKEN
    assert "links.json" in found.detail
    house.__dict__.pop("quotes", None)
    links.write_text("[]")
    assert verdicts(house)["settings", FROM_OUTSIDE] is Verdict.OK


def test_no_key_is_printed(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    with house.sessions.begin() as session:
        session.get_one(Source, "clob").reason = "refused by https://x.org/v2/hush-hush"
    for as_json in (False, True):
        print_report(examine(house, is_online=True), as_json=as_json)
    printed = capsys.readouterr().out
    assert "SETTLEWATCH_ALERT_URLS" in printed
    assert "hush-hush" not in printed


@pytest.mark.parametrize(("url", "code"), [("sqlite:///x.db", 0), ("sqlite:////no/x.db", 1)])
def test_the_command_ends_with_1_where_something_is_broken(
    url: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SETTLEWATCH_DATABASE_URL", url)
    monkeypatch.setattr(sys, "argv", ["settlewatch", "doctor", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert int(ended.value.code or 0) == code
    report = json.loads(capsys.readouterr().out)
    assert report["status"] == ("broken" if code else "ok")
    assert report["checks"][0]["subject"] == "database"
