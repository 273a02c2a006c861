"""Whether a sign of an attack, or an attack score, is news, and how loudly it is told. Pure.

docs/methodology.md, "Alert budget".
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from models.attack_enums import SignalSubject
from models.enums import AlertReason
from service.risk.signs.alert_threshold import BUDGETS, WEEKS, Threshold
from service.risk.signs.attack_pages import (
    DIGEST_PER_DAY,
    STRUCTURAL_REASONS,
    Tier,
    Told,
    counted_false,
)

# Of one subject and name people are not told again so soon.
COOLDOWN = timedelta(days=7)
_BLOCK = AlertReason.BLOCK_LINE.value
# How the key of a sign ends that tells of opened votes which no hand among them decides alone.
_OF_HEADS = ":heads"
# How the key of a score ends that was named on the page of another.
_NAMED = ":named"
# Of the digest of requests that join a roll: a key has 200 characters.
_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Repeated:
    """Of how many requests how many had been paged before."""

    paged: int
    requests: int


@dataclass(frozen=True, slots=True)
class AttackDecision:
    """A named reason to tell people, its key and its tier."""

    reason: AlertReason
    reason_key: str
    tier: Tier
    # The key of the first page of any of these requests; None where none was paged.
    follows: str | None = None
    repeated: Repeated | None = None
    # Of opened votes that no hand among them decides alone.
    by_heads: bool = False


def structural_decision(  # a sign, whom it is of, and what was told
    signal: str,
    about: tuple[SignalSubject, str],
    onset: datetime,
    told: Collection[Told],
    now: datetime,
    *,
    by_heads: bool = False,
    hand: str | None = None,
) -> AttackDecision | None:
    """The news in a structural sign that stands since ``onset``; None where there is none.

    Only that it appeared is news, not that it grew. False pages beyond the first count against the
    budget of rounds, as do their scores; where that is spent the sign goes to the digest. What
    began ``by_heads`` is news once more where one hand turns out to decide.

    ``hand``: whose stake it rests on, if not the subject's own. A group above a line that one of
    its entities is above alone is told with that entity; who is above the line that decides is not
    told again to be above the one that blocks; and who could force one round and gain by it is
    paged once in 7 days, in whichever round.
    """
    if hand is not None and about[0] is SignalSubject.GROUP:
        return None
    if signal == _BLOCK and _is_told_to_decide(about, onset, told):
        return None
    begin = f"attack:{signal}:{about[0].value}:{about[1]}:"
    key = f"{begin}{onset:%Y%m%dT%H%M%SZ}{_OF_HEADS if by_heads else ''}"
    if not by_heads:
        told = [one for one in told if not one.reason_key.endswith(_OF_HEADS)]
    if any(one.reason_key == key for one in told):
        return None
    if any(one.reason_key.startswith(begin) and now - one.raised_at < COOLDOWN for one in told):
        return None
    is_digest = _is_spent(SignalSubject.ROUND, told, now) or _is_repeat(signal, hand, told, now)
    tier = Tier.DIGEST if is_digest else Tier.PAGE
    return AttackDecision(STRUCTURAL_REASONS[signal], key, tier, by_heads=by_heads)


def _is_told_to_decide(
    about: tuple[SignalSubject, str], onset: datetime, told: Iterable[Told]
) -> bool:
    """Whether the subject was told to be above the line that decides, not long before or since."""
    begin = f"attack:{AlertReason.FORCE_LINE.value}:{about[0].value}:{about[1]}:"
    return any(
        one.reason_key.startswith(begin) and one.raised_at > onset - COOLDOWN for one in told
    )


def _is_repeat(signal: str, hand: str | None, told: Iterable[Told], now: datetime) -> bool:
    """Whether the same of the same hand was paged lately, of another round."""
    begin = f"attack:{signal}:"
    return hand is not None and any(
        one.hand == hand
        and one.tier is Tier.PAGE
        and one.reason_key.startswith(begin)
        and now - one.raised_at < COOLDOWN
        for one in told
    )


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
    round and rolls again. What began as the one may still turn out to be the other, once. Requests
    that join a roll already told are news of their own.
    """
    reason = AlertReason.ROLL_BLOCKED
    begin = f"attack:{reason.value}:{SignalSubject.ROUND.value}:{roll.round_id}:"
    key = f"{begin}{roll.onset:%Y%m%dT%H%M%SZ}"
    quiet_key = f"{key}:digest"
    quiet = [one for one in told if one.reason_key.startswith(quiet_key)]
    loud = [one for one in told if one.reason_key.startswith(key) and one not in quiet]
    if any(not one.requests for one in loud):
        # Of a release that did not name them: all of them, for all that is known.
        return None
    rolls = f"attack:{reason.value}:"
    paged = [one for one in told if one.reason_key.startswith(rolls) and one.tier is Tier.PAGE]
    before = [one for one in paged if one.requests & roll.requests]
    news = roll.requests - _requests_of([*paged, *loud])
    repeated = Repeated(len(roll.requests & _requests_of(before)), len(roll.requests))
    first = min(before, key=lambda one: one.raised_at, default=None)
    follows = None if first is None else first.reason_key
    if roll.by_few and (news or not roll.requests):
        tier = Tier.DIGEST if _is_spent(SignalSubject.ROUND, told, now) else Tier.PAGE
        return AttackDecision(reason, _key_of(key, news, loud), tier, follows, repeated)
    untold = roll.requests - _requests_of([*loud, *quiet])
    if (loud or quiet) and not untold:
        return None
    return AttackDecision(reason, _key_of(quiet_key, untold, quiet), Tier.DIGEST, follows, repeated)


