"""The half of ``send_alerts`` that is about attacks: structural signs, then scores.

A sign is news when it appears; a score when it is above what the alert budget allows. The rest is
stored in the digest. docs/methodology.md, "Alert budget".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.attack_enums import SignalSubject
from models.attack_score import AttackScore
from models.market import Market
from service.alerts.attack import (
    AttackDecision,
    Roll,
    digest_of,
    joined,
    roll_decision,
    score_decision,
    structural_decision,
)
from service.alerts.attack_wording import AttackSubject, SignLine, compose_attack
from service.alerts.links import (
    attacks_page,
    blocs_page,
    market_page,
    proposer_page,
    round_page,
    transaction_page,
    voter_page,
    wallet_page,
)
from service.protocol.ids import parse_address, parse_hex32
from service.protocol.rounds import round_at
from service.risk.signs.alert_threshold import BUDGETS, Threshold, threshold_of
from service.risk.signs.attack_pages import STRUCTURAL_REASONS, Tier, Told
from service.risk.signs.ring_signs import CATEGORY
from service.risk.signs.structural_signs import (
    BLOCK_LINE,
    FORCE_LINE,
    ROLL_BLOCKED,
    is_by_few,
    is_by_heads,
)
from service.store.alerts.alerts import NewAlert, add_pending_notifications, claim_alert
from service.store.alerts.attack_alerts import (
    RaisedSign,
    list_new_scores,
    list_raised_signs,
    list_told,
    list_weeks,
    markets_of_round,
    stood_before,
)
from service.store.attacks.standing_signs import find_standing
from service.store.wallets.address_roles import find_roles

# What a stop of the service may last without a sign or a score being missed.
LOOKBACK = timedelta(days=1)
# A market's own row of a round's sign is told with the round.
_TOLD_OF = (SignalSubject.ROUND, SignalSubject.ENTITY, SignalSubject.GROUP)
_DAY = timedelta(days=1)
_MOST_MARKETS = 20


@dataclass(frozen=True, slots=True)
class _Telling:
    """Whom to tell, and from where."""

    session: Session
    now: datetime
    destinations: Sequence[str]
    page_base_url: str


def raise_attack_alerts(
    session: Session, now: datetime, destinations: Sequence[str], page_base_url: str
) -> int:
    """Claim what is news; returns how many. A claimed key is never claimed again."""
    telling = _Telling(session, now, destinations, page_base_url)
    signs = list_raised_signs(session, [*STRUCTURAL_REASONS], _TOLD_OF, now - LOOKBACK, now)
    scores = list_new_scores(session, now - LOOKBACK, now)
    if not signs and not scores:
        return 0
    told = list_told(session, now)
    return sum(
        (
            _raise_signs(telling, [sign for sign in signs if _is_present(sign, now)], told),
            _raise_scores(telling, scores, told),
            _raise_digest(telling, told),
        )
    )


def _is_present(sign: RaisedSign, now: datetime) -> bool:
    """Not of a round long over: what an import or a backfill finds is history."""
    round_id = sign.row.round_id
    return round_id is None or round_id >= round_at(int(now.timestamp())) - 1


def _raise_signs(telling: _Telling, signs: Sequence[RaisedSign], told: list[Told]) -> int:
    raised = 0
    # Who decides alone can hold back as well: that is told first, and is all there is to tell.
    signs = sorted(signs, key=lambda one: one.row.signal == BLOCK_LINE)
    decide = _who_decides(telling) if signs and signs[-1].row.signal == BLOCK_LINE else set()
    for sign in signs:
        row = sign.row
        if row.signal == BLOCK_LINE and (row.subject_kind, row.subject) in decide:
            continue
        kind = SignalSubject(row.subject_kind)
        about = kind, row.subject
        document: dict[str, Any] = dict(row.document)
        hand = document.get("hand")
        roll = _roll_of(sign, document)
        decision = (
            structural_decision(
                row.signal,
                about,
                sign.onset,
                told,
                telling.now,
                by_heads=is_by_heads(row.signal, row.log_lr),
                hand=hand,
            )
            if roll is None
            else roll_decision(roll, told, telling.now)
        )
        if decision is None:
            continue
        if decision.tier is Tier.PAGE and stood_before(telling.session, sign):
            decision = replace(decision, tier=Tier.DIGEST)
        subject = AttackSubject(
            kind=kind,
            subject=row.subject,
            title=None,
            signs=(SignLine(str(document["words"]), row.log_lr),),
            score=None,
            calibration_status=None,
            known_at=row.known_at,
            model_version=row.model_version,
            links=(),
        )
        requests = document.get("requests", ())
        ground = _Ground(document["evidence"], row.round_id, requests, hand)
        raised += _claim(telling, subject, decision, told, ground)
    return raised


def _who_decides(telling: _Telling) -> set[tuple[str, str]]:
    """Kinds and subjects that stand above the line that decides."""
    return {
        (kind.value, subject)
        for kind in (SignalSubject.ENTITY, SignalSubject.GROUP)
        for subject in find_standing(telling.session, kind, (FORCE_LINE,), telling.now)
    }


def _roll_of(sign: RaisedSign, document: Mapping[str, Any]) -> Roll | None:
    row = sign.row
    if row.signal != ROLL_BLOCKED or row.round_id is None:
        return None
    requests = frozenset(map(str, document.get("requests", ())))
    return Roll(row.round_id, requests, is_by_few(row.log_lr), sign.onset)


def _raise_scores(telling: _Telling, scores: Sequence[AttackScore], told: list[Told]) -> int:
    raised = 0
    for kind, budget in BUDGETS.items():
        of_kind = [row for row in scores if row.subject_kind == kind]
        if not of_kind:
            continue
        threshold = threshold_of(list_weeks(telling.session, kind, told, telling.now), budget)
        if kind is SignalSubject.MARKET:
            raised += _raise_markets(telling, of_kind, threshold, told)
            continue
        for row in of_kind:
            decision = score_decision((kind, row.subject), row.score, threshold, told, telling.now)
            if decision is not None:
                raised += _claim_score(telling, row, decision, told)
    return raised


def _raise_markets(
    telling: _Telling, rows: Sequence[AttackScore], threshold: Threshold, told: list[Told]
) -> int:
    """One page for all markets above the threshold at once: what lifts many is one occurrence.

    ``rows``: the highest first.
    """
    found = [
        (row, decision)
        for row in rows
        if (
            decision := score_decision(
                (SignalSubject.MARKET, row.subject), row.score, threshold, told, telling.now
            )
        )
    ]
    if not found:
        return 0
    (first, lead), others = found[0], found[1:]
    raised = _claim_score(telling, first, lead, told, [row for row, _ in others])
    for row, decision in others:
        raised += _claim_score(telling, row, joined(decision, lead), told)
    return raised


def _raise_digest(telling: _Telling, told: list[Told]) -> int:
    """Yesterday's highest scores, once the day is over: at most 20, stored only."""
    today = telling.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day = today - _DAY
    scores = list_new_scores(telling.session, day, today - timedelta(microseconds=1))
    # What only lowers a base rate is no news.
    rows = {(SignalSubject(row.subject_kind), row.subject): row for row in scores if _is_up(row)}
    digest = digest_of(list(rows), day, told)
    return sum(_claim_score(telling, rows[about], one, told) for about, one in digest)


