"""The signs one attack score is made of, as they were known at a time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.attack_enums import SignalFamily, SignalSubject
from models.attack_signal import AttackSignal
from models.enums import Category, Support
from models.market import Market
from service.protocol.ids import parse_hex32, to_hex
from service.protocol.rounds import RoundTime
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.risk.signs.structural_signs import BLOCK_LINE, FORCE_LINE
from service.risk.wording_features import wording_logit
from service.store.attacks.attack_signals import signals_of, signals_of_round
from service.store.markets.rule_versions import list_versions
from service.store.scores.round_assessments import newest_of_round

# Its points add up to the sign; docs/methodology.md, "Rule text".
RULE_WORDING = "rule_wording"


def signs_for(
    session: Session, kind: SignalSubject, subject: str, as_of: datetime
) -> list[AttackSign]:
    """Every sign that counts for a market, a round or a ring; those that went away are left out."""
    match kind:
        case SignalSubject.ROUND:
            round_id = int(subject)
            shared = _anywhere(session, _until_its_end(round_id, as_of))
            return _standing([*signals_of_round(session, round_id, as_of), *shared])
        case SignalSubject.MARKET:
            own = signals_of(session, [(kind, subject)], as_of)
            rounds = {row.round_id for row in own if row.round_id is not None}
            whole = [row for one in sorted(rounds) for row in _of_round_itself(session, one, as_of)]
            return [*_standing([*own, *whole]), *_wording(session, subject, as_of)]
        case _:
            return _standing(signals_of(session, [(kind, subject)], as_of))


def has_requests(session: Session, round_id: int, as_of: datetime) -> bool:
    """Whether a round votes on anything, as far as is known: nothing can be attacked in it else.

    Told by a sign of the round itself, or by its newest assessment.
    """
    if signals_of_round(session, round_id, as_of):
        return True
    assessed = newest_of_round(session, round_id, as_of)
    return assessed is not None and assessed.requests > 0


def to_sign(row: AttackSignal) -> AttackSign:
    """A stored sign as it was made."""
    document: dict[str, Any] = dict(row.document)
    return AttackSign(
        family=SignalFamily(row.family),
        signal=row.signal,
        subject_kind=SignalSubject(row.subject_kind),
        subject=row.subject,
        log_lr=row.log_lr,
        support=Support(row.support),
        words=str(document["words"]),
        value=row.value,
        unit=row.unit,
        low=document["low"],
        high=document["high"],
        round_id=row.round_id,
        evidence=tuple(SignEvidence(**one) for one in document["evidence"]),
        requests=tuple(document.get("requests", ())),
        hand=document.get("hand"),
    )


def _standing(rows: Iterable[AttackSignal]) -> list[AttackSign]:
    return [to_sign(row) for row in rows if row.log_lr != 0]


def _of_round_itself(session: Session, round_id: int, as_of: datetime) -> list[AttackSignal]:
    """What is said of a round as a whole: other markets' signs are not this one's."""
    rows = signals_of(session, [(SignalSubject.ROUND, str(round_id))], as_of)
    return [row for row in rows if row.round_id == round_id]


def _until_its_end(round_id: int, as_of: datetime) -> datetime:
    """No later than the round: stake that came after its end decided nothing in it."""
    return min(as_of, datetime.fromtimestamp(RoundTime(round_id).ends_at, UTC))


def _anywhere(session: Session, as_of: datetime) -> list[AttackSignal]:
    """What belongs to no round: who holds more than a line, and what is true of all markets."""
    newest = (
        select(func.max(AttackSignal.id))
        .where(
            AttackSignal.known_at <= as_of,
            AttackSignal.round_id.is_(None),
            (AttackSignal.subject_kind == SignalSubject.PLATFORM)
            | (
                AttackSignal.subject_kind.in_([SignalSubject.ENTITY, SignalSubject.GROUP])
                & AttackSignal.signal.in_([FORCE_LINE, BLOCK_LINE])
            ),
        )
        .group_by(AttackSignal.subject_kind, AttackSignal.subject, AttackSignal.signal)
    )
    query = select(AttackSignal).where(AttackSignal.id.in_(newest)).order_by(AttackSignal.id)
    return list(session.scalars(query))


def _wording(session: Session, condition_id: str, as_of: datetime) -> list[AttackSign]:
    """What a market's text adds: its points above what is usual in its category."""
    condition = parse_hex32(condition_id)
    market = session.scalars(select(Market).where(Market.condition_id == condition)).first()
    if market is None:
        return []
    versions = list_versions(session, market.id, most=1, as_of=as_of)
    if not versions:
        return []
    points = wording_logit(market.title, versions[0].text, Category(market.category))
    if points == 0:
        return []
    more = "more" if points > 0 else "less"
    ground = f"rules text {to_hex(versions[0].text_hash)}"
    return [
        AttackSign(
            family=SignalFamily.TEXT,
            signal=RULE_WORDING,
            subject_kind=SignalSubject.MARKET,
            subject=condition_id,
            log_lr=points,
            support=Support.ASSUMED,
            words=f"The wording can be read two ways {more} than is usual for its category.",
            value=round(points, 4),
            unit="log_odds",
            evidence=(SignEvidence(ground),),
        )
    ]
