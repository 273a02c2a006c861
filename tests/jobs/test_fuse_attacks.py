"""Scores follow new signs, are kept as rows of their time, and come back ranked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.fuse_attacks import fuse_attacks
from models.attack_enums import SignalFamily, SignalSubject
from models.attack_score import AttackScore
from models.enums import Support
from service.clock import SetClock
from service.protocol.rounds import RoundTime, round_at
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.store.attacks.attack_scores import latest_attack_score, list_attack_scores
from service.store.attacks.attack_signals import add_signals
from service.store.scores.round_assessments import NewRoundAssessment, add_round_assessment

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ROUND = round_at(int(NOW.timestamp()))
MARKET = "0x" + "ab" * 32
HOUR = timedelta(hours=1)
TRANSACTION = "0x" + "11" * 32


def sign(
    name: str,
    log_lr: float,
    kind: SignalSubject = SignalSubject.ROUND,
    subject: str = str(ROUND),
    round_id: int | None = ROUND,
    family: SignalFamily = SignalFamily.STAKE,
) -> AttackSign:
    evidence = (SignEvidence("Staked", 1, TRANSACTION, 3),)
    return AttackSign(
        family,
        name,
        kind,
        subject,
        log_lr,
        Support.ASSUMED,
        "Seen.",
        round_id=round_id,
        evidence=evidence,
    )


def add(sessions: sessionmaker[Session], at: datetime, *signs: AttackSign) -> None:
    with sessions.begin() as session:
        add_signals(session, signs, "test", at)


def newest(
    sessions: sessionmaker[Session], kind: SignalSubject, subject: str, at: datetime
) -> AttackScore:
    with sessions() as session:
        row = latest_attack_score(session, kind, subject, at)
        assert row is not None
        session.expunge(row)
        return row


def test_a_score_is_made_once_of_what_was_known_and_shows_its_transactions(
    sessions: sessionmaker[Session],
) -> None:
    clock = SetClock(NOW)
    add(sessions, NOW - HOUR, sign("roll_blocked", 1.6))
    add(sessions, NOW + HOUR, sign("stake_inflow_in_commit", 2.0))
    assert fuse_attacks(sessions, clock).counts == {"due": 1, "added": 1}
    assert fuse_attacks(sessions, clock).counts == {"due": 0, "added": 0}
    row = newest(sessions, SignalSubject.ROUND, str(ROUND), NOW)
    assert row.calibration_status == "uncalibrated_ranked"
    assert row.p_mean is None
    parts = row.document["contributions"]
    assert isinstance(parts, list)
    assert [part["signal"] for part in parts] == ["roll_blocked"]
    assert parts[0]["evidence"][0]["transaction"] == TRANSACTION
    clock.advance(2 * HOUR)
    assert fuse_attacks(sessions, clock).counts == {"due": 1, "added": 1}
    later = newest(sessions, SignalSubject.ROUND, str(ROUND), clock.now())
    assert later.score > row.score
    # What was known then is still told of then.
    assert newest(sessions, SignalSubject.ROUND, str(ROUND), NOW).score == row.score


def test_a_sign_that_goes_away_lowers_the_score(sessions: sessionmaker[Session]) -> None:
    clock = SetClock(NOW)
    add(sessions, NOW - HOUR, sign("roll_blocked", 1.6))
    fuse_attacks(sessions, clock)
    clock.advance(HOUR)
    add(sessions, clock.now(), sign("roll_blocked", 0.0))
    fuse_attacks(sessions, clock)
    with sessions() as session:
        scores = list(session.scalars(select(AttackScore.score).order_by(AttackScore.id)))
    assert len(scores) == 2
    assert scores[1] < scores[0]


def test_news_of_a_round_reaches_its_markets_and_an_entity_the_round_under_way(
    sessions: sessionmaker[Session],
) -> None:
    clock = SetClock(NOW)
    own = sign("conflict", 1.0, SignalSubject.MARKET, MARKET, ROUND, SignalFamily.CONFLICTS)
    add(sessions, NOW - HOUR, own)
    fuse_attacks(sessions, clock)
    alone = newest(sessions, SignalSubject.MARKET, MARKET, NOW)
    clock.advance(HOUR)
    entity = sign("force_line_crossed", 3.0, SignalSubject.ENTITY, "0x" + "22" * 20, None)
    add(sessions, clock.now(), sign("roll_blocked", 1.6), entity)
    fuse_attacks(sessions, clock)
    together = newest(sessions, SignalSubject.MARKET, MARKET, clock.now())
    assert together.score > alone.score
    around = newest(sessions, SignalSubject.ROUND, str(ROUND), clock.now())
    parts = around.document["contributions"]
    assert isinstance(parts, list)
    assert {part["signal"] for part in parts} == {"conflict", "roll_blocked", "force_line_crossed"}


def test_a_round_that_is_over_takes_no_sign_of_what_came_after_it(
    sessions: sessionmaker[Session],
) -> None:
    """A late log of the last round has it scored anew; a line crossed since is not its own."""
    clock = SetClock(NOW)
    last = str(ROUND - 1)
    late = sign("roll_blocked", 1.6, SignalSubject.ROUND, last, ROUND - 1)
    line = sign("force_line_crossed", 3.0, SignalSubject.ENTITY, "0x" + "22" * 20, None)
    end = datetime.fromtimestamp(RoundTime(ROUND - 1).ends_at, UTC)
    before = replace(line, signal="block_line_crossed")
    add(sessions, end - HOUR, before)
    add(sessions, end + HOUR, line, late)
    fuse_attacks(sessions, clock)
    parts = newest(sessions, SignalSubject.ROUND, last, NOW).document["contributions"]
    assert isinstance(parts, list)
    assert {part["signal"] for part in parts} == {"block_line_crossed", "roll_blocked"}


def assess(sessions: sessionmaker[Session], at: datetime, requests: int) -> None:
    with sessions.begin() as session:
        new = NewRoundAssessment(
            round_id=ROUND,
            as_of=at,
            phase="commit",
            requests=requests,
            logs=requests,
            digest=bytes([requests] * 32),
            dollars_exposed=0.0,
            dollars_forceable=None,
            raw_attempt=0.0,
            document={},
            model_version="test",
            priors_version="test",
            inputs=b"",
        )
        add_round_assessment(session, new)


def test_a_round_is_scored_once_it_votes_on_something(sessions: sessionmaker[Session]) -> None:
    """That somebody is above a line is true of every round; without a request it is of none."""
    clock = SetClock(NOW)
    line = sign("force_line_crossed", 3.0, SignalSubject.ENTITY, "0x" + "22" * 20, None)
    add(sessions, NOW - HOUR, line)
    assert fuse_attacks(sessions, clock).counts == {"due": 0, "added": 0}
    assess(sessions, NOW, 0)
    assert fuse_attacks(sessions, clock).counts == {"due": 0, "added": 0}
    assess(sessions, NOW + HOUR, 3)
    assert fuse_attacks(sessions, clock).counts == {"due": 0, "added": 0}
    clock.advance(HOUR)
    assert fuse_attacks(sessions, clock).counts == {"due": 1, "added": 1}


def test_scores_are_listed_highest_first_page_by_page(sessions: sessionmaker[Session]) -> None:
    rings = [
        sign("pair", strength, SignalSubject.GROUP, f"ring-{i}", None, SignalFamily.RINGS)
        for i, strength in enumerate((0.5, 2.0, 1.0, 2.0))
    ]
    add(sessions, NOW - HOUR, *rings)
    fuse_attacks(sessions, SetClock(NOW))
    seen: list[str] = []
    after: tuple[float, int] | None = None
    with sessions() as session:
        while True:
            page = list_attack_scores(session, NOW, kinds=set(SignalSubject), limit=3, after=after)
            seen += [row.subject for row in page.rows]
            if not page.has_more:
                break
            after = page.rows[-1].score, page.rows[-1].id
    assert seen == ["ring-3", "ring-1", "ring-2", "ring-0"]
