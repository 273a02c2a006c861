"""Data alerts on their way to people: once each, and none of what a backfill finds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.send_alerts import send_alerts
from models.alert import Alert
from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.enums import AlertReason, JobOutcome
from models.operation import JobRun
from service.alerts.decide import AlertRule
from service.clock import SetClock
from tests.alerts.webhook import Webhook, running_webhook

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RULE = AlertRule(probability=0.05, expected_loss=10_000_000_000)
TRANSACTION = "0x" + "7a" * 32


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with running_webhook() as server:
        yield server


@pytest.fixture
def clock(sessions: sessionmaker[Session]) -> SetClock:
    """The service has been sending alerts since ``START``."""
    run = JobRun(job="send_alerts", started_at=START, outcome=JobOutcome.OK, counts={})
    with sessions.begin() as session:
        session.add(run)
    return SetClock(START + timedelta(hours=2))


def add_issue(
    sessions: sessionmaker[Session], known_at: datetime, key: str = "1", **changes: object
) -> None:
    words = {
        "kind": DataIssueKind.CONTRACT_UPGRADED,
        "source": "chain 137",
        "reason": "managed_optimistic_oracle_v2 0xAb: Upgraded (implementation 0xCd)",
        "evidence": {"block": 7, "transaction": TRANSACTION},
    }
    with sessions.begin() as session:
        session.add(DataIssue(key=key, known_at=known_at, **words | changes))


def run(
    sessions: sessionmaker[Session], clock: SetClock, *destinations: SecretStr
) -> dict[str, int]:
    report = send_alerts(
        sessions,
        clock,
        rule=RULE,
        destinations=destinations,
        allow_private=True,
        page_base_url="https://settlewatch.example",
    )
    return dict(report.counts)


def told(sessions: sessionmaker[Session]) -> list[Alert]:
    with sessions() as session:
        return list(session.scalars(select(Alert).order_by(Alert.id)))


def test_a_data_alert_reaches_the_destinations_once(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook
) -> None:
    add_issue(sessions, START + timedelta(hours=1))
    assert run(sessions, clock, webhook.url())["sent"] == 1
    assert run(sessions, clock, webhook.url())["sent"] == 0
    (body,) = webhook.bodies
    assert body["title"] == "Data: A contract's code was replaced"
    assert "Upgraded (implementation 0xCd)" in body["message"]
    assert f"https://polygonscan.com/tx/{TRANSACTION}" in body["message"]
    assert "https://settlewatch.example/v1/data-quality" in body["message"]


def test_what_a_backfill_finds_is_history(sessions: sessionmaker[Session], clock: SetClock) -> None:
    add_issue(sessions, START - timedelta(seconds=1))
    assert run(sessions, clock)["raised"] == 0
    assert told(sessions) == []


def test_what_became_known_while_the_service_was_away_is_told_afterwards(
    sessions: sessionmaker[Session], clock: SetClock
) -> None:
    clock.advance(timedelta(days=3))
    add_issue(sessions, START + timedelta(days=1))
    assert run(sessions, clock)["raised"] == 1


def test_other_issues_are_nobody_s_alert(sessions: sessionmaker[Session], clock: SetClock) -> None:
    add_issue(sessions, clock.now(), kind=DataIssueKind.REFUSED_MARKET, evidence=None)
    assert run(sessions, clock)["raised"] == 0


def test_an_alert_about_the_data_has_no_market_and_each_issue_one_alert(
    sessions: sessionmaker[Session], clock: SetClock
) -> None:
    for key in ("1", "2"):
        add_issue(sessions, clock.now(), key)
    assert run(sessions, clock)["raised"] == 2
    assert [(a.market_id, a.assessment_id, a.reason, a.reason_key) for a in told(sessions)] == [
        (None, None, AlertReason.DATA, "1"),
        (None, None, AlertReason.DATA, "2"),
    ]


def test_a_storm_is_told_in_portions(sessions: sessionmaker[Session], clock: SetClock) -> None:
    for number in range(25):
        add_issue(sessions, clock.now(), str(number))
    assert [run(sessions, clock)["raised"] for _ in range(3)] == [20, 5, 0]
