"""Alerts about attacks: once each, within a budget, with their evidence and nobody's name."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.fuse_attacks import fuse_attacks
from jobs.send_alerts import send_alerts
from jobs.watch_rounds import watch_rounds
from models.alert import Alert, Notification
from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.alerts.attack_wording import CAUTION
from service.alerts.decide import AlertRule
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.ids import to_checksum
from service.protocol.rounds import round_at
from service.risk.signs.attack_calibration import LabelledScores, calibrate
from service.risk.signs.attack_fusion import fuse
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.store.alerts.attack_alerts import list_told, list_weeks
from service.store.attacks.attack_scores import add_score
from service.store.attacks.attack_signals import add_signals
from tests.jobs.test_detect_rings import add_dispute
from tests.store.voted import BOOK

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROUND = round_at(int(NOW.timestamp()))
ENTITY = "0x" + "22" * 20
TRANSACTION = "0x" + "7a" * 32
RULE = AlertRule(probability=0.05, expected_loss=10_000_000_000)
# Nothing is sent there: a delivery that is due is all that is asked for.
NOWHERE = (SecretStr("json://127.0.0.1:9/hook"),)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def sign(
    signal: str,
    log_lr: float = log(20),
    kind: SignalSubject = SignalSubject.ROUND,
    subject: str = str(ROUND),
    round_id: int | None = ROUND,
) -> AttackSign:
    evidence = (SignEvidence("Staked", 1, TRANSACTION, 3),)
    return AttackSign(
        SignalFamily.STAKE,
        signal,
        kind,
        subject,
        log_lr,
        Support.ASSUMED,
        "20,000,000 UMA were staked: 39.6 % of all stake.",
        round_id=round_id,
        evidence=evidence,
    )


def add(sessions: sessionmaker[Session], at: datetime, *signs: AttackSign) -> None:
    with sessions.begin() as session:
        add_signals(session, signs, "test", at)


def run(sessions: sessionmaker[Session], at: datetime) -> int:
    report = send_alerts(
        sessions, SetClock(at), rule=RULE, destinations=NOWHERE, allow_private=False
    )
    return report.counts["raised"]


def alerts(sessions: sessionmaker[Session]) -> Sequence[Alert]:
    with sessions() as session:
        return session.scalars(select(Alert).order_by(Alert.id)).all()


def deliveries(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(Notification)) or 0


def test_a_structural_sign_is_told_once_with_its_transaction_and_without_accusing(
    sessions: sessionmaker[Session],
) -> None:
    add(sessions, NOW, sign("stake_inflow_in_commit"))
    assert run(sessions, NOW) == 1
    assert run(sessions, NOW + timedelta(minutes=1)) == 0
    # More of the same is no news.
    add(sessions, NOW + timedelta(minutes=2), sign("stake_inflow_in_commit", 3.5))
    assert run(sessions, NOW + timedelta(minutes=3)) == 0
    [alert] = alerts(sessions)
    assert alert.reason == "stake_inflow_in_commit"
    assert alert.title == f"Stake moved into a vote under way: voting round {ROUND}"
    assert f"https://etherscan.io/tx/{TRANSACTION}" in alert.body
    assert CAUTION in alert.body
    assert "found by test." in alert.body
    assert alert.facts["model_version"] == "test"
    assert f"/rounds/{ROUND}" in alert.body
    assert "/v1/attacks" not in alert.body
    assert alert.facts["tier"] == "page"
    assert deliveries(sessions) == 1


def test_a_line_crossed_again_within_a_week_is_not_told_again(
    sessions: sessionmaker[Session],
) -> None:
    def crosses(at: datetime, *, is_above: bool) -> None:
        log_lr = log(20) if is_above else 0.0
        line = sign("force_line_crossed", log_lr, SignalSubject.ENTITY, ENTITY, None)
        add(sessions, at, line)

    crosses(NOW, is_above=True)
    assert run(sessions, NOW) == 1
    crosses(NOW + DAY, is_above=False)
    crosses(NOW + 2 * DAY, is_above=True)
    assert run(sessions, NOW + 2 * DAY) == 0
    crosses(NOW + 9 * DAY, is_above=False)
    crosses(NOW + 10 * DAY, is_above=True)
    assert run(sessions, NOW + 10 * DAY) == 1


def _links_of(alert: Alert) -> list[str]:
    found = alert.facts["links"]
    assert isinstance(found, list)
    return [str(link) for link in found]


def test_an_alert_links_to_the_record_of_whom_it_is_about(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        add_dispute(session, 1, NOW - DAY, proposer=0x22, disputer=0x23)
    line = sign("force_line_crossed", log(20), SignalSubject.ENTITY, ENTITY, None)
    bloc = sign("force_line_crossed", log(20), SignalSubject.GROUP, "co-voting-12ab", None)
    other = sign("block_line_crossed", log(20), SignalSubject.ENTITY, "0x" + "33" * 20, None)
    add(sessions, NOW, line, bloc, other)
    assert run(sessions, NOW) == 3
    links = [_links_of(alert) for alert in alerts(sessions)]
    pages = [of_alert[0] for of_alert in links]
    shown = to_checksum(bytes([0x22] * 20))
    assert sorted(pages) == [
        "/v1/blocs",
        f"/v1/proposers/{shown}",
        f"/v1/wallets/{to_checksum(bytes([0x33] * 20))}",
    ]
    assert all("/v1/attacks" in of_alert for of_alert in links)


def test_a_roll_names_the_markets_of_its_own_requests(sessions: sessionmaker[Session]) -> None:
    """Not the first by id with any sign in the round; another that joins is told as well."""
    requests = {number: f"0x{number:064x}" for number in (1, 2, 3)}
    markets = {number: f"0x{number + 16:064x}" for number in requests}

    def rolls(*numbers: int) -> AttackSign:
        return replace(sign("roll_blocked"), requests=tuple(requests[n] for n in numbers))

    of_markets = [
        replace(
            sign(signal, kind=SignalSubject.MARKET, subject=markets[number]),
            requests=(requests[number],),
        )
        for number, signal in ((1, "sealed_votes_large"), (2, "roll_blocked"), (3, "roll_blocked"))
    ]
    add(sessions, NOW, *of_markets[:2], rolls(2))
    assert run(sessions, NOW) == 1
    add(sessions, NOW + HOUR, of_markets[2], rolls(2, 3))
    assert run(sessions, NOW + HOUR) == 1
    assert run(sessions, NOW + 2 * HOUR) == 0
    first, second = alerts(sessions)
    assert first.facts["markets"] == [markets[2]]
    assert _links_of(first)[0].endswith(f"/markets/{markets[2]}")
    assert not any(markets[1] in link for link in _links_of(first))
    assert second.facts["markets"] == [markets[2], markets[3]]
    assert "1 of these 2 requests was paged before" in second.body


def test_what_an_import_finds_of_rounds_long_over_is_history(
    sessions: sessionmaker[Session],
) -> None:
    old = sign("roll_blocked", subject=str(ROUND - 9), round_id=ROUND - 9)
    add(sessions, NOW, old, sign("sealed_votes_large"))
    assert run(sessions, NOW) == 0


def test_where_false_pages_have_spent_the_budget_signs_go_to_the_digest(
    sessions: sessionmaker[Session],
) -> None:
    """One is free, and a quarter a week in 26 weeks are six and a half."""
    tiers = []
    for number in range(10):
        at = NOW + number * 2 * DAY
        there = round_at(int(at.timestamp()))
        add(sessions, at, sign("roll_blocked", subject=str(there), round_id=there))
        assert run(sessions, at) == 1
        tiers.append(alerts(sessions)[-1].facts["tier"])
    assert tiers == ["page"] * 8 + ["digest"] * 2
    assert deliveries(sessions) == 8


def test_pages_of_rounds_and_of_structural_signs_spend_one_budget(
    sessions: sessionmaker[Session],
) -> None:
    """Eight structural pages that nobody confirmed leave nothing to page a round's score with."""
    weeks = timedelta(weeks=20)
    for number in range(40):
        keep(sessions, NOW - weeks + number * 3 * DAY, {str(number): 0.1}, SignalSubject.ROUND)
    for number in range(8):
        at = NOW + number * 2 * DAY
        there = round_at(int(at.timestamp()))
        add(sessions, at, sign("roll_blocked", subject=str(there), round_id=there))
        if number < 7:
            assert run(sessions, at) == 1
    last = NOW + 14 * DAY
    with sessions() as session:
        told = list_told(session, last)
        weeks_seen = list_weeks(session, SignalSubject.ROUND, told, last)
    # The first of seven is free; those of the week under way do not count yet.
    assert sum(week.false_pages for week in weeks_seen) >= 5
    keep(sessions, last - HOUR, {"99999": 2.5}, SignalSubject.ROUND)
    assert run(sessions, last) == 1
    assert [alert.reason for alert in alerts(sessions)][-1] == "roll_blocked"
    assert run(sessions, last + HOUR) == 0


