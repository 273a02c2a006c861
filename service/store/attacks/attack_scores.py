"""Attack scores: which are due, kept when they say something new, read as of a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from models.attack_enums import SignalSubject
from models.attack_score import AttackScore as Row
from models.attack_signal import AttackSignal
from service.risk.signs.attack_calibration import Calibrated
from service.risk.signs.attack_fusion import (
    FUSION_VERSION,
    AttackScore,
    score_digest,
    score_document,
)
from service.risk.signs.structural_signs import BLOCK_LINE, FORCE_LINE
from service.store.upserts import IN_CHUNK, chunks

_Key = tuple[SignalSubject, str]
# Scored for signs about themselves.
_OWN = frozenset({SignalSubject.MARKET, SignalSubject.GROUP})
# Their signs belong to no round, and count in whichever is under way.
_ANYWHERE = frozenset({SignalSubject.ENTITY, SignalSubject.PLATFORM})


@dataclass(frozen=True, slots=True)
class DueSubject:
    """A subject about which something was said that its newest score has not read."""

    kind: SignalSubject
    subject: str
    # The newest sign about it.
    through: int


def latest_attack_score(
    session: Session, kind: SignalSubject, subject: str, as_of: datetime
) -> Row | None:
    """The newest score of a subject known by a time; None where it was never scored."""
    query = select(Row).where(
        Row.subject_kind == kind, Row.subject == subject, Row.known_at <= as_of
    )
    return session.scalars(query.order_by(Row.id.desc()).limit(1)).first()


def add_score(
    session: Session,
    score: AttackScore,
    calibrated: Calibrated,
    through: int,
    known_at: datetime,
) -> bool:
    """Keep a score unless it says what the newest one says; whether it was kept.

    One that says the same is marked as having read the newer signs.
    """
    newest = latest_attack_score(session, score.subject_kind, score.subject, known_at)
    digest = score_digest(score, calibrated.status)
    if newest is not None and newest.digest == digest:
        newest.through = max(newest.through, through)
        return False
    session.add(
        Row(
            subject_kind=score.subject_kind,
            subject=score.subject,
            score=score.score,
            calibration_status=calibrated.status.value,
            p_mean=calibrated.mean,
            p_low=calibrated.low,
            p_high=calibrated.high,
            support=score.support,
            through=through,
            document=score_document(score),
            digest=digest,
            model_version=FUSION_VERSION,
            known_at=known_at,
        )
    )
    session.flush()
    return True


def list_due(
    session: Session, since: datetime, as_of: datetime, *, current_round: int, limit: int
) -> list[DueSubject]:
    """Subjects with signs since an instant that no score has read yet, oldest news first.

    A sign that belongs to a round is news for the round and for the round's markets with signs of
    their own; one of an entity or of all markets is news for the round under way.
    """
    newest = _news(session, since, as_of, current_round)
    read = _read(session, list(newest), as_of)
    due = [
        DueSubject(kind, subject, through)
        for (kind, subject), through in newest.items()
        if read.get((kind, subject), 0) < through
    ]
    return sorted(due, key=lambda one: (one.through, one.kind, one.subject))[:limit]


def _read(session: Session, keys: Sequence[_Key], as_of: datetime) -> dict[_Key, int]:
    """Up to which sign each subject's scores have read."""
    found: dict[_Key, int] = {}
    # Two parameters a subject.
    for part in chunks(keys, IN_CHUNK // 2):
        query = (
            select(Row.subject_kind, Row.subject, func.max(Row.through))
            .where(tuple_(Row.subject_kind, Row.subject).in_(part), Row.known_at <= as_of)
            .group_by(Row.subject_kind, Row.subject)
        )
        for kind, subject, through in session.execute(query):
            found[SignalSubject(kind), subject] = through
    return found


def _news(
    session: Session, since: datetime, as_of: datetime, current_round: int
) -> dict[_Key, int]:
    sign = AttackSignal
    query = (
        select(sign.subject_kind, sign.subject, sign.round_id, func.max(sign.id))
        .where(sign.known_at >= since, sign.known_at <= as_of)
        .group_by(sign.subject_kind, sign.subject, sign.round_id)
    )
    newest: dict[_Key, int] = {}
    rounds: dict[int, int] = {}
    markets: dict[_Key, set[int]] = {}
    for word, subject, round_id, last in session.execute(query):
        kind = SignalSubject(word)
        if kind in _OWN:
            newest[kind, subject] = max(newest.get((kind, subject), 0), last)
        at_round = round_id
        if at_round is None and kind in _ANYWHERE:
            at_round = current_round
        if at_round is not None:
            rounds[at_round] = max(rounds.get(at_round, 0), last)
        if kind is SignalSubject.MARKET and round_id is not None:
            markets.setdefault((kind, subject), set()).add(round_id)
    # A group's ring is its own affair; that it is above a line concerns the round.
    lines = session.scalar(
        select(func.max(sign.id)).where(
            sign.subject_kind == SignalSubject.GROUP,
            sign.signal.in_([FORCE_LINE, BLOCK_LINE]),
            sign.known_at >= since,
            sign.known_at <= as_of,
        )
    )
    if lines is not None:
        rounds[current_round] = max(rounds.get(current_round, 0), lines)
    for key, voted in markets.items():
        newest[key] = max(newest[key], *(rounds[one] for one in voted))
    return newest | {(SignalSubject.ROUND, str(one)): last for one, last in rounds.items()}


@dataclass(frozen=True, slots=True)
class ScorePage:
    """Newest scores, highest first, after a position."""

    rows: Sequence[Row]
    has_more: bool


def list_attack_scores(
    session: Session,
    as_of: datetime,
    *,
    kinds: Collection[SignalSubject],
    limit: int,
    after: tuple[float, int] | None = None,
) -> ScorePage:
    """The newest score of each subject known by a time, highest first, then newest."""
    newest = (
        select(func.max(Row.id))
        .where(Row.known_at <= as_of, Row.subject_kind.in_(sorted(kinds)))
        .group_by(Row.subject_kind, Row.subject)
    )
    query = select(Row).where(Row.id.in_(newest))
    if after is not None:
        score, row_id = after
        query = query.where(or_(Row.score < score, and_(Row.score == score, Row.id < row_id)))
    rows = session.scalars(query.order_by(Row.score.desc(), Row.id.desc()).limit(limit + 1)).all()
    return ScorePage(rows[:limit], len(rows) > limit)