def _is_up(row: AttackScore) -> bool:
    base = row.document.get("base_log_odds")
    return isinstance(base, float) and row.score > base


def _claim_score(
    telling: _Telling,
    row: AttackScore,
    decision: AttackDecision,
    told: list[Told],
    others: Sequence[AttackScore] = (),
) -> int:
    parts: Any = row.document["contributions"]
    kind = SignalSubject(row.subject_kind)
    subject = AttackSubject(
        kind=kind,
        subject=row.subject,
        title=_title(telling.session, row) if kind is SignalSubject.MARKET else None,
        signs=tuple(SignLine(str(part["words"]), float(part["log_lr_capped"])) for part in parts),
        score=row.score,
        calibration_status=row.calibration_status,
        known_at=row.known_at,
        model_version=row.model_version,
        links=(),
        others=[_title(telling.session, one) or one.subject for one in others],
    )
    evidence = [one for part in parts for one in part["evidence"]]
    round_id = int(row.subject) if kind is SignalSubject.ROUND else None
    named = [one.subject for one in others]
    return _claim(telling, subject, decision, told, _Ground(evidence, round_id, others=named))


def _title(session: Session, row: AttackScore) -> str | None:
    market = _market(session, row.subject)
    return None if market is None else market.title


def _market(session: Session, condition_id: str) -> Market | None:
    query = select(Market).where(Market.condition_id == parse_hex32(condition_id))
    return session.scalars(query).first()