def keep(
    sessions: sessionmaker[Session],
    at: datetime,
    scores: dict[str, float],
    kind: SignalSubject = SignalSubject.GROUP,
) -> None:
    with sessions.begin() as session:
        for subject, log_lr in scores.items():
            pair = AttackSign(
                SignalFamily.RINGS,
                "pair",
                kind,
                subject,
                log_lr,
                Support.ASSUMED,
                f"Seen of {subject}.",
                evidence=(SignEvidence("DisputePrice", 137, TRANSACTION, 1),),
            )
            score = fuse(kind, subject, [pair])
            add_score(session, score, calibrate(score.score, LabelledScores()), 1, at)


def test_a_score_is_paged_above_what_half_a_year_has_seen_and_else_in_the_digest(
    sessions: sessionmaker[Session],
) -> None:
    for week in range(1, 27):
        at = NOW - timedelta(weeks=week)
        keep(sessions, at, {f"ring-{i}": 0.01 * i + 0.001 * week for i in range(8)})
    keep(sessions, NOW, {"ring-low": 0.02, "ring-high": 2.5})
    assert run(sessions, NOW) == 1
    [page] = alerts(sessions)
    assert (page.reason, page.facts["tier"]) == ("attack_score", "page")
    assert page.facts["subject"] == "ring-high"
    assert "uncalibrated ranked" in page.body
    # A week of peace, however the score moves.
    keep(sessions, NOW + DAY, {"ring-high": 2.9})
    assert run(sessions, NOW + DAY) == 1
    digest = alerts(sessions)[-1]
    assert (digest.facts["tier"], digest.facts["subject"]) == ("digest", "ring-low")
    assert deliveries(sessions) == 1


