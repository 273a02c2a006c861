import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs import alert_deliveries
from jobs.cycle import CycleReport
from jobs.send_alerts import send_alerts
from models.alert import Alert, Notification
from models.enums import AlertReason, MarketState
from service.alerts.decide import AlertRule
from service.alerts.deliver import Message, deliver, fingerprint
from service.alerts.retries import FIRST_PAUSE, GIVE_UP_AFTER, LEASE
from service.clock import SetClock
from tests.alerts.scored import add_market, score
from tests.alerts.webhook import Webhook, running_webhook

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RULE = AlertRule(probability=0.05, expected_loss=10_000_000_000)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with running_webhook() as server:
        yield server


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def market_id(sessions: sessionmaker[Session]) -> int:
    with sessions.begin() as session:
        market_id = add_market(session, 1, START)
        score(session, market_id, START)
    return market_id


def run(
    sessions: sessionmaker[Session],
    clock: SetClock,
    *destinations: SecretStr,
    allow_private: bool = True,
) -> CycleReport:
    return send_alerts(
        sessions,
        clock,
        rule=RULE,
        destinations=destinations,
        allow_private=allow_private,
        page_base_url="https://settlewatch.example",
    )


def rescore(
    sessions: sessionmaker[Session], clock: SetClock, market_id: int, **changes: object
) -> None:
    clock.advance(MINUTE)
    with sessions.begin() as session:
        score(session, market_id, clock.now(), **changes)


def alerts(sessions: sessionmaker[Session]) -> list[Alert]:
    with sessions() as session:
        return list(session.scalars(select(Alert).order_by(Alert.id)))


def notifications(sessions: sessionmaker[Session]) -> list[Notification]:
    with sessions() as session:
        return list(session.scalars(select(Notification).order_by(Notification.id)))


