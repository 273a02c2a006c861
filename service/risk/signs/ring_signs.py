"""Bursts and rings among first disputes as signs. docs/methodology.md, "Bursts of disputes"."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from models.wallet_enums import LinkBasis
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.risk.signs.burst_baseline import DAY, BurstBaseline, distinct_events, fit_baseline
from service.risk.signs.dispute_bursts import WEEKS_A_YEAR, Burst, log_lr_of_p, scan_now
from service.risk.signs.ring_parameters import RingParameters
from service.risk.signs.rings import (
    CommonFunder,
    Fundings,
    Meeting,
    Ring,
    distinct_meetings,
    find_rings,
)

# Disputes a sign names the transactions of.
MOST_EVIDENCE = 50
# Signals that are over when nobody makes them any more; a market disputed within a burst stays so.
PASSING = (
    "dispute_burst",
    "sure_dispute_burst",
    "category_dispute_burst",
    "cluster_dispute_burst",
    "ring",
    "ring_member",
    "ring_dispute",
)
_MOST_GROUNDS = 5
# What one did for another, by the basis of the link that says so.
_FUNDED = {
    LinkBasis.STAKE_PAID: "paid the stake of",
    LinkBasis.FIRST_FUNDED: "first funded",
    LinkBasis.TRANSFERS: "sent tokens to",
}
# Links by which somebody funded another. Who may sign for a contract has paid it nothing.
FUNDING_BASES = frozenset(_FUNDED)
# How the subject of a category's stream begins.
CATEGORY = "category:"


@dataclass(frozen=True, slots=True)
class SeenDispute:
    """One first dispute by whom and of what; entities are hex addresses, times hours."""

    at: float
    proposer: str
    disputer: str
    event: Hashable
    # Condition id, 0x-hex.
    market: str
    category: str | None
    # Priced above the line on a market of some size; None where price or open interest is unknown.
    is_sure: bool | None
    evidence: SignEvidence

    @property
    def is_self(self) -> bool:
        """An entity that disputed its own proposal."""
        return self.proposer == self.disputer


@dataclass(frozen=True, slots=True)
class RingFindings:
    """What was found among disputes, and why nothing could be said where nothing could."""

    signs: tuple[AttackSign, ...]
    rings: tuple[Ring, ...]
    bursts: Mapping[str, Burst]
    self_disputes: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Stream:
    """Disputes counted together, and how many such streams are looked at."""

    signal: str
    subject: tuple[SignalSubject, str]
    words: str
    disputes: tuple[SeenDispute, ...]
    alike: int = 1


def detect(
    seen: Sequence[SeenDispute],
    paid: Fundings,
    first: float,
    as_of: float,
    parameters: RingParameters,
) -> RingFindings:
    """All signs of bursts and rings at ``as_of`` from disputes known by then.

    ``first``: the hour since which disputes are stored. ``paid``: by entity, who funded it.
    """
    others = [one for one in seen if not one.is_self]
    signs: list[AttackSign] = []
    bursts: dict[str, Burst] = {}
    missing: list[str] = []
    for stream in _streams(others, paid, as_of, parameters):
        baseline = _baseline(stream, first, as_of, parameters)
        if isinstance(baseline, str):
            missing.append(f"{stream.signal}: {baseline}")
            continue
        times = distinct_events(
            ((one.at, one.event) for one in stream.disputes), parameters.burst.event_hours
        )
        burst = scan_now(times, baseline, as_of, parameters.burst)
        if burst is None:
            continue
        bursts[":".join((stream.signal, stream.subject[1]))] = burst
        signs += _of_burst(stream, burst, parameters)
    rings = _rings(others, paid, as_of, parameters)
    signs += [sign for ring in rings for sign in _of_ring(ring, others, as_of, parameters)]
    return RingFindings(
        signs=tuple(signs),
        rings=tuple(rings),
        bursts=bursts,
        self_disputes=len(seen) - len(others),
        missing=tuple(missing),
    )


def _streams(
    others: Sequence[SeenDispute],
    paid: Fundings,
    as_of: float,
    parameters: RingParameters,
) -> Iterator[_Stream]:
    whole = SignalSubject.PLATFORM, ""
    yield _Stream("dispute_burst", whole, "first disputes", tuple(others))
    sure = tuple(one for one in others if one.is_sure)
    line, size = parameters.burst.high_price, parameters.burst.open_interest_usd
    words = f"first disputes of proposals priced above {line:g} with more than {size:,.0f} USD open"
    yield _Stream("sure_dispute_burst", whole, words, sure)
    categories = sorted({one.category for one in others if one.category is not None})
    for category in categories:
        of_it = tuple(one for one in others if one.category == category)
        yield _Stream(
            "category_dispute_burst",
            (SignalSubject.GROUP, f"{CATEGORY}{category}"),
            f"first disputes in {category}",
            of_it,
            len(categories),
        )
    yield from _clusters(others, paid, as_of, parameters)


def _clusters(
    others: Sequence[SeenDispute],
    paid: Fundings,
    as_of: float,
    parameters: RingParameters,
) -> Iterator[_Stream]:
    """Disputers by who funded them, surely enough; one nobody funded is its own."""
    clusters: dict[str, list[SeenDispute]] = {}
    bases: dict[str, set[LinkBasis]] = {}
    for one in others:
        funders = paid.get(one.disputer, {})
        known = {f: c for f, c in funders.items() if c.confidence >= parameters.ring.least_funder}
        cluster = one.disputer
        if known:
            cluster = max(known, key=lambda f: (known[f].confidence, f))
            bases.setdefault(cluster, set()).add(known[cluster].basis)
        clusters.setdefault(cluster, []).append(one)
    active = [
        name
        for name, disputes in clusters.items()
        if any(one.at > as_of - parameters.burst.study_days * DAY for one in disputes)
    ]
    for name in sorted(active):
        recent = [one for one in clusters[name] if one.at > as_of - parameters.burst.event_hours]
        if len({one.event for one in recent}) >= parameters.ring.least_cluster_disputes:
            yield _Stream(
                "cluster_dispute_burst",
                (SignalSubject.GROUP, name),
                _cluster_words(name, bases.get(name, set())),
                tuple(clusters[name]),
                len(active),
            )


def _cluster_words(name: str, bases: Collection[LinkBasis]) -> str:
    verbs = " or ".join(_FUNDED[basis] for basis in sorted(bases))
    return (
        f"first disputes by {name} and those it {verbs}" if verbs else f"first disputes by {name}"
    )


def _baseline(
    stream: _Stream, first: float, as_of: float, parameters: RingParameters
) -> BurstBaseline | str:
    times = distinct_events(
        ((one.at, one.event) for one in stream.disputes), parameters.burst.event_hours
    )
    return fit_baseline(np.asarray(times), first, as_of, parameters.burst)


def _of_burst(stream: _Stream, burst: Burst, parameters: RingParameters) -> Iterator[AttackSign]:
    """The stream's sign and, of an alarm over all markets, one for each market in it."""
    chance = min(1.0, burst.p_week * stream.alike)
    is_alarm = chance <= parameters.burst.weekly_false_alarms
    inside = [one for one in stream.disputes if burst.end - burst.hours < one.at <= burst.end]
    a_year = -log(1 - min(chance, 1 - 1e-9)) * WEEKS_A_YEAR
    words = (
        f"{burst.count} events with {stream.words} in {burst.hours} h, {burst.expected:.1f} "
        f"expected; as much in {chance:.1%} of weeks without a burst ({a_year:.2g} false alarms "
        "a year at this line)"
    )
    sign = AttackSign(
        family=SignalFamily.RINGS,
        signal=stream.signal,
        subject_kind=stream.subject[0],
        subject=stream.subject[1],
        log_lr=log_lr_of_p(chance) if is_alarm else 0.0,
        support=Support.MIXED,
        words=words,
        value=float(burst.count),
        unit="events",
        evidence=tuple(one.evidence for one in inside[-MOST_EVIDENCE:]),
    )
    yield sign
    if is_alarm and stream.subject[0] is SignalSubject.PLATFORM:
        for one in inside:
            yield AttackSign(
                family=SignalFamily.RINGS,
                signal=f"in_{stream.signal}",
                subject_kind=SignalSubject.MARKET,
                subject=one.market,
                log_lr=sign.log_lr,
                support=Support.MIXED,
                words=f"disputed within a burst: {words}",
                value=sign.value,
                unit="events",
                evidence=(one.evidence,),
            )


