"""A sign of a coordinated attack: what it says, how strongly, and what it rests on.

docs/methodology.md, "One attack score". Detectors make signs, the store keeps them, the fusion adds
their logarithms up under the cap of each family. A sign reports a pattern and accuses nobody.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support


@dataclass(frozen=True, slots=True)
class SignEvidence:
    """A transaction a sign rests on, or in words what else."""

    ground: str
    chain_id: int | None = None
    # 0x-hex.
    transaction: str | None = None
    log_index: int | None = None


@dataclass(frozen=True, slots=True)
class AttackSign:
    """One sign about one subject. ``log_lr`` 0: it was looked for and is not there (any more)."""

    family: SignalFamily
    signal: str
    subject_kind: SignalSubject
    subject: str
    # Natural logarithm of P(seen | attack) / P(seen | no attack), before the family's cap.
    log_lr: float
    support: Support
    # One sentence, for people: what was seen, not what it means about anybody.
    words: str
    value: float | None = None
    unit: str = ""
    # 90 % interval of ``value``, where it has one.
    low: float | None = None
    high: float | None = None
    round_id: int | None = None
    evidence: tuple[SignEvidence, ...] = ()
    # Requests of the vote it is about, 0x-hex, where telling them apart matters.
    requests: tuple[str, ...] = ()
    # The entity or group whose stake it rests on, where that is not the subject itself.
    hand: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no likelihood ratio can be."""
        numbers = (self.log_lr, self.value, self.low, self.high)
        if not all(number is None or isfinite(number) for number in numbers):
            message = f"{self.signal} of {self.subject}: a number that is none"
            raise ValueError(message)


def sign_document(sign: AttackSign) -> dict[str, object]:
    """What the API prints of a sign beside its columns."""
    told: dict[str, object] = {
        "words": sign.words,
        "low": sign.low,
        "high": sign.high,
        "evidence": [
            {
                "ground": one.ground,
                "chain_id": one.chain_id,
                "transaction": one.transaction,
                "log_index": one.log_index,
            }
            for one in sign.evidence
        ],
        "requests": list(sign.requests),
    }
    # Left out where there is none: such a sign says what it said before there were any.
    return told if sign.hand is None else told | {"hand": sign.hand}


def sign_digest(sign: AttackSign, model_version: str) -> bytes:
    """SHA-256 of all a sign says: equal where nothing is new."""
    said = [
        model_version,
        sign.family,
        sign.signal,
        sign.subject_kind,
        sign.subject,
        sign.round_id,
        repr(sign.log_lr),
        repr(sign.value),
        sign.unit,
        sign.support,
        sign_document(sign),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def strongest_first(signs: Iterable[AttackSign]) -> list[AttackSign]:
    """Signs by how much they say, whichever way; equal ones by name."""
    return sorted(signs, key=lambda sign: (-abs(sign.log_lr), sign.family, sign.signal))
