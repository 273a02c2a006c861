"""Proposers and disputers that belong together: who meets more often than chance, or by turns.

Baiting with a proposal and disputing it oneself earns half a bond, and a pair that stages disputes
can bring markets to the vote. docs/methodology.md, "Rings of proposers and disputers". A ring is a
pattern in public logs; most have an innocent reason.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

import numpy as np

from models.wallet_enums import LinkBasis
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.burst_baseline import Floats
from service.risk.signs.ring_parameters import RingPriors


@dataclass(frozen=True, slots=True)
class Meeting:
    """One first dispute: who proposed, who disputed (entities), when (hours) and of which event."""

    proposer: str
    disputer: str
    at: float
    event: Hashable
    # What people are active in, and when: chance is asked within it.
    stratum: Hashable
    evidence: SignEvidence

    @property
    def is_self(self) -> bool:
        """An entity that disputed its own proposal."""
        return self.proposer == self.disputer


@dataclass(frozen=True, slots=True)
class PairTest:
    """How often a disputer met a proposer, and how often chance would have it."""

    proposer: str
    disputer: str
    meetings: int
    expected: float
    # P(as many by chance | how often each was in a dispute), and its false discovery rate.
    p: float
    q: float
    # P, were all pairs tested alike: Bonferroni.
    p_any: float


@dataclass(frozen=True, slots=True)
class Alternation:
    """A pair that disputes each other's proposals, both ways more often than chance."""

    one: str
    other: str
    one_disputed: int
    other_disputed: int
    p: float
    q: float
    p_any: float


@dataclass(frozen=True, slots=True)
class Funding:
    """How surely somebody funded an entity, and by which link."""

    confidence: float
    basis: LinkBasis


# By entity, whoever funded it.
Fundings = Mapping[str, Mapping[str, Funding]]


@dataclass(frozen=True, slots=True)
class CommonFunder:
    """Two that met in a dispute and were both funded by one address, or one by the other."""

    one: str
    other: str
    funder: str
    # Of both links: their product.
    confidence: float
    # By which link it funded each; None of the funder itself.
    one_by: LinkBasis | None
    other_by: LinkBasis | None


@dataclass(frozen=True, slots=True)
class Ring:
    """A group joined by what was found between its members."""

    # The least of its members.
    ring_id: str
    members: tuple[str, ...]
    pairs: tuple[PairTest, ...]
    alternations: tuple[Alternation, ...]
    funders: tuple[CommonFunder, ...]
    meetings: tuple[Meeting, ...]

    @property
    def p(self) -> float | None:
        """The least chance among its pairs, all pairs counted; None where only a funder joins."""
        found = [*(one.p_any for one in self.pairs), *(one.p_any for one in self.alternations)]
        return min(found, default=None)


def distinct_meetings(disputes: Iterable[Meeting], hours: float) -> list[Meeting]:
    """Meetings of different entities, a pair's disputes of one event counted once in ``hours``."""
    last: dict[tuple[str, str, Hashable], float] = {}
    kept = []
    for one in sorted(disputes, key=lambda one: one.at):
        key = one.proposer, one.disputer, one.event
        if one.is_self or (key in last and one.at - last[key] <= hours):
            continue
        last[key] = one.at
        kept.append(one)
    return kept


def compare_pairs(meetings: Sequence[Meeting], priors: RingPriors) -> list[PairTest]:
    """Every pair that met at least as often as asked for, least chance first.

    Within a stratum of N meetings, K of the proposer and n of the disputer, their meetings are
    hypergeometric; strata add up. The false discovery rate counts every pair that could have met
    so often, by what is fixed: how often each was in a dispute.
    """
    table = _Table(meetings)
    least = priors.least_meetings
    possible = sum(table.most(*pair) >= least for pair in table.pairs(least))
    found = [
        (pair, met, *table.chance(*pair, met)) for pair, met in table.met.items() if met >= least
    ]
    found.sort(key=lambda row: (row[3], row[0]))
    rates = _false_discovery([row[3] for row in found], possible)
    return [
        PairTest(*pair, met, expected, p, q, min(1.0, p * possible))
        for (pair, met, expected, p), q in zip(found, rates, strict=True)
    ]


def compare_turns(meetings: Sequence[Meeting], priors: RingPriors) -> list[Alternation]:
    """Pairs that dispute each other, both ways; chances of the ways multiply (Fisher)."""
    table = _Table(meetings)
    least = priors.least_each_way
    names = sorted({*table.proposed, *table.disputed})
    both = [name for name in names if name in table.proposed and name in table.disputed]
    possible = sum(
        min(table.most(one, other), table.most(other, one)) >= least
        for place, one in enumerate(both)
        for other in both[place + 1 :]
    )
    found = []
    for (proposer, disputer), met in table.met.items():
        back = table.met.get((disputer, proposer), 0)
        if proposer < disputer and min(met, back) >= least:
            product = (
                table.chance(proposer, disputer, met)[1] * table.chance(disputer, proposer, back)[1]
            )
            found.append((_fisher(product), proposer, disputer, back, met))
    found.sort()
    rates = _false_discovery([row[0] for row in found], possible)
    return [
        Alternation(one, other, by_one, by_other, p, q, min(1.0, p * possible))
        for (p, one, other, by_one, by_other), q in zip(found, rates, strict=True)
    ]