def _requests_of(told: Iterable[Told]) -> frozenset[str]:
    return frozenset(name for one in told for name in one.requests)


def _key_of(key: str, news: Collection[str], earlier: Collection[Told]) -> str:
    """The key itself the first time; then one of its own for the same requests, however many."""
    if not earlier:
        return key
    return f"{key}:{sha256(' '.join(sorted(news)).encode()).hexdigest()[:_KEY_DIGITS]}"


def score_decision(
    about: tuple[SignalSubject, str],
    score: float,
    threshold: Threshold,
    told: Collection[Told],
    now: datetime,
) -> AttackDecision | None:
    """A page for a score above the threshold, at most one in 7 days of one subject.

    None of a round where false pages have spent the budget that it shares with structural signs,
    nor of a market that a page of another named lately.
    """
    begin = f"attack:score:{about[0].value}:{about[1]}:"
    is_told = any(
        one.reason_key.startswith(begin) and _is_paged(one) and now - one.raised_at < COOLDOWN
        for one in told
    )
    if is_told or not threshold.is_exceeded(score):
        return None
    if about[0] is SignalSubject.ROUND and _is_spent(SignalSubject.ROUND, told, now):
        return None
    return AttackDecision(AlertReason.ATTACK_SCORE, f"{begin}{now:%Y%m%dT%H%M%SZ}", Tier.PAGE)


def joined(decision: AttackDecision, lead: AttackDecision) -> AttackDecision:
    """The record of a score that the page of a higher one names: told with it, and not again."""
    key = f"{decision.reason_key}{_NAMED}"
    return replace(decision, reason_key=key, tier=Tier.DIGEST, follows=lead.reason_key)


def _is_paged(one: Told) -> bool:
    return one.tier is Tier.PAGE or one.reason_key.endswith(_NAMED)


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
        one.reason_key.removesuffix(_NAMED).rsplit(":", 1)[0]
        for one in told
        if _is_paged(one) and day <= one.raised_at < day + timedelta(days=1)
    }
    found = []
    for kind, subject in ranked:
        begin = f"attack:score:{kind.value}:{subject}"
        key = f"{begin}:digest-{day:%Y%m%d}"
        if begin not in paged:
            decision = AttackDecision(AlertReason.ATTACK_SCORE, key, Tier.DIGEST)
            found.append(((kind, subject), decision))
    return [(about, one) for about, one in found[:DIGEST_PER_DAY] if one.reason_key not in keys]
