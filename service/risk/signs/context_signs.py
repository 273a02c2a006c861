"""Signs that join what others found: who may do what changed before a burst, and force that pays.

docs/methodology.md, "Structural signs".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.risk.signs.attack_signs import AttackSign, SignEvidence

RIGHTS_CHANGED = "whitelist_or_role_change"
FORCE_PAYS = "force_pays"

# Our assumption: such changes are made in most months, mostly for dull reasons.
RIGHTS_LOG_LR = log(3)
# The sign of an attack's worth rests on numbers nobody has measured.
PAYS_LOG_LR = log(2)
# A small worth above 0 is common; below these it is none worth telling.
LEAST_WORTH_USD = 50_000.0
LEAST_SHARE_OF_STAKE = 0.01
MOST_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class RightsChange:
    """One log that gave or took a right: a whitelist entry, a role, an owner, an implementation."""

    name: str
    # The account it is about, where it is about one.
    account: str | None
    evidence: SignEvidence


def rights_sign(bursts: Sequence[str], changes: Sequence[RightsChange]) -> AttackSign:
    """Of all markets: rights changed in the week before a burst of disputes that stands.

    ``bursts``: in words. An account let in and taken out by one transaction is no change: that is
    how signed proposals of others are passed on.
    """
    lasting = _lasting(changes)
    is_there = bool(bursts) and bool(lasting)
    words = "No whitelist or role changed in the week before a burst of disputes."
    if is_there:
        count = len(lasting)
        what = "change" if count == 1 else "changes"
        words = (
            f"{count} {what} of whitelists, roles, owners or implementations in the 7 days before "
            f"a burst of disputes: {bursts[0]}"
        )
    return AttackSign(
        family=SignalFamily.STAKE,
        signal=RIGHTS_CHANGED,
        subject_kind=SignalSubject.PLATFORM,
        subject="",
        log_lr=RIGHTS_LOG_LR if is_there else 0.0,
        support=Support.ASSUMED,
        words=words,
        value=float(len(lasting)) if is_there else None,
        unit="changes" if is_there else "",
        evidence=tuple(one.evidence for one in lasting[:MOST_EVIDENCE]) if is_there else (),
    )


def _lasting(changes: Sequence[RightsChange]) -> list[RightsChange]:
    by_transaction: dict[tuple[str | None, str | None], set[str]] = {}
    for one in changes:
        key = one.evidence.transaction, one.account
        by_transaction.setdefault(key, set()).add(one.name)
    return [
        one
        for one in changes
        if len(by_transaction[one.evidence.transaction, one.account]) == 1 or one.account is None
    ]


@dataclass(frozen=True, slots=True)
class ForcingBloc:
    """A detected group that can force every answer of a round; money in USD."""

    bloc_id: str
    share: float
    stake_value_usd: float
    # What its best set of requests would be worth to it, with the 90 % interval.
    worth_usd: float
    low_usd: float
    high_usd: float
    requests: int
    # Of its members that stake, and the newest ``Staked`` log of each.
    addresses: int = 0
    # Held against the line as one entity of linked addresses, not as a group of several.
    is_alone: bool = False
    evidence: tuple[SignEvidence, ...] = ()

    @property
    def is_worth_telling(self) -> bool:
        """Above what small positive numbers everywhere come to."""
        return self.worth_usd > max(LEAST_WORTH_USD, LEAST_SHARE_OF_STAKE * self.stake_value_usd)


def pays_sign(round_id: int, blocs: Sequence[ForcingBloc]) -> AttackSign:
    """Of a round: a group that can force it, whose best set would be worth much to it."""
    found = [bloc for bloc in blocs if bloc.is_worth_telling]
    best = max(found, key=lambda bloc: (bloc.worth_usd, bloc.bloc_id), default=None)
    words = f"No detected group both could force round {round_id} and would gain much by it."
    if best is not None:
        words = (
            f"{_holders(best)} {100 * best.share:.1f} % of all stake, which can force round "
            f"{round_id}; by assumed numbers its best {best.requests} requests would be worth "
            f"{best.worth_usd:,.0f} USD to whoever held it ({best.low_usd:,.0f} to "
            f"{best.high_usd:,.0f})."
        )
    return AttackSign(
        family=SignalFamily.STAKE,
        signal=FORCE_PAYS,
        subject_kind=SignalSubject.ROUND,
        subject=str(round_id),
        log_lr=0.0 if best is None else PAYS_LOG_LR,
        support=Support.ASSUMED,
        words=words,
        value=None if best is None else round(best.worth_usd),
        unit="" if best is None else "usd",
        low=None if best is None else round(best.low_usd),
        high=None if best is None else round(best.high_usd),
        round_id=round_id,
        evidence=() if best is None else _grounds(best),
        hand=None if best is None else best.bloc_id,
    )


def _holders(bloc: ForcingBloc) -> str:
    if bloc.addresses == 1:
        return "1 address holds"
    if not bloc.is_alone:
        return "A group that was found holds"
    return f"{bloc.addresses} linked addresses hold" if bloc.addresses else "One entity holds"


def _grounds(bloc: ForcingBloc) -> tuple[SignEvidence, ...]:
    found = SignEvidence(f"assessment of {bloc.bloc_id}")
    return (found, *bloc.evidence[: MOST_EVIDENCE - 1])
