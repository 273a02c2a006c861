import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models.alert import Notification
from models.chain import Block
from models.enums import AlertReason, MarketState
from models.oracle import Dispute, Proposal
from service.store.alerts.alert_candidates import (
    AlertCandidate,
    find_latest_transaction,
    list_candidates,
)
from service.store.alerts.alerts import (
    NewAlert,
    add_pending_notifications,
    claim_alert,
    count_waiting,
    give_up_old_notifications,
    list_alerts,
    list_due_notifications,
    list_raised,
    mark_failed,
    mark_sent,
    take_notification,
)
from tests.alerts.scored import add_market, score

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=2)
HERE = ("here",)


def new_alert(session: Session, number: int = 1) -> NewAlert:
    market_id = add_market(session, number, NOW)
    return NewAlert(
        market_id=market_id,
        assessment_id=score(session, market_id, NOW),
        reason=AlertReason.FIRST,
        reason_key="rule:1:first",
        title="title",
        body="body",
        facts={"p": {"mean": 0.5}},
        raised_at=NOW,
    )


def claimed_id(session: Session, new: NewAlert) -> int:
    alert = claim_alert(session, new)
    assert alert is not None
    return alert.id


def test_a_reason_is_claimed_once_for_a_market(session: Session) -> None:
    new = new_alert(session)
    first = claim_alert(session, new)
    assert first is not None
    assert (first.title, first.facts, first.raised_at) == ("title", {"p": {"mean": 0.5}}, NOW)
    assert claim_alert(session, new) is None
    assert claim_alert(session, replace(new, reason_key="rule:2:first")) is not None
    assert claim_alert(session, new_alert(session, number=2)) is not None


