"""Conflicts and order flow of a market at issue as signs. docs/methodology.md, "Conflicts"."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Outcome, Support
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.risk.signs.conflicts import (
    Alignment,
    Conflict,
    HoldingState,
    PushRole,
    WalletHolding,
    find_conflict,
)
from service.risk.signs.dispute_bursts import log_lr_of_p
from service.risk.signs.order_flow import FlowReading
from service.risk.signs.ring_parameters import ConflictPriors

MOST_EVIDENCE = 50
# Of a market, over when the next look does not make them again.
MARKET_SIGNALS = (
    *(f"{role.value}_holds_answer" for role in PushRole),
    *(f"{role.value}_added_after_dispute" for role in PushRole),
    "drift_before_proposal",
    "proposer_linked_purchases",
    "proposed_off_hours",
)
ALIGNMENT = "votes_follow_positions"


@dataclass(frozen=True, slots=True)
class Push:
    """An entity that proposed, disputed or voted for an answer, and what it holds of the market."""

    entity: str
    role: PushRole
    pushed: Outcome
    wallets: tuple[WalletHolding, ...]
    # The log by which it pushed, and trades of its wallets since the dispute.
    evidence: SignEvidence
    trades: tuple[SignEvidence, ...] = ()
    round_id: int | None = None


@dataclass(frozen=True, slots=True)
class MarketAtIssue:
    """A market with an open proposal or dispute."""

    # Condition id, 0x-hex.
    market: str
    # From when on changes count: the dispute, or None without one.
    disputed_at: datetime | None
    open_interest_usd: float | None
    # The middle price of a Yes.
    yes_price: float | None
    pushes: tuple[Push, ...]
    flow: tuple[FlowReading, ...] = ()


def opposite(pushed: Outcome) -> Outcome | None:
    """What a dispute of this answer pushes; None of 50-50, against which both may be meant."""
    return {Outcome.YES: Outcome.NO, Outcome.NO: Outcome.YES}.get(pushed)


def market_signs(market: MarketAtIssue, priors: ConflictPriors) -> list[AttackSign]:
    """Signs of what those who push the answers hold, and of what was bought before."""
    found = [
        (
            push,
            find_conflict(
                push.entity,
                push.role,
                push.pushed,
                push.wallets,
                market.open_interest_usd,
                priors,
                yes_price=market.yes_price,
            ),
        )
        for push in market.pushes
    ]
    return [
        *(sign for role in PushRole for sign in _of_role(market, role, found, priors)),
        *(_of_flow(market, reading) for reading in market.flow if reading.value is not None),
    ]


def _of_role(
    market: MarketAtIssue,
    role: PushRole,
    found: Sequence[tuple[Push, Conflict]],
    priors: ConflictPriors,
) -> Iterator[AttackSign]:
    """One sign for all holders of a role, and one for all who added; the strongest one counts.

    Not their sum: many voters hold a little, and a hundred times 1.1 is no evidence.
    """
    mine = [(push, conflict) for push, conflict in found if push.role is role]
    gains = [
        (push, conflict)
        for push, conflict in mine
        if conflict.state is HoldingState.HELD and (conflict.exposure_usd or 0.0) > 0
    ]
    added = [(p, c) for p, c in gains if _has_added(c, priors)]
    held = [(p, c) for p, c in gains if not _has_added(c, priors)]
    known = sum(conflict.state is not HoldingState.UNLINKABLE for _, conflict in mine)
    for name, some in ((f"{role}_holds_answer", held), (f"{role}_added_after_dispute", added)):
        if some:
            yield _sign(market, name, some, (len(mine), known))


def _has_added(conflict: Conflict, priors: ConflictPriors) -> bool:
    gained = min(conflict.added_usd or 0.0, conflict.exposure_usd or 0.0)
    return conflict.added_usd is not None and gained > priors.added_usd


def _sign(
    market: MarketAtIssue,
    name: str,
    some: Sequence[tuple[Push, Conflict]],
    counts: tuple[int, int],
) -> AttackSign:
    push, top = max(some, key=lambda one: (one[1].likelihood_ratio, one[1].exposure_usd or 0.0))
    is_added = name.endswith("added_after_dispute")
    amounts = [(c.added_usd if is_added else c.exposure_usd) or 0.0 for _, c in some]
    share = top.share_of_open_interest
    verb = "added since the dispute" if is_added else "would gain"
    of_interest = "" if share is None else f", {share:.1%} of open interest"
    change = "" if top.added_usd is None else f", {top.added_usd:+,.0f} since the dispute"
    words = (
        f"{len(some)} of {counts[0]} ({counts[1]} linked to positions) who pushed an answer as "
        f"{push.role.value} {verb} {sum(amounts):,.0f} USD if it is paid; the largest, "
        f"{top.entity}, stands to gain {top.exposure_usd or 0:,.0f} USD{of_interest}{change}, "
        f"by a link of confidence {top.confidence:.2f}"
    )
    evidence = [item for one, _ in some for item in (one.evidence, *one.trades)]
    return AttackSign(
        family=SignalFamily.CONFLICTS,
        signal=name,
        subject_kind=SignalSubject.MARKET,
        subject=market.market,
        log_lr=log(top.likelihood_ratio),
        support=Support.ASSUMED,
        words=words,
        value=round(sum(amounts), 2),
        unit="usd",
        round_id=push.round_id,
        evidence=tuple(dict.fromkeys(evidence))[:MOST_EVIDENCE],
    )


def _of_flow(market: MarketAtIssue, reading: FlowReading) -> AttackSign:
    grounds = [SignEvidence("OrderFilled", 137, one) for one in reading.transactions]
    return AttackSign(
        family=SignalFamily.FLOW,
        signal=reading.name,
        subject_kind=SignalSubject.MARKET,
        subject=market.market,
        log_lr=log(reading.likelihood_ratio),
        support=Support.ASSUMED,
        words=_flow_words(reading, market.flow),
        value=None if reading.value is None else round(reading.value, 4),
        unit=reading.unit,
        evidence=tuple(grounds[:MOST_EVIDENCE]),
    )


_WORDS = {
    "drift_before_proposal": "the proposed winner's price rose more in the hours before than usual",
    "proposer_linked_purchases": "wallets linked to the proposer bought the proposed winner",
    "proposed_off_hours": "proposed at a weekend or at night in New York",
}


def _flow_words(reading: FlowReading, others: Iterable[FlowReading]) -> str:
    """What it is, with the readings that count nothing and those that are missing."""
    told = _WORDS.get(reading.name, reading.name.replace("_", " "))
    beside = [
        f"{one.name} {one.value:.2f}" if one.value is not None else f"{one.name}: {one.missing}"
        for one in others
        if one.name not in _WORDS
    ]
    return f"{told} ({'; '.join(beside)})" if beside else told


def alignment_sign(found: Alignment, priors: ConflictPriors) -> AttackSign:
    """Whether holders vote for their side; at most the ratio of holding, for beliefs do both."""
    odds, p = found.odds_ratio, found.p
    is_shown = odds is not None and odds > 1 and p is not None
    weight = min(log(priors.holding_lr), log_lr_of_p(p)) if is_shown and p is not None else 0.0
    tested = "too few votes to test" if p is None else f"one-sided p {p:.2g}"
    interval = (
        "no finite odds ratio"
        if odds is None or found.low is None or found.high is None
        else f"odds ratio {odds:.2f}, 95 % interval {found.low:.2f} to {found.high:.2f}"
    )
    return AttackSign(
        family=SignalFamily.CONFLICTS,
        signal=ALIGNMENT,
        subject_kind=SignalSubject.PLATFORM,
        subject="",
        log_lr=weight,
        support=Support.MEASURED,
        words=(
            f"{found.with_own_position} of {found.holders} votes of known holders were for the "
            f"side they hold, over {found.requests} requests with other voters ({interval}, "
            f"{tested}); who believes an answer buys it and votes for it"
        ),
        value=odds,
        unit="odds ratio",
    )
