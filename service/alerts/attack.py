"""Whether a sign of an attack, or an attack score, is news, and how loudly it is told. Pure.

docs/methodology.md, "Alert budget".
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.attack_enums import SignalSubject
from models.enums import AlertReason
from service.risk.alert_threshold import BUDGETS, WEEKS, Threshold
from service.risk.attack_pages import (
    DIGEST_PER_DAY,
    STRUCTURAL_REASONS,
    Tier,
    Told,
    counted_false,
)

# Of one subject and name people are not told again so soon.
COOLDOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AttackDecision:
    """A named reason to tell people, its key and its tier."""

    reason: AlertReason
    reason_key: str
    tier: Tier
    # The key of the page that this continues; None for news of its own.
    follows: str | None = None


def structural_decision(
    signal: str,
    about: tuple[SignalSubject, str],
    onset: datetime,
    told: Collection[Told],
    now: datetime,
) -> AttackDecision | None:
    """The news in a structural sign that stands since ``onset``; None where there is none.

    Only that it appeared is news, not that it grew. False pages beyond the first count against the
    budget of rounds, as do their scores; where that is spent the sign goes to the digest.
    """
    begin = f"attack:{signal}:{about[0].value}:{about[1]}:"
    key = f"{begin}{onset:%Y%m%dT%H%M%SZ}"
    if any(one.reason_key == key for one in told):
        return None
    if any(one.reason_key.startswith(begin) and now - one.raised_at < COOLDOWN for one in told):
        return None
    tier = Tier.DIGEST if _is_spent(SignalSubject.ROUND, told, now) else Tier.PAGE
    return AttackDecision(STRUCTURAL_REASONS[signal], key, tier)


@dataclass(frozen=True, slots=True)
class Roll:
    """A round's sign that requests roll. ``by_few``: few hands keep them there."""

    round_id: int
    requests: frozenset[str]
    by_few: bool
    onset: datetime


def roll_decision(roll: Roll, told: Collection[Told], now: datetime) -> AttackDecision | None:
    """The news in a roll: a page once a request, by few hands; None where there is none.

    Voters who disagree are told in the digest, and so is a request that was paged in an earlier
    round and rolls again. What began as the one may still turn out to be the other, once.
    """
    reason = AlertReason.ROLL_BLOCKED
    begin = f"attack:{reason.value}:{SignalSubject.ROUND.value}:{roll.round_id}:"
    key = f"{begin}{roll.onset:%Y%m%dT%H%M%SZ}"
    keys = {one.reason_key for one in told}
    if key in keys:
        return None
    rolls = f"attack:{reason.value}:"
    paged = [one for one in told if one.reason_key.startswith(rolls) and one.tier is Tier.PAGE]
    before = [one for one in paged if one.requests & roll.requests]
    is_news = not roll.requests.issubset({name for one in before for name in one.requests})
    if roll.by_few and (is_news or not roll.requests):
        tier = Tier.DIGEST if _is_spent(SignalSubject.ROUND, told, now) else Tier.PAGE
        return AttackDecision(reason, key, tier)
    digest = f"{key}:digest"
    if digest in keys:
        return None
    first = min(before, key=lambda one: one.raised_at, default=None)
    follows = None if first is None else first.reason_key
    return AttackDecision(reason, digest, Tier.DIGEST, follows)


def score_decision(
    about: tuple[SignalSubject, str],
    score: float,
    threshold: Threshold,
    told: Collection[Told],
    now: datetime,
) -> AttackDecision | None:
    """A page for a score above the threshold, at most one in 7 days of one subject.

    None of a round where false pages have spent the budget that it shares with structural signs.
    """
    begin = f"attack:score:{about[0].value}:{about[1]}:"
    is_told = any(
        one.reason_key.startswith(begin)
        and one.tier is Tier.PAGE
        and now - one.raised_at < COOLDOWN
        for one in told
    )
    if is_told or not threshold.is_exceeded(score):
        return None
    if about[0] is SignalSubject.ROUND and _is_spent(SignalSubject.ROUND, told, now):
        return None
    return AttackDecision(AlertReason.ATTACK_SCORE, f"{begin}{now:%Y%m%dT%H%M%SZ}", Tier.PAGE)


def _is_spent(kind: SignalSubject, told: Collection[Told], now: datetime) -> bool:
    since = now - timedelta(weeks=WEEKS)
    false = counted_false(kind, [one for one in told if one.raised_at >= since])
    return len(false) >= BUDGETS[kind] * WEEKS


def digest_of(
    ranked: Sequence[tuple[SignalSubject, str]], day: datetime, told: Collection[Told]
) -> list[tuple[tuple[SignalSubject, str], AttackDecision]]:
    """The day's highest scores for the digest, without those that were paged in it."""
    keys = {one.reason_key for one in told}
    paged = {
        one.reason_key.rsplit(":", 1)[0]
        for one in told
        if one.tier is Tier.PAGE and day <= one.raised_at < day + timedelta(days=1)
    }
    found = []
    for kind, subject in ranked:
        begin = f"attack:score:{kind.value}:{subject}"
        key = f"{begin}:digest-{day:%Y%m%d}"
        if begin not in paged:
            decision = AttackDecision(AlertReason.ATTACK_SCORE, key, Tier.DIGEST)
            found.append(((kind, subject), decision))
    return [(about, one) for about, one in found[:DIGEST_PER_DAY] if one.reason_key not in keys]
