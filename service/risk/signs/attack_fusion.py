"""One attack score of a market, a round or a ring from the signs about it.

S = logit(base rate) + the sum of ln LR, every family held within 3 either way: its signs lean on
the same ground, and none may decide alone. docs/methodology.md, "One attack score".
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.risk.log_odds import expit
from service.risk.signs.attack_signs import AttackSign, sign_document, strongest_first

FUSION_VERSION = "fusion-1.0.1"
FAMILY_CAP = 3.0
# Equal signs must give equal scores: a threshold is an earlier score, exceeded or not.
_DIGITS = 9

# Jeffreys: one alleged attack in 600 rounds, about 26 requests a round (third-party counts).
_ROUND_RATE = 1.5 / 601
BASE_RATES = {
    SignalSubject.ROUND: _ROUND_RATE,
    SignalSubject.MARKET: _ROUND_RATE / 26,
    # Assumed as rare as attacked rounds.
    SignalSubject.GROUP: _ROUND_RATE,
}
SCORED = frozenset(BASE_RATES)


@dataclass(frozen=True, slots=True)
class Contribution:
    """One sign's part in a score: as found, and as it counts under its family's cap."""

    sign: AttackSign
    capped: float

    @property
    def raw(self) -> float:
        """Its ln LR before the cap."""
        return self.sign.log_lr


@dataclass(frozen=True, slots=True)
class AttackScore:
    """The score of one subject: ``base + sum(capped)``, to nine digits after the point."""

    subject_kind: SignalSubject
    subject: str
    # In log odds.
    base: float
    score: float
    # By how much each counts, strongest first.
    contributions: tuple[Contribution, ...]

    @property
    def odds_scale(self) -> float:
        """The score on the scale of a probability, of which only the order means anything."""
        return expit(self.score)

    @property
    def support(self) -> Support:
        """Measured only where everything is."""
        supports = {one.sign.support for one in self.contributions}
        if supports == {Support.MEASURED}:
            return Support.MEASURED
        return Support.ASSUMED if supports <= {Support.ASSUMED} else Support.MIXED


def fuse(kind: SignalSubject, subject: str, signs: Iterable[AttackSign]) -> AttackScore:
    """The score of a subject; signs of one name count once, by the strongest.

    ``KeyError`` where no base rate is known for the kind.
    """
    base = logit(BASE_RATES[kind])
    parts = _capped(_once_each(signs))
    total = round(sum((part.capped for part in parts), base), _DIGITS)
    ranked = sorted(parts, key=lambda part: (-abs(part.capped), part.sign.family, part.sign.signal))
    return AttackScore(kind, subject, base, total, tuple(ranked))


def _once_each(signs: Iterable[AttackSign]) -> list[AttackSign]:
    """The strongest of each name: a round and its market may tell of the same."""
    kept: dict[tuple[SignalFamily, str], AttackSign] = {}
    for sign in strongest_first(sign for sign in signs if sign.log_lr != 0):
        kept.setdefault((sign.family, sign.signal), sign)
    return [kept[key] for key in sorted(kept)]


def _capped(signs: Sequence[AttackSign]) -> list[Contribution]:
    sums: dict[SignalFamily, float] = {}
    for sign in signs:
        sums[sign.family] = sums.get(sign.family, 0.0) + sign.log_lr
    # All of a family shrink alike: which of them counts less nobody can say.
    factors = {family: FAMILY_CAP / max(abs(s), FAMILY_CAP) for family, s in sums.items()}
    return [Contribution(sign, sign.log_lr * factors[sign.family]) for sign in signs]


def score_document(score: AttackScore) -> dict[str, object]:
    """What the API prints of a score beside its columns."""
    families: dict[str, dict[str, float]] = {}
    for part in score.contributions:
        family = families.setdefault(part.sign.family.value, {"raw": 0.0, "capped": 0.0})
        family["raw"] += part.raw
        family["capped"] += part.capped
    return {
        "base_log_odds": score.base,
        "family_cap": FAMILY_CAP,
        "families": dict(sorted(families.items())),
        "contributions": [_part(part) for part in score.contributions],
        "support": score.support.value,
        "notice": "A score reports patterns in public records. It says nothing about anybody's "
        "intent, and its order, not its size, is what can be used.",
    }


def _part(part: Contribution) -> dict[str, object]:
    sign = part.sign
    return {
        "family": sign.family.value,
        "signal": sign.signal,
        "subject_kind": sign.subject_kind.value,
        "subject": sign.subject,
        "round_id": sign.round_id,
        "log_lr": part.raw,
        "log_lr_capped": part.capped,
        "value": sign.value,
        "unit": sign.unit,
        "support": sign.support.value,
        **sign_document(sign),
    }


def score_digest(score: AttackScore, status: str) -> bytes:
    """SHA-256 of all a score says: equal where nothing is new."""
    said = [FUSION_VERSION, score.subject_kind, score.subject, status, score_document(score)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def logit(p: float) -> float:
    """Log odds of a probability."""
    return log(p / (1 - p))
