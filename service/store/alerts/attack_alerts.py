"""What the attack alerts are decided from: signs that stand, what was told, weeks of scores."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.alert import Alert
from models.attack_enums import SignalSubject
from models.attack_score import AttackScore
from models.attack_signal import AttackSignal
from models.market import Market
from models.oracle import Payout
from models.voting import StakeChange
from service.protocol.ids import parse_hex32, to_hex
from service.risk.signs.alert_threshold import WEEKS, Week
from service.risk.signs.attack_pages import REASONS, STRUCTURAL_REASONS, Tier, Told, counted_false
from service.store.markets.request_markets import markets_of_requests
from service.store.truth.wrong_payouts import list_wrong_payouts

_WEEK = timedelta(weeks=1)
# A digest is of the day before.
_DIGESTS_KEPT = timedelta(days=3)
# Stake that was known so long before it was first looked at is no event of that day.
_SETTLED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RaisedSign:
    """A sign that stands, as told last, and since when it does without a break."""

    row: AttackSignal
    onset: datetime


def list_raised_signs(
    session: Session,
    signals: Collection[str],
    kinds: Collection[SignalSubject],
    since: datetime,
    as_of: datetime,
) -> list[RaisedSign]:
    """Signs of these names and subjects that stand and were told since an instant."""
    query = (
        select(AttackSignal)
        .where(
            AttackSignal.signal.in_(sorted(signals)),
            AttackSignal.subject_kind.in_(sorted(kinds)),
            AttackSignal.known_at >= since,
            AttackSignal.known_at <= as_of,
        )
        .order_by(AttackSignal.id)
    )
    histories: dict[tuple[str, str, str, int | None], list[AttackSignal]] = {}
    for row in session.scalars(query):
        key = row.subject_kind, row.subject, row.signal, row.round_id
        histories.setdefault(key, []).append(row)
    return [
        RaisedSign(rows[-1], _onset(session, rows))
        for rows in histories.values()
        if rows[-1].log_lr > 0
    ]


def stood_before(session: Session, sign: RaisedSign) -> bool:
    """Whether a line was crossed before anybody watched: no news, though it is seen first now.

    So it is if the sign is of the first run that found any, and the newest stake behind it had been
    known for a day by then. Where the stake's logs are not stored nobody can say so.
    """
    if sign.row.round_id is not None:
        return False
    first = session.scalar(
        select(func.min(AttackSignal.known_at)).where(
            AttackSignal.signal.in_(sorted(STRUCTURAL_REASONS))
        )
    )
    if first is None or sign.onset > first:
        return False
    evidence: Any = sign.row.document["evidence"]
    transactions = [parse_hex32(one["transaction"]) for one in evidence if one["transaction"]]
    newest = session.scalar(
        select(func.max(StakeChange.known_at)).where(StakeChange.transaction_hash.in_(transactions))
    )
    return newest is not None and newest < sign.onset - _SETTLED


def _onset(session: Session, rows: list[AttackSignal]) -> datetime:
    """The first row after the newest that says it was gone, whenever that was."""
    last = rows[-1]
    same = (
        AttackSignal.subject_kind == last.subject_kind,
        AttackSignal.subject == last.subject,
        AttackSignal.signal == last.signal,
        AttackSignal.round_id.is_(None)
        if last.round_id is None
        else AttackSignal.round_id == last.round_id,
        AttackSignal.id <= last.id,
    )
    gone = session.scalar(select(func.max(AttackSignal.id)).where(*same, AttackSignal.log_lr <= 0))
    first = session.scalar(
        select(func.min(AttackSignal.known_at)).where(*same, AttackSignal.id > (gone or 0))
    )
    return last.known_at if first is None else first


def list_told(session: Session, now: datetime) -> list[Told]:
    """The alerts about attacks of the last half year; those nobody confirmed count as false.

    Of the daily digests of scores, which are most of them, those of the last days alone: they are
    asked for only in order to tell none twice.
    """
    query = (
        select(Alert.reason_key, Alert.facts, Alert.raised_at)
        .where(
            Alert.reason.in_(sorted(REASONS)),
            Alert.raised_at >= now - WEEKS * _WEEK,
            Alert.raised_at <= now,
            (Alert.raised_at >= now - _DIGESTS_KEPT) | Alert.reason_key.not_like("%:digest-%"),
        )
        .order_by(Alert.id)
    )
    alerts = session.execute(query).all()
    wrong = _wrong_conditions(session, now) if alerts else frozenset()
    return [
        Told(
            key,
            Tier(str(facts["tier"])),
            raised_at,
            is_false=not wrong.intersection(_names(facts, "markets")),
            requests=frozenset(_names(facts, "requests")),
            hand=hand if isinstance(hand := facts.get("hand"), str) else None,
        )
        for key, facts, raised_at in alerts
    ]


def _names(facts: dict[str, object], key: str) -> list[str]:
    found = facts.get(key)
    return [str(one) for one in found] if isinstance(found, list) else []


def _wrong_conditions(session: Session, now: datetime) -> frozenset[str]:
    wrong = [market for market, is_wrong in list_wrong_payouts(session, now).items() if is_wrong]
    if not wrong:
        return frozenset()
    query = select(Market.condition_id).where(Market.id.in_(wrong))
    return frozenset(to_hex(condition) for condition in session.scalars(query))


def list_weeks(
    session: Session, kind: SignalSubject, told: Collection[Told], now: datetime
) -> list[Week]:
    """The whole weeks (Monday, UTC) behind ``now`` since the first score, 26 at most.

    Of each the highest score of every subject, and the false pages that count against their budget.
    """
    this_week = monday(now)
    first = session.scalar(
        select(func.min(AttackScore.known_at)).where(
            AttackScore.subject_kind == kind, AttackScore.known_at <= now
        )
    )
    if first is None:
        return []
    begin = max(monday(first), this_week - WEEKS * _WEEK)
    incidents = _incident_weeks(session, begin, now)
    false = counted_false(kind, told)
    weeks = []
    while begin < this_week:
        query = (
            select(func.max(AttackScore.score))
            .where(
                AttackScore.subject_kind == kind,
                AttackScore.known_at >= begin,
                AttackScore.known_at < begin + _WEEK,
            )
            .group_by(AttackScore.subject)
        )
        pages = sum(begin <= one.raised_at < begin + _WEEK for one in false)
        weeks.append(Week(tuple(session.scalars(query)), pages, begin in incidents))
        begin += _WEEK
    return weeks


def _incident_weeks(session: Session, since: datetime, now: datetime) -> frozenset[datetime]:
    """Weeks in which a market was paid wrong, as far as labels are settled."""
    wrong = [market for market, is_wrong in list_wrong_payouts(session, now).items() if is_wrong]
    if not wrong:
        return frozenset()
    query = (
        select(Payout.known_at)
        .join(Market, Market.condition_id == Payout.condition_id)
        .where(Market.id.in_(wrong), Payout.known_at >= since, Payout.known_at <= now)
    )
    return frozenset(monday(known_at) for known_at in session.scalars(query))


def list_new_scores(session: Session, since: datetime, as_of: datetime) -> list[AttackScore]:
    """The highest score of each subject kept since an instant, highest first."""
    query = (
        select(AttackScore)
        .where(AttackScore.known_at >= since, AttackScore.known_at <= as_of)
        .order_by(AttackScore.score.desc(), AttackScore.id.desc())
    )
    best: dict[tuple[str, str], AttackScore] = {}
    for row in session.scalars(query):
        best.setdefault((row.subject_kind, row.subject), row)
    return list(best.values())


def markets_of_round(
    session: Session, round_id: int, as_of: datetime, requests: Collection[str] = ()
) -> list[str]:
    """Condition ids of the markets with a sign of this round; of these requests, where named.

    Of requests that are named those that are about a market count, whatever sign it has.
    """
    query = select(AttackSignal.subject, AttackSignal.document).where(
        AttackSignal.round_id == round_id,
        AttackSignal.subject_kind == SignalSubject.MARKET,
        AttackSignal.known_at <= as_of,
    )
    wanted = set(requests)
    about = markets_of_requests(session, [parse_hex32(one) for one in sorted(wanted)], as_of)
    return sorted(
        {
            *about.values(),
            *(
                market
                for market, document in session.execute(query)
                if not wanted or wanted.intersection(_names(document, "requests"))
            ),
        }
    )


def monday(at: datetime) -> datetime:
    """The Monday, 00:00 UTC, of an instant's week."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())