def common_funders(meetings: Iterable[Meeting], paid: Fundings, least: float) -> list[CommonFunder]:
    """Pairs that met and share who funded them, or of which one funded the other."""
    found = set()
    pairs = {
        (min(one.proposer, one.disputer), max(one.proposer, one.disputer))
        for one in meetings
        if not one.is_self
    }
    for one, other in pairs:
        # Each stands behind itself for sure.
        mine: dict[str, Funding | None] = {**paid.get(one, {}), one: None}
        theirs: dict[str, Funding | None] = {**paid.get(other, {}), other: None}
        for funder in mine.keys() & theirs.keys():
            to_one, to_other = mine[funder], theirs[funder]
            confidence = 1.0
            for link in (to_one, to_other):
                confidence *= 1.0 if link is None else link.confidence
            if confidence >= least:
                bases = (None if link is None else link.basis for link in (to_one, to_other))
                found.add(CommonFunder(one, other, funder, confidence, *bases))
    return sorted(found, key=lambda one: (one.one, one.other, one.funder))


def find_rings(
    meetings: Sequence[Meeting],
    paid: Fundings,
    priors: RingPriors,
) -> list[Ring]:
    """Groups joined by pairs that meet too often, by turns, or through a common funder."""
    rate = priors.false_discoveries
    pairs = [one for one in compare_pairs(meetings, priors) if one.q <= rate]
    turns = [one for one in compare_turns(meetings, priors) if one.q <= rate]
    funders = common_funders(meetings, paid, priors.least_funder)
    edges = [
        *((one.proposer, one.disputer) for one in pairs),
        *((one.one, one.other) for one in turns),
        *((one.one, one.other) for one in funders),
    ]
    return [
        Ring(
            ring_id=min(members),
            members=tuple(sorted(members)),
            pairs=tuple(one for one in pairs if one.proposer in members),
            alternations=tuple(one for one in turns if one.one in members),
            funders=tuple(one for one in funders if one.one in members),
            meetings=tuple(m for m in meetings if {m.proposer, m.disputer} <= members),
        )
        for members in _components(edges)
    ]


class _Table:
    """Meetings counted by pair and stratum."""

    def __init__(self, meetings: Sequence[Meeting]) -> None:
        self.met: dict[tuple[str, str], int] = defaultdict(int)
        self.proposed: dict[str, dict[Hashable, int]] = defaultdict(lambda: defaultdict(int))
        self.disputed: dict[str, dict[Hashable, int]] = defaultdict(lambda: defaultdict(int))
        self.all: dict[Hashable, int] = defaultdict(int)
        for one in meetings:
            self.met[one.proposer, one.disputer] += 1
            self.proposed[one.proposer][one.stratum] += 1
            self.disputed[one.disputer][one.stratum] += 1
            self.all[one.stratum] += 1

    def pairs(self, least: int) -> Iterable[tuple[str, str]]:
        """Pairs whose members were in as many disputes: others cannot have met so often."""
        proposers = [p for p, of in self.proposed.items() if sum(of.values()) >= least]
        disputers = [d for d, of in self.disputed.items() if sum(of.values()) >= least]
        return ((p, d) for p in proposers for d in disputers if p != d)

    def most(self, proposer: str, disputer: str) -> int:
        """How often they could have met, by how often each was in a dispute."""
        mine, theirs = self.proposed.get(proposer, {}), self.disputed.get(disputer, {})
        return sum(min(count, theirs.get(stratum, 0)) for stratum, count in mine.items())

    def chance(self, proposer: str, disputer: str, met: int) -> tuple[float, float]:
        """Meetings expected, and P(at least ``met``)."""
        mass, expected = np.ones(1), 0.0
        theirs = self.disputed[disputer]
        for stratum, mine in self.proposed[proposer].items():
            other = theirs.get(stratum, 0)
            if other:
                mass = np.convolve(mass, _hypergeometric(self.all[stratum], mine, other))
                expected += mine * other / self.all[stratum]
        return expected, min(1.0, float(mass[met:].sum()))


def _hypergeometric(total: int, marked: int, drawn: int) -> Floats:
    """P(k marked among ``drawn`` of ``total``), for k from 0 on."""
    most = min(marked, drawn)
    mass = np.zeros(most + 1)
    for k in range(max(0, drawn + marked - total), most + 1):
        mass[k] = exp(
            _log_choose(marked, k)
            + _log_choose(total - marked, drawn - k)
            - _log_choose(total, drawn)
        )
    return mass


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _fisher(product: float) -> float:
    """P(two uniform numbers multiply to no more)."""
    return product * (1 - log(product)) if product > 0 else 0.0


def _false_discovery(ordered: Sequence[float], tests: int) -> list[float]:
    """Benjamini and Hochberg's rates of p-values in ascending order, of ``tests`` in all."""
    rates: list[float] = []
    least = 1.0
    for place in range(len(ordered), 0, -1):
        least = min(least, ordered[place - 1] * tests / place)
        rates.append(least)
    return rates[::-1]


def _components(edges: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Groups of what edges join, by their least member."""
    groups: dict[str, set[str]] = {}
    for one, other in edges:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        for member in joined:
            groups[member] = joined
    return [groups[name] for name in sorted({min(group) for group in groups.values()})]
