"""What an alert says of a sign of an attack, or of a score. Pure.

It reports stake, votes, shares and links. It names no person and suggests no intent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.attack_enums import SignalSubject
from models.enums import AlertReason
from service.alerts.attack import AttackDecision
from service.alerts.plain import one_line, utc
from service.alerts.wording import TITLE_LENGTH, Wording
from service.risk.signs.attack_pages import Tier
from service.risk.signs.sign_words import count

_HEADLINES = {
    AlertReason.ROLL_BLOCKED: "A leading answer is held below the line",
    AlertReason.STAKE_INFLOW: "Stake moved into a vote under way",
    AlertReason.FORCE_LINE: "A share of stake that decides alone",
    AlertReason.BLOCK_LINE: "A share of stake that can hold an answer back",
    AlertReason.FORCE_PAYS: "Stake that can force a round, and might gain by it",
    AlertReason.ATTACK_SCORE: "Unusual signs together",
}
_BY_HEADS = "Opened votes that decide against the count of heads"
_WORDS_LENGTH = 400
_MOST_SIGNS = 5
_MOST_LINKS = 8
_MOST_OTHERS = 5
CAUTION = (
    "A pattern in public records, of addresses and not of people. There may be an ordinary "
    "explanation, and it says nothing about anybody's intent."
)


@dataclass(frozen=True, slots=True)
class SignLine:
    """One sign behind the alert, in its own words; ``log_lr`` as it counts."""

    words: str
    log_lr: float


@dataclass(frozen=True, slots=True)
class AttackSubject:
    """All such an alert tells."""

    kind: SignalSubject
    subject: str
    # A market's title; None for everything else.
    title: str | None
    signs: tuple[SignLine, ...]
    # In log odds, and how it may be read; None without a score.
    score: float | None
    calibration_status: str | None
    known_at: datetime
    # The version of what found it.
    model_version: str
    links: Sequence[str]
    # Titles of markets whose scores were as unusual at the same moment, the highest first.
    others: Sequence[str] = ()


def compose_attack(subject: AttackSubject, decision: AttackDecision) -> Wording:
    """The title and the text."""
    signs = sorted(subject.signs, key=lambda sign: -sign.log_lr)[:_MOST_SIGNS]
    lines = [
        *(one_line(sign.words, _WORDS_LENGTH) for sign in signs),
        *_others(subject),
        *_earlier(decision),
        *_score_line(subject),
        CAUTION,
        f"Known at {utc(subject.known_at)}, found by {subject.model_version}.",
        *subject.links[:_MOST_LINKS],
    ]
    headline = _BY_HEADS if decision.by_heads else _HEADLINES[decision.reason]
    if decision.tier is Tier.DIGEST:
        headline = f"Digest: {headline[0].lower()}{headline[1:]}"
    more = count(len(subject.others), "more market", "more markets")
    name = f"{_name(subject)}, and {more}" if subject.others else _name(subject)
    return Wording(f"{headline}: {name}", "\n".join(lines))


def _others(subject: AttackSubject) -> list[str]:
    if not subject.others:
        return []
    named = [one_line(title, TITLE_LENGTH) for title in subject.others[:_MOST_OTHERS]]
    rest = len(subject.others) - len(named)
    more = [f"and {rest} more"] if rest else []
    return [f"At the same moment, as unusual: {'; '.join([*named, *more])}."]


def _earlier(decision: AttackDecision) -> list[str]:
    """Which page this continues: keys are ``attack:reason:kind:subject:time``."""
    if decision.follows is None or decision.repeated is None:
        return []
    paged, requests = decision.repeated.paged, decision.repeated.requests
    where = f"in voting round {decision.follows.split(':')[3]}"
    if requests == 1:
        return [f"This request was paged before, first {where}."]
    if paged == requests:
        return [f"All {requests} requests were paged before, the first of them {where}."]
    were = "was" if paged == 1 else "were"
    return [f"{paged} of these {requests} requests {were} paged before, the first {where}."]


def _score_line(subject: AttackSubject) -> list[str]:
    if subject.score is None:
        return []
    status = (subject.calibration_status or "").replace("_", " ")
    return [f"Attack score {subject.score:.1f} in log odds ({status}: its order counts)."]


def _name(subject: AttackSubject) -> str:
    match subject.kind:
        case SignalSubject.MARKET:
            return one_line(subject.title or f"market {subject.subject}", TITLE_LENGTH)
        case SignalSubject.ROUND:
            return f"voting round {subject.subject}"
        case SignalSubject.ENTITY:
            return f"stake of {subject.subject}"
        case SignalSubject.GROUP:
            return f"group {one_line(subject.subject, TITLE_LENGTH)}"
        case SignalSubject.PLATFORM:
            return "all markets"