def unsent(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        query = select(func.count()).where(Notification.sent_at.is_(None))
        return session.scalar(query) or 0


def test_an_alert_is_raised_delivered_and_recorded_with_all_it_takes_to_act(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    report = run(sessions, clock, webhook.url())
    assert report.degraded == ()
    assert report.counts["raised"] == report.counts["sent"] == 1
    (alert,) = alerts(sessions)
    assert alert.reason == AlertReason.FIRST
    assert alert.reason_key == "challenge:1700000000:first"
    (body,) = webhook.bodies
    assert body["alert_id"] == str(alert.id)
    assert body["title"] == "Risk of a wrong payout: Will it happen, case 1?"
    for part in (
        "20 % (90 % interval 10 % to 40 %)",
        "200,000 USD of 1,000,000 USD",
        "open past its minimum window until settled",
        "price before 0.1 +15 pp",
        "Support: assumed",
        f"https://settlewatch.example/markets/0x{1:064x}",
        "https://polymarket.com/event/group-1/market-1",
    ):
        assert part in body["message"]
    (sent,) = notifications(sessions)
    assert sent.sent_at == START
    assert sent.destination == fingerprint(webhook.url())


def test_nothing_is_ever_told_twice(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    for p_mean in (0.2, 0.21, 0.04, 0.2, 0.39):
        rescore(sessions, clock, market_id, p_mean=p_mean, expected_loss=None)
        run(sessions, clock, webhook.url())
        run(sessions, clock, webhook.url())
    assert len(webhook.bodies) == 1


def test_a_case_that_gets_worse_is_told_step_by_step(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    second = 1_700_090_000
    steps: list[dict[str, object]] = [
        {},
        {"p_mean": 0.41},
        {"state": MarketState.DISPUTED_ONCE, "request_timestamp": second, "challenge_open": False},
        {"state": MarketState.REPROPOSED, "request_timestamp": second, "p_mean": 0.41},
        {"state": MarketState.VOTING, "request_timestamp": second, "challenge_open": False},
        {"state": MarketState.RESOLVED, "request_timestamp": second, "challenge_open": False},
    ]
    for changes in steps:
        rescore(sessions, clock, market_id, **changes)
        run(sessions, clock, webhook.url())
    assert [body["title"].split(":")[0] for body in webhook.bodies] == [
        "Risk of a wrong payout",
        "Risk of a wrong payout has risen",
        "Disputed",
        "Proposed again",
        "Going to a vote",
    ]


def test_markets_first_seen_in_a_bad_state_make_no_storm(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook
) -> None:
    with sessions.begin() as session:
        for number in range(20):
            market_id = add_market(session, number, START)
            score(session, market_id, START, state=MarketState.VOTING, challenge_open=False)
    report = run(sessions, clock, webhook.url())
    assert report.counts["candidates"] == 20
    assert webhook.bodies == []


def test_a_window_that_ended_since_the_score_raises_nothing(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook
) -> None:
    with sessions.begin() as session:
        market_id = add_market(session, 1, START)
        ends = START + MINUTE
        score(session, market_id, START, challenge_ends_at=ends, oracle_version="oov2")
    clock.advance(MINUTE)
    run(sessions, clock, webhook.url())
    assert webhook.bodies == []


def test_without_destinations_alerts_are_stored_and_later_destinations_get_no_old_ones(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    report = run(sessions, clock)
    assert (report.counts["raised"], report.counts["sent"], report.degraded) == (1, 0, ())
    assert len(alerts(sessions)) == 1
    assert notifications(sessions) == []
    run(sessions, clock, webhook.url())
    assert webhook.bodies == []


def test_the_same_destination_named_twice_gets_one_message(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    run(sessions, clock, webhook.url(), webhook.url())
    assert len(webhook.bodies) == 1


def test_a_failed_delivery_is_seen_retried_after_a_pause_and_then_recorded(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    webhook.status = 500
    report = run(sessions, clock, webhook.url())
    assert report.counts["failed"] == 1
    assert "answered HTTP 500" in report.degraded[0]
    assert unsent(sessions) == 1

    waiting = run(sessions, clock, webhook.url())
    assert len(webhook.bodies) == 1
    assert waiting.degraded == ("1 alert deliveries wait for another attempt",)

    clock.advance(FIRST_PAUSE)
    webhook.status = 200
    recovered = run(sessions, clock, webhook.url())
    assert recovered.degraded == ()
    assert len(webhook.bodies) == 2
    assert webhook.bodies[0]["alert_id"] == webhook.bodies[1]["alert_id"]
    (sent,) = notifications(sessions)
    assert (sent.sent_at, sent.attempts, sent.last_error) == (clock.now(), 2, None)


def test_one_failing_destination_does_not_hold_up_or_repeat_the_other(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    with running_webhook() as broken:
        broken.status = 503
        both = (broken.url(), webhook.url())
        report = run(sessions, clock, *both)
        assert (report.counts["sent"], report.counts["failed"]) == (1, 1)
        assert fingerprint(broken.url()) in report.degraded[0]
        clock.advance(FIRST_PAUSE)
        run(sessions, clock, *both)
        assert (len(webhook.bodies), len(broken.bodies)) == (1, 2)


def test_a_failing_destination_is_asked_once_a_run_and_the_rest_waits(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook
) -> None:
    with sessions.begin() as session:
        for number in range(5):
            score(session, add_market(session, number, START), START)
    webhook.status = 500
    run(sessions, clock, webhook.url())
    assert len(webhook.bodies) == 1
    webhook.status = 200
    clock.advance(FIRST_PAUSE)
    run(sessions, clock, webhook.url())
    assert len(webhook.bodies) == 6
    assert unsent(sessions) == 0


def test_a_refused_connection_is_a_failure_that_is_tried_again(
    sessions: sessionmaker[Session], clock: SetClock, market_id: int
) -> None:
    with running_webhook() as gone:
        url = gone.url()
    report = run(sessions, clock, url)
    assert "no connection" in report.degraded[0]
    assert notifications(sessions)[0].next_attempt_at == START + FIRST_PAUSE


def test_a_hanging_destination_ends_in_a_time_out_and_no_transaction_waits_for_it(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    webhook.is_released.clear()
    reports: list[CycleReport] = []
    url = webhook.url(query="?rto=1.5")
    job = threading.Thread(target=lambda: reports.append(run(sessions, clock, url)))
    job.start()
    while not webhook.bodies:
        assert job.is_alive()
        job.join(0.01)
    # The message hangs; another writer is not in its way.
    with sessions.begin() as session:
        score(session, market_id, START - MINUTE)
    assert job.is_alive()
    job.join()
    assert reports[0].counts["failed"] == 1
    assert unsent(sessions) == 1


def test_a_permanent_failure_is_recorded_and_not_tried_again(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    webhook.status = 410
    assert "HTTP 410" in run(sessions, clock, webhook.url()).degraded[0]
    clock.advance(timedelta(hours=2))
    assert run(sessions, clock, webhook.url()).degraded == ()
    assert len(webhook.bodies) == 1
    (row,) = notifications(sessions)
    assert (row.sent_at, row.next_attempt_at, row.last_error) == (None, None, "answered HTTP 410")


def test_a_message_that_can_never_be_delivered_does_not_block_the_next_one(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook
) -> None:
    with sessions.begin() as session:
        for number in range(3):
            score(session, add_market(session, number, START), START)
    webhook.status = 400
    run(sessions, clock, webhook.url())
    assert len(webhook.bodies) == 3


def test_a_private_destination_is_refused_unless_allowed(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    report = run(sessions, clock, webhook.url(), allow_private=False)
    assert "public address" in report.degraded[0]
    assert webhook.bodies == []
    # Whoever allows it within the day still gets what was refused before.
    clock.advance(timedelta(hours=2))
    run(sessions, clock, webhook.url(), allow_private=True)
    assert len(webhook.bodies) == 1


def test_an_alert_too_old_to_act_on_is_given_up_visibly(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    webhook.status = 500
    run(sessions, clock, webhook.url())
    clock.advance(GIVE_UP_AFTER + MINUTE)
    webhook.status = 200
    report = run(sessions, clock, webhook.url())
    assert report.counts["given_up"] == 1
    assert "given up" in report.degraded[0]
    assert len(webhook.bodies) == 1


def test_what_waits_for_a_destination_no_longer_configured_stays_quiet(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook, market_id: int
) -> None:
    with running_webhook() as former:
        former.status = 500
        run(sessions, clock, former.url())
    clock.advance(FIRST_PAUSE)
    assert run(sessions, clock, webhook.url()).degraded == ()
    assert webhook.bodies == []


class Killed(BaseException):
    """The process ends here, as far as the database can tell."""


def test_a_death_between_claim_and_send_loses_nothing(
    sessions: sessionmaker[Session],
    clock: SetClock,
    webhook: Webhook,
    market_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(alert_deliveries, "deliver", die)
        with pytest.raises(Killed):
            run(sessions, clock, webhook.url())
    assert len(alerts(sessions)) == 1
    assert unsent(sessions) == 1
    clock.advance(LEASE)
    run(sessions, clock, webhook.url())
    run(sessions, clock, webhook.url())
    assert len(webhook.bodies) == 1
    assert unsent(sessions) == 0


def test_a_death_between_send_and_record_repeats_one_message_under_the_same_id(
    sessions: sessionmaker[Session],
    clock: SetClock,
    webhook: Webhook,
    market_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def send_and_die(url: SecretStr, message: Message, *, allow_private: bool) -> None:
        deliver(url, message, allow_private=allow_private)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(alert_deliveries, "deliver", send_and_die)
        with pytest.raises(Killed):
            run(sessions, clock, webhook.url())
    for _ in range(3):
        clock.advance(LEASE)
        run(sessions, clock, webhook.url())
    assert len(webhook.bodies) == 2
    assert webhook.bodies[0]["alert_id"] == webhook.bodies[1]["alert_id"]
    assert webhook.headers[0]["Idempotency-Key"] == webhook.headers[1]["Idempotency-Key"]


def test_many_workers_at_once_tell_everything_once(
    sessions: sessionmaker[Session], clock: SetClock, webhook: Webhook
) -> None:
    with sessions.begin() as session:
        for number in range(8):
            score(session, add_market(session, number, START), START)
    workers = [
        threading.Thread(target=run, args=(sessions, clock, webhook.url())) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ids = [body["alert_id"] for body in webhook.bodies]
    assert sorted(ids) == sorted({str(alert.id) for alert in alerts(sessions)})
    assert len(ids) == 8