@dataclass(frozen=True, slots=True)
class _Ground:
    """What an alert rests on."""

    evidence: Sequence[dict[str, Any]]
    round_id: int | None
    requests: Sequence[str] = ()
    # As ``AttackSign.hand``.
    hand: str | None = None
    # Condition ids of further markets its page names.
    others: Sequence[str] = ()


def _claim(
    telling: _Telling,
    subject: AttackSubject,
    decision: AttackDecision,
    told: list[Told],
    ground: _Ground,
) -> int:
    session, base, round_id = telling.session, telling.page_base_url, ground.round_id
    markets = _markets_of(session, subject, ground, telling.now)
    transactions = list(
        dict.fromkeys(
            (int(one["chain_id"]), str(one["transaction"]))
            for one in ground.evidence
            if one["transaction"] is not None and one["chain_id"] is not None
        )
    )
    links = [
        *(market_page(parse_hex32(one), base) for one in markets[:2]),
        *_subject_pages(session, subject, telling.now, base),
        attacks_page(base) if round_id is None else round_page(round_id, base),
        *(transaction_page(chain_id, parse_hex32(one)) for chain_id, one in transactions),
    ]
    words = compose_attack(replace(subject, links=links), decision)
    of_market = subject.kind is SignalSubject.MARKET
    market = _market(session, subject.subject) if of_market else None
    new = NewAlert(
        market_id=None if market is None else market.id,
        assessment_id=None,
        reason=decision.reason,
        reason_key=decision.reason_key,
        title=words.title,
        body=words.body,
        facts={
            "tier": decision.tier.value,
            "subject_kind": subject.kind.value,
            "subject": subject.subject,
            "round_id": round_id,
            "markets": markets,
            "requests": list(ground.requests),
            "hand": ground.hand,
            "follows": decision.follows,
            "score": subject.score,
            "calibration_status": subject.calibration_status,
            "model_version": subject.model_version,
            "signs": [{"words": one.words, "log_lr": one.log_lr} for one in subject.signs],
            "transactions": [{"chain_id": c, "transaction": one} for c, one in transactions],
            "links": links,
        },
        raised_at=telling.now,
    )
    alert = claim_alert(session, new)
    if alert is None:
        return 0
    told.append(
        Told(
            decision.reason_key,
            decision.tier,
            telling.now,
            is_false=True,
            requests=frozenset(ground.requests),
            hand=ground.hand,
        )
    )
    if decision.tier is Tier.PAGE:
        add_pending_notifications(session, alert.id, telling.destinations, telling.now)
    return 1


def _subject_pages(session: Session, subject: AttackSubject, now: datetime, base: str) -> list[str]:
    """Where an entity is told of, or a group: a ring by its least address, a bloc in its list."""
    if subject.kind not in (SignalSubject.ENTITY, SignalSubject.GROUP):
        return []
    try:
        address = parse_address(subject.subject)
    except ValueError:
        is_category = subject.subject.startswith(CATEGORY)
        return [] if is_category else [blocs_page(base)]
    roles = find_roles(session, address, now)
    pages = [
        *([] if roles.voter is None else [voter_page(roles.voter, base)]),
        *([] if roles.actor is None else [proposer_page(roles.actor, base)]),
    ]
    return pages or [wallet_page(address, base)]


def _markets_of(
    session: Session, subject: AttackSubject, ground: _Ground, now: datetime
) -> list[str]:
    """Its own and those named with it; those of the requests; else the first of the round."""
    if subject.kind is SignalSubject.MARKET:
        return [subject.subject, *ground.others]
    if ground.round_id is None:
        return []
    if ground.requests:
        return markets_of_round(session, ground.round_id, now, ground.requests)
    return markets_of_round(session, ground.round_id, now)[:_MOST_MARKETS]
