"""Attack scores over the API: ranked, paged, with every sign's transactions and a caution."""

from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from jobs.fuse_attacks import fuse_attacks
from jobs.send_alerts import send_alerts
from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.alerts.decide import AlertRule
from service.api.attack_schemas import AlertQuality, AttackList
from service.api.attacks import CAUTION
from service.clock import SetClock
from service.protocol.rounds import round_at
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.store.attacks.attack_signals import add_signals
from tests.store.scenes import NOW

TRANSACTION = "0x" + "7a" * 32
ROUND = round_at(int(NOW.timestamp()))
HOUR = timedelta(hours=1)


def add(sessions: sessionmaker[Session]) -> None:
    signs = [
        AttackSign(
            SignalFamily.RINGS,
            "pair",
            SignalSubject.GROUP,
            f"ring-{i}",
            0.5 + i,
            Support.MEASURED,
            "They met more often than chance allows.",
            evidence=(SignEvidence("DisputePrice", 137, TRANSACTION, 4),),
        )
        for i in range(3)
    ]
    roll = AttackSign(
        SignalFamily.STAKE,
        "roll_blocked",
        SignalSubject.ROUND,
        str(ROUND),
        1.6,
        Support.ASSUMED,
        "62.0 % < SPAT 65 %.",
        round_id=ROUND,
    )
    with sessions.begin() as session:
        add_signals(session, [*signs, roll], "test", NOW - HOUR)
    fuse_attacks(sessions, SetClock(NOW - HOUR))


def ask(client: TestClient, **params: str) -> AttackList:
    answer = client.get("/v1/attacks", params=params)
    assert answer.status_code == 200, answer.text
    return AttackList.model_validate_json(answer.content)


def test_scores_come_highest_first_with_what_they_rest_on(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add(sessions)
    found = ask(client)
    assert [line.subject for line in found.data] == ["ring-2", str(ROUND), "ring-1", "ring-0"]
    assert found.caution == CAUTION
    first = found.data[0]
    assert (first.calibration_status, first.p_mean) == ("uncalibrated_ranked", None)
    [part] = first.contributions
    assert part.evidence[0].transaction == TRANSACTION
    assert part.evidence[0].link == f"https://polygonscan.com/tx/{TRANSACTION}"
    total = first.base_log_odds + sum(family.capped for family in first.families.values())
    assert abs(total - first.score) < 1e-9


def test_pages_continue_and_a_cursor_of_another_question_is_refused(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add(sessions)
    first = ask(client, kind="group", limit="2")
    assert first.next_cursor is not None
    rest = ask(client, kind="group", limit="2", cursor=first.next_cursor)
    assert [x.subject for x in (*first.data, *rest.data)] == ["ring-2", "ring-1", "ring-0"]
    assert rest.next_cursor is None
    assert client.get("/v1/attacks", params={"cursor": first.next_cursor}).status_code == 422
    assert client.get("/v1/attacks", params={"kind": "person"}).status_code == 422
    early = (NOW - 2 * HOUR).isoformat().replace("+00:00", "Z")
    assert ask(client, as_of=early).data == []


def test_the_quality_of_alerts_tells_pages_and_their_exact_interval(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add(sessions)
    rule = AlertRule(probability=1.0, expected_loss=10**15)
    clock = SetClock(NOW - HOUR)
    send_alerts(sessions, clock, rule=rule, destinations=(), allow_private=False)
    answer = client.get("/v1/alerts/quality")
    assert answer.status_code == 200, answer.text
    quality = AlertQuality.model_validate_json(answer.content)
    by_kind = {line.kind: line for line in quality.attacks}
    assert by_kind.keys() == {"market", "round", "group", "structural"}
    # Every budget is told once, and what spends it with it.
    assert sum(line.budget_per_week or 0 for line in quality.attacks) == 1.0
    structural = by_kind["structural"]
    assert (structural.budget_per_week, structural.shares_budget_of) == (None, "round")
    # The first false one in half a year is free.
    assert (by_kind["round"].budget_pages, by_kind["round"].spent_pages) == (6.5, 0)
    assert (structural.pages, structural.unconfirmed) == (1, 1)
    assert structural.unconfirmed_rate is not None
    # One in an hour: the interval is wide.
    assert structural.unconfirmed_rate.low < 9 < structural.unconfirmed_rate.high
    none_yet = by_kind["market"].threshold
    assert none_yet is not None
    assert (none_yet.method, none_yet.value) == ("none", None)