def _rings(
    others: Sequence[SeenDispute],
    paid: Fundings,
    as_of: float,
    parameters: RingParameters,
) -> list[Ring]:
    span = parameters.ring.stratum_days * DAY
    meetings = [
        Meeting(
            proposer=one.proposer,
            disputer=one.disputer,
            at=one.at,
            event=one.event,
            stratum=(int(one.at // span), one.category),
            evidence=one.evidence,
        )
        for one in others
        if one.at > as_of - parameters.ring.days * DAY
    ]
    return find_rings(
        distinct_meetings(meetings, parameters.burst.event_hours), paid, parameters.ring
    )


def _of_ring(
    ring: Ring, others: Iterable[SeenDispute], as_of: float, parameters: RingParameters
) -> Iterator[AttackSign]:
    """The ring's own sign, one for each member, and one for each market it disputed lately."""
    weight = ring_log_lr(ring, parameters)
    words = ring_words(ring)
    evidence = tuple(one.evidence for one in ring.meetings[-MOST_EVIDENCE:])

    def sign(
        name: str, kind: SignalSubject, subject: str, rests: tuple[SignEvidence, ...]
    ) -> AttackSign:
        return AttackSign(
            family=SignalFamily.RINGS,
            signal=name,
            subject_kind=kind,
            subject=subject,
            log_lr=weight,
            support=Support.MIXED,
            words=words,
            value=float(len(ring.meetings)),
            unit="events",
            evidence=rests,
        )

    yield sign("ring", SignalSubject.GROUP, ring.ring_id, evidence)
    for member in ring.members:
        yield sign("ring_member", SignalSubject.ENTITY, member, evidence)
    since = as_of - parameters.ring.market_days * DAY
    members = set(ring.members)
    for one in others:
        if one.at > since and {one.proposer, one.disputer} <= members:
            yield sign("ring_dispute", SignalSubject.MARKET, one.market, (one.evidence,))


def ring_log_lr(ring: Ring, parameters: RingParameters) -> float:
    """The bound of its least chance, or of a common funder as sure as its links."""
    of_funders = (
        log(1 + one.confidence * (parameters.ring.common_funder_lr - 1)) for one in ring.funders
    )
    return max(0.0 if ring.p is None else log_lr_of_p(ring.p), *of_funders, 0.0)


def ring_words(ring: Ring) -> str:
    """One sentence on what joins it."""
    grounds = [
        f"{one.disputer} disputed {one.proposer} in {one.meetings} events, {one.expected:.1f} "
        f"expected (false discovery rate {one.q:.2g})"
        for one in ring.pairs
    ]
    grounds += [
        f"{one.one} and {one.other} disputed each other {one.one_disputed} and "
        f"{one.other_disputed} times (false discovery rate {one.q:.2g})"
        for one in ring.alternations
    ]
    grounds += [
        f"{_funder_words(one)} in a dispute (confidence {one.confidence:.2f})"
        for one in ring.funders
    ]
    shown = "; ".join(grounds[:_MOST_GROUNDS])
    rest = len(grounds) - _MOST_GROUNDS
    more = f"; and {rest} more" if rest > 0 else ""
    return f"{len(ring.members)} entities that meet in disputes: {shown}{more}"


def _funder_words(found: CommonFunder) -> str:
    """Who did what for which of the two, up to where they met."""
    if found.other_by is None and found.one_by is not None:
        return f"{found.funder} {_FUNDED[found.one_by]} {found.one}, whom it met"
    if found.one_by is None and found.other_by is not None:
        return f"{found.funder} {_FUNDED[found.other_by]} {found.other}, whom it met"
    of_one, of_other = (_FUNDED[by] for by in (found.one_by, found.other_by) if by is not None)
    if of_one == of_other:
        return f"{found.funder} {of_one} both {found.one} and {found.other}, who met"
    return f"{found.funder} {of_one} {found.one} and {of_other} {found.other}, who met"