def test_the_digest_takes_the_twenty_highest_of_a_day(sessions: sessionmaker[Session]) -> None:
    keep(sessions, NOW, {f"ring-{i:02}": 0.1 * (i + 1) for i in range(25)})
    # No history: nobody is paged.
    assert run(sessions, NOW) == 0
    assert run(sessions, NOW + DAY) == 20
    assert run(sessions, NOW + DAY + timedelta(minutes=1)) == 0
    subjects = [alert.facts["subject"] for alert in alerts(sessions)]
    assert subjects[0] == "ring-24"
    assert "ring-04" not in subjects
    assert deliveries(sessions) == 0


def test_digests_of_scores_are_not_read_again_once_their_day_is_past(
    sessions: sessionmaker[Session],
) -> None:
    """Twenty a day, and never asked for; what spends a budget is read for half a year."""
    add(sessions, NOW, sign("roll_blocked"))
    keep(sessions, NOW, {"ring": 1.0})
    assert run(sessions, NOW) == 1
    assert run(sessions, NOW + DAY) == 1
    with sessions() as session:
        kept = {one.tier.value for one in list_told(session, NOW + 2 * DAY)}
        later = {one.tier.value for one in list_told(session, NOW + 30 * DAY)}
    assert (kept, later) == ({"page", "digest"}, {"page"})


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def test_a_line_crossed_before_the_first_run_is_no_page(whole: sessionmaker[Session]) -> None:
    """The whale's 75.3 % of 13 March, first looked at a week later and first looked at that day."""
    late = datetime(2025, 3, 20, 12, tzinfo=UTC)
    watch_rounds(whole, SetClock(late), BOOK)
    run(whole, late)
    told = {str(alert.reason): alert.facts["tier"] for alert in alerts(whole)}
    assert told["force_line_crossed"] == "digest"


def test_a_line_crossed_on_the_day_of_the_first_run_is_a_page(
    whole: sessionmaker[Session],
) -> None:
    at = datetime(2025, 3, 13, 12, tzinfo=UTC)
    watch_rounds(whole, SetClock(at), BOOK)
    run(whole, at)
    tiers = {a.facts["tier"] for a in alerts(whole) if a.reason == "force_line_crossed"}
    assert tiers == {"page"}


def test_the_recorded_flip_is_told_while_it_can_still_be_acted_on(
    whole: sessionmaker[Session],
) -> None:
    for at in (
        datetime(2025, 3, 12, 1, 14, tzinfo=UTC),
        datetime(2025, 3, 13, 0, 23, 24, tzinfo=UTC),
    ):
        clock = SetClock(at)
        watch_rounds(whole, clock, BOOK)
        fuse_attacks(whole, clock)
        run(whole, at)
    told = {str(alert.reason): alert.raised_at for alert in alerts(whole)}
    # The first is known 22 h before the request rolls, the others 47 h before it is answered.
    assert told.keys() >= {"roll_blocked", "stake_inflow_in_commit", "force_line_crossed"}
    assert told["roll_blocked"] == datetime(2025, 3, 12, 1, 14, tzinfo=UTC)
    assert told["stake_inflow_in_commit"] == datetime(2025, 3, 13, 0, 23, 24, tzinfo=UTC)
