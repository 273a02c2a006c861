"""What a replay left in its database, look by look: scores, signs and alerts as of their time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.alert import Alert
from models.assessment import MarketAssessment
from models.attack_enums import SignalSubject
from models.attack_signal import AttackSignal
from models.enums import AlertReason
from models.market import Market
from service.demo.case import SERIES, Case, Knowable, MoneyPoint, PricePoint
from service.demo.parts import Stated
from service.protocol.ids import to_hex
from service.store.timeline.timeline import list_timeline

# Chains and announcements. The rest of a timeline is our own, or repeats the chain.
TOLD_KINDS = frozenset(
    {
        "announcement",
        "clarification",
        "dispute",
        "note",
        "override",
        "payout",
        "proposal",
        "question_flagged",
        "question_initialized",
        "question_paused",
        "question_unflagged",
        "question_unpaused",
        "settlement",
        "vote_answer",
    }
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert as it was stored."""

    raised_at: datetime
    reason: str
    title: str
    reason_key: str
    # Of an alert that the market trades against the answer: which figure made it one.
    measure: str | None = None

    @property
    def is_state_change(self) -> bool:
        """Whether it says no more than that the question has got into another state."""
        return self.reason == AlertReason.STATE_WORSENED

    @property
    def is_digest(self) -> bool:
        """Whether it is a line of the day's list, which pages nobody."""
        return ":digest-" in self.reason_key

    @property
    def is_of_price(self) -> bool:
        """Whether it says that the market trades against the answer."""
        return self.reason in {AlertReason.CONTRADICTED, AlertReason.CONTRADICTED_MORE}


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of an attack as it was stored; signs that went away are not told."""

    signal: str
    family: str
    log_lr: float
    words: str


@dataclass(frozen=True, slots=True)
class Known:
    """Something that became known, and what of it nobody published: nothing, its time, or all."""

    at: datetime
    words: str
    assumed: Literal["", "time assumed", "assumed"]


@dataclass(frozen=True, slots=True)
class Score:
    """P(paid wrong) as stored, with its 90 % interval."""

    mean: float
    low: float
    high: float
    state: str
    support: str
    model_version: str
    priors_version: str


@dataclass(frozen=True, slots=True)
class Look:
    """One instant: what became known since the one before, and what was made of it."""

    at: datetime
    known: tuple[Known, ...]
    score: Score | None
    alarms: tuple[Alarm, ...]
    signs: tuple[Sign, ...]


def list_alarms(session: Session, market: Market) -> tuple[Alarm, ...]:
    """All alerts about the market or its votes, oldest first; those about the data are not."""
    query = select(Alert).where(
        or_(Alert.market_id == market.id, Alert.market_id.is_(None)),
        Alert.reason != AlertReason.DATA,
    )
    return tuple(
        Alarm(row.raised_at, str(row.reason), row.title, row.reason_key, _measure(row))
        for row in session.scalars(query.order_by(Alert.id))
    )


def _measure(row: Alert) -> str | None:
    measure = row.facts.get("measure")
    return measure if isinstance(measure, str) else None


def list_looks(
    session: Session,
    market: Market,
    case: Case,
    instants: Sequence[datetime],
    alarms: Sequence[Alarm],
) -> tuple[Look, ...]:
    """Every instant with what is stored of it."""
    known = sorted([*_from_logs(session, market, case), *_from_case(case)], key=lambda k: k.at)
    looks = []
    before: datetime | None = None
    for instant in instants:
        looks.append(
            Look(
                at=instant,
                known=tuple(
                    k for k in known if k.at <= instant and (before is None or k.at > before)
                ),
                score=_score(session, market, instant),
                alarms=tuple(alarm for alarm in alarms if alarm.raised_at == instant),
                signs=_signs(session, market, instant),
            )
        )
        before = instant
    return tuple(looks)


def _from_logs(session: Session, market: Market, case: Case) -> Iterator[Known]:
    marks = {step.at: _mark(step) for step in case.steps}
    if case.announcement is not None:
        marks[case.announcement.at] = _mark(case.announcement)
    for entry in list_timeline(session, market):
        if entry.kind in TOLD_KINDS:
            yield Known(entry.at, entry.sentence, marks.get(entry.at, ""))


def _from_case(case: Case) -> Iterator[Known]:
    """Published figures and facts that are no log."""
    for name in SERIES:
        for point in getattr(case, name):
            yield Known(point.at, _words(case, name, point), _mark(point))


def _mark(stated: Stated) -> Literal["", "time assumed", "assumed"]:
    if stated.invented:
        return "assumed"
    return "time assumed" if getattr(stated, "minute", "known") == "invented" else ""


def _words(case: Case, name: str, point: MoneyPoint | PricePoint | Knowable) -> str:
    if isinstance(point, Knowable):
        return point.text
    if isinstance(point, PricePoint):
        return f"\u201c{case.market.outcomes[0]}\u201d trades at {point.yes:f}."
    what = "Traded so far" if name == "volume" else "Open interest"
    return f"{what}: ${point.usdc:,.0f}."


def _score(session: Session, market: Market, at: datetime) -> Score | None:
    query = (
        select(MarketAssessment)
        .where(MarketAssessment.market_id == market.id, MarketAssessment.as_of <= at)
        .order_by(MarketAssessment.as_of.desc(), MarketAssessment.id.desc())
        .limit(1)
    )
    row = session.scalar(query)
    if row is None:
        return None
    return Score(
        row.p_mean,
        row.p_low,
        row.p_high,
        str(row.state),
        str(row.support),
        row.model_version,
        row.priors_version,
    )


def _signs(session: Session, market: Market, at: datetime) -> tuple[Sign, ...]:
    # The database holds this one case: what is about no market is about its votes or those who
    # took part in it. Its twins' signs repeat its own.
    ours = or_(
        AttackSignal.subject_kind != SignalSubject.MARKET,
        AttackSignal.subject == to_hex(market.condition_id),
    )
    query = select(AttackSignal).where(AttackSignal.known_at == at, AttackSignal.log_lr != 0, ours)
    return tuple(
        Sign(row.signal, str(row.family), row.log_lr, str(row.document.get("words", "")))
        for row in session.scalars(query.order_by(AttackSignal.id))
    )
