"""Assessments of rounds as they age, on both databases."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.prune import prune, round_policy_of
from models.round_assessment import RoundAssessment
from service.clock import SetClock
from service.protocol.retention import RetentionPolicy
from service.protocol.rounds import round_at
from service.settings import load_settings
from service.store.scores.round_assessments import NewRoundAssessment, add_round_assessment
from service.store.scores.round_captures import get_captured
from tests.store.scenes import NOW

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
POLICY = RetentionPolicy()
ROUNDS = RetentionPolicy(full=14 * DAY, hourly=30 * DAY)
MARKET = "0x" + "ab" * 32


def assess(
    sessions: sessionmaker[Session],
    at: datetime,
    captured: float = 0.1,
    phase: str = "commit",
    forceable: float | None = 0.0,
) -> None:
    document: dict[str, object] = {
        "blocs": [{"p_captured": {"r": captured}}],
        "docket": [{"id": "r", "market_id": MARKET, "role": "operative"}],
    }
    new = NewRoundAssessment(
        round_id=round_at(int(at.timestamp())),
        as_of=at,
        phase=phase,
        requests=1,
        logs=1,
        digest=bytes(32),
        dollars_exposed=0.0,
        dollars_forceable=forceable,
        raw_attempt=0.0,
        document=document,
        model_version="attack-1",
        priors_version="1",
        inputs=b"",
    )
    with sessions.begin() as session:
        add_round_assessment(session, new)


def instants(sessions: sessionmaker[Session]) -> list[datetime]:
    with sessions() as session:
        query = select(RoundAssessment.as_of).order_by(RoundAssessment.as_of)
        return list(session.scalars(query))


def clean(sessions: sessionmaker[Session], *, dry_run: bool = False) -> int:
    report = prune(sessions, SetClock(NOW), POLICY, ROUNDS, dry_run=dry_run)
    return report.counts.get("round_assessments", 0)


def test_a_round_of_long_ago_keeps_ends_extremes_and_what_scores_read(
    sessions: sessionmaker[Session],
) -> None:
    begin = NOW - 20 * DAY
    for number in range(30):
        # What is forceable peaks once, and the chance of a capture is another for five minutes.
        assess(
            sessions,
            begin + number * MINUTE,
            0.2 if 10 <= number < 15 else 0.1,
            forceable=9.0 if number == 20 else 1.0,
        )

    def read() -> list[dict[bytes, float]]:
        rounds = [round_at(int(begin.timestamp()))]
        with sessions() as session:
            return [get_captured(session, rounds, begin + n * MINUTE) for n in range(-1, 40)]

    before = read()
    assert clean(sessions, dry_run=True) == 25
    assert clean(sessions) == 25
    assert [(at - begin) // MINUTE for at in instants(sessions)] == [0, 10, 15, 20, 29]
    assert read() == before
    assert clean(sessions) == 0


def test_a_chance_that_moves_behind_its_second_digit_keeps_nothing(
    sessions: sessionmaker[Session],
) -> None:
    begin = NOW - 20 * DAY
    for number in range(30):
        assess(sessions, begin + number * MINUTE, 0.1 + number / 10_000)
    clean(sessions)
    assert [(at - begin) // MINUTE for at in instants(sessions)] == [0, 29]


def test_phases_are_thinned_apart_and_by_day_once_they_are_old(
    sessions: sessionmaker[Session],
) -> None:
    begin = (NOW - 40 * DAY).replace(hour=1, minute=0)
    for number in range(20):
        phase = "commit" if number < 10 else "over"
        assess(sessions, begin + number * 30 * MINUTE, phase=phase, forceable=None)
    clean(sessions)
    assert [(at - begin) // (30 * MINUTE) for at in instants(sessions)] == [0, 9, 10, 19]


def test_rounds_under_way_or_young_keep_everything(sessions: sessionmaker[Session]) -> None:
    for begin in (NOW, NOW - 2 * DAY, NOW - 13 * DAY):
        for number in range(5):
            assess(sessions, begin - number * MINUTE)
    assert clean(sessions) == 0
    # Whatever is set: a round under way is never thinned.
    strict = RetentionPolicy(full=timedelta(0), hourly=timedelta(0))
    prune(sessions, SetClock(NOW + MINUTE), POLICY, strict)
    left = instants(sessions)
    assert sum(at > NOW - 3 * DAY for at in left) == 10
    assert sum(at < NOW - 3 * DAY for at in left) < 5


def test_assessments_are_never_thinned_by_the_day_before_they_are_by_the_hour() -> None:
    settings = load_settings(round_full_days=60, snapshot_hourly_days=30)
    assert round_policy_of(settings) == RetentionPolicy(full=60 * DAY, hourly=60 * DAY)