def test_of_many_workers_one_wins_a_claim(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        new = new_alert(session)
    barrier = threading.Barrier(6)

    def work() -> bool:
        barrier.wait()
        with sessions.begin() as session:
            return claim_alert(session, new) is not None

    assert sorted(in_threads(work, 6)) == [False] * 5 + [True]


def test_of_many_workers_one_takes_a_delivery(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        add_pending_notifications(session, claimed_id(session, new_alert(session)), HERE, NOW)
    with sessions.begin() as session:
        (due,) = list_due_notifications(session, NOW, HERE, 10)
    barrier = threading.Barrier(6)

    def work() -> bool:
        barrier.wait()
        with sessions.begin() as session:
            return take_notification(session, due, SOON)

    assert sorted(in_threads(work, 6)) == [False] * 5 + [True]


def in_threads(work: Callable[[], bool], number: int) -> list[bool]:
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_raised_alerts_come_by_market_oldest_first(session: Session) -> None:
    new, other = new_alert(session), new_alert(session, number=2)
    assert new.market_id is not None
    assert other.market_id is not None
    first = claimed_id(session, new)
    second = claimed_id(session, replace(new, reason_key="rule:1:worsened"))
    found = list_raised(session, [new.market_id, other.market_id], list(AlertReason))
    assert [alert.id for alert in found[new.market_id]] == [first, second]
    assert found[other.market_id] == []
    assert list_raised(session, [], list(AlertReason)) == {}


def test_raised_alerts_are_those_of_the_reasons_asked_for(session: Session) -> None:
    new = new_alert(session)
    assert new.market_id is not None
    claimed_id(session, new)
    other = replace(new, reason=AlertReason.CONTRADICTED, reason_key="watch:1:first")
    watch = claimed_id(session, other)
    found = list_raised(session, [new.market_id], [AlertReason.CONTRADICTED])
    assert [alert.id for alert in found[new.market_id]] == [watch]


def test_alerts_are_listed_newest_first_page_by_page(session: Session) -> None:
    new = new_alert(session)
    ids = [claimed_id(session, replace(new, reason_key=f"rule:{n}")) for n in range(5)]
    other = claimed_id(session, new_alert(session, number=2))
    page = list_alerts(session, limit=2)
    assert [alert.id for alert in page] == [other, ids[4]]
    assert [a.id for a in list_alerts(session, limit=2, before_id=page[-1].id)] == [ids[3], ids[2]]
    of_market = list_alerts(session, limit=9, market_id=new.market_id)
    assert [alert.id for alert in of_market] == ids[::-1]


def test_a_delivery_is_due_once_and_gone_when_sent(session: Session) -> None:
    alert_id = claimed_id(session, new_alert(session))
    assert add_pending_notifications(session, alert_id, ("here", "there"), NOW) == 2
    assert add_pending_notifications(session, alert_id, ("here", "there"), NOW) == 0
    assert list_due_notifications(session, NOW - timedelta(seconds=1), HERE, 10) == []
    (due,) = list_due_notifications(session, NOW, HERE, 10)
    assert (due.alert_id, due.title, due.body, due.attempts) == (alert_id, "title", "body", 0)
    mark_sent(session, due.notification_id, NOW)
    assert list_due_notifications(session, SOON, HERE, 10) == []
    row = session.get_one(Notification, due.notification_id, populate_existing=True)
    assert (row.sent_at, row.next_attempt_at, row.last_error) == (NOW, None, None)


def test_a_taken_delivery_is_nobody_elses_until_its_time_is_over(session: Session) -> None:
    add_pending_notifications(session, claimed_id(session, new_alert(session)), HERE, NOW)
    (due,) = list_due_notifications(session, NOW, HERE, 10)
    assert take_notification(session, due, SOON)
    assert not take_notification(session, due, SOON)
    assert list_due_notifications(session, NOW, HERE, 10) == []
    (again,) = list_due_notifications(session, SOON, HERE, 10)
    assert again.attempts == 1


def test_a_failed_delivery_waits_and_a_permanent_failure_ends_it(session: Session) -> None:
    add_pending_notifications(session, claimed_id(session, new_alert(session)), HERE, NOW)
    (due,) = list_due_notifications(session, NOW, HERE, 10)
    assert count_waiting(session, HERE) == 0
    assert take_notification(session, due, SOON)
    mark_failed(session, due.notification_id, "x" * 999, SOON)
    assert count_waiting(session, HERE) == 1
    assert count_waiting(session, ("elsewhere",)) == 0
    assert list_due_notifications(session, NOW, HERE, 10) == []
    (again,) = list_due_notifications(session, SOON, HERE, 10)
    mark_failed(session, again.notification_id, "gone", None)
    assert not take_notification(session, again, SOON)
    assert count_waiting(session, HERE) == 0
    assert list_due_notifications(session, NOW + timedelta(days=9), HERE, 10) == []
    row = session.get_one(Notification, due.notification_id, populate_existing=True)
    assert (row.sent_at, row.last_error) == (None, "gone")


def test_deliveries_of_old_alerts_are_given_up_and_others_kept(session: Session) -> None:
    old, young = new_alert(session), new_alert(session, number=2)
    later = NOW + timedelta(hours=1)
    old_id, sent_id = (claimed_id(session, replace(old, reason_key=key)) for key in ("a", "b"))
    young_id = claimed_id(session, replace(young, raised_at=later))
    for alert_id in (old_id, sent_id, young_id):
        add_pending_notifications(session, alert_id, HERE, NOW)
    due = {item.alert_id: item for item in list_due_notifications(session, NOW, HERE, 10)}
    mark_sent(session, due[sent_id].notification_id, NOW)
    assert give_up_old_notifications(session, later, "too late") == 1
    assert give_up_old_notifications(session, later, "too late") == 0
    assert [i.alert_id for i in list_due_notifications(session, later, HERE, 10)] == [young_id]
    rows = session.execute(select(Notification.alert_id, Notification.last_error)).all()
    reasons = {row[0]: row[1] for row in rows}
    assert reasons == {old_id: "too late", sent_id: None, young_id: None}


def candidates(session: Session, since: datetime = NOW) -> list[AlertCandidate]:
    return list_candidates(
        session,
        probability=0.05,
        expected_loss=10_000_000_000,
        states=[MarketState.VOTING, MarketState.DISPUTED_ONCE],
        since=since,
    )


def test_only_markets_that_could_be_news_are_candidates(session: Session) -> None:
    calm: dict[str, object] = {"p_mean": 0.049, "expected_loss": 9_999_999_999}
    cases: dict[int, dict[str, object]] = {
        1: {"p_mean": 0.05, "expected_loss": None},
        2: {"p_mean": 0.0, "expected_loss": 10_000_000_000},
        3: calm,
        4: {"challenge_open": False},
        5: {**calm, "state": MarketState.VOTING, "challenge_open": False},
        6: {**calm, "state": MarketState.RESOLVED, "challenge_open": False},
    }
    ids = {number: add_market(session, number, NOW) for number in cases}
    for number, changes in cases.items():
        score(session, ids[number], NOW, **changes)
    assert [c.market_id for c in candidates(session)] == [ids[1], ids[2], ids[5]]
    late = candidates(session, since=NOW + timedelta(seconds=1))
    assert [c.market_id for c in late] == [ids[1], ids[2]]


def test_a_candidate_carries_its_market_and_says_unknown_for_an_unknown_loss(
    session: Session,
) -> None:
    market_id = add_market(session, 7, NOW)
    assessment_id = score(session, market_id, NOW, expected_loss=None, open_interest=None)
    (found,) = candidates(session)
    assert found.condition_id == (7).to_bytes(32, "big")
    assert (found.slug, found.group_slug) == ("market-7", "group-7")
    assert (found.assessment_id, found.model_version) == (assessment_id, "0.1.0")
    assert found.expected_loss is None
    assert found.open_interest is None
    assert found.document["oracle_version"] == "managed"


def test_the_previous_state_is_the_last_other_one(session: Session) -> None:
    market_id = add_market(session, 1, NOW)
    history = [MarketState.PROPOSED, MarketState.DISPUTED_ONCE, MarketState.VOTING]
    for minute, state in enumerate([*history, MarketState.VOTING]):
        score(session, market_id, NOW + timedelta(minutes=minute), state=state)
    other = add_market(session, 2, NOW)
    score(session, other, NOW, state=MarketState.VOTING)
    found = {c.market_id: c.previous_state for c in candidates(session)}
    assert found == {market_id: MarketState.DISPUTED_ONCE, other: None}


def test_the_newest_proposal_or_dispute_of_the_markets_own_question_is_found(
    session: Session,
) -> None:
    question, adapter = b"\x51" * 32, b"\xad" * 20
    market_id = add_market(session, 1, NOW, uma_question_id=question, adapter=adapter)
    assert find_latest_transaction(session, market_id) is None
    for number in (1, 2, 3):
        session.add(
            Block(
                id=number,
                chain_id=137,
                number=number,
                hash=bytes([number]) * 32,
                parent_hash=b"\0" * 32,
                mined_at=NOW + timedelta(seconds=number),
            )
        )
    session.flush()
    request = {
        "log_index": 0,
        "address": b"\x00" * 20,
        "known_at": NOW,
        "requester": adapter,
        "identifier": b"\0" * 32,
        "request_timestamp": 1,
        "ancillary_hash": question,
        "proposer": b"\x01" * 20,
        "proposed_price": 0,
    }
    proposal = {"expiration_timestamp": 1, "currency": b"\0" * 20}
    session.add_all(
        [
            Proposal(**request, **proposal, block_id=1, transaction_hash=b"\x01" * 32),
            Dispute(**request, disputer=b"\x02" * 20, block_id=2, transaction_hash=b"\x02" * 32),
            # Anybody may ask the oracle the same text.
            Proposal(
                **(request | {"requester": b"\xee" * 20}),
                **proposal,
                block_id=3,
                transaction_hash=b"\x03" * 32,
            ),
        ]
    )
    session.flush()
    assert find_latest_transaction(session, market_id) == (137, b"\x02" * 32)
