"""Addresses that count as one: chains of sure ties, as far as the whole chain is sure. Pure.

Who is tied to whom is followed from address to address, and a chain is as sure as the product of
its ties. A chain below the floor joins nobody, and a group is never larger than a person's wallets
may be: one service behind many must not make them one. docs/methodology.md, "Links between
wallets".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

# Every two of a group are joined by a chain at least so sure; our judgement, as all of the ladder.
CHAIN_FLOOR = Decimal("0.80")
# Who is tied to more than this is a service, and a larger group is nobody's wallets.
MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Tie:
    """Two addresses that belong together, and how surely."""

    one: bytes
    other: bytes
    confidence: Decimal


@dataclass(slots=True)
class _Group:
    """Members by address, each with how sure its chain to every member is."""

    sure: dict[bytes, dict[bytes, Decimal]]

    def takes(self, other: "_Group", tie: Tie) -> bool:
        """Whether all of both would still be tied surely enough, and be few enough."""
        if len(self.sure) + len(other.sure) > MOST_MEMBERS:
            return False
        mine = min(self.sure[tie.one].values())
        theirs = min(other.sure[tie.other].values())
        return mine * tie.confidence * theirs >= CHAIN_FLOOR

    def join(self, other: "_Group", tie: Tie) -> None:
        """Take the other's members in, over one tie."""
        mine, theirs = dict(self.sure[tie.one]), dict(other.sure[tie.other])
        for member, near in mine.items():
            for stranger, far in theirs.items():
                chain = near * tie.confidence * far
                self.sure[member][stranger] = chain
                other.sure[stranger][member] = chain
        self.sure |= other.sure


# Of each member of a group, how sure its chain to every member is.
Chains = Mapping[bytes, Mapping[bytes, Decimal]]


def close_groups(ties: Iterable[Tie]) -> dict[bytes, bytes]:
    """The group of every address that a tie touches, by its least address."""
    return {address: min(chains) for address, chains in close_chains(ties).items()}


def close_chains(ties: Iterable[Tie]) -> dict[bytes, Chains]:
    """The group of every address that a tie touches, with the chains between its members.

    The surest ties first, so the same ties give the same groups in whatever order they come.
    """
    groups: dict[bytes, _Group] = {}
    for tie in _without_services(_surest(ties)):
        one, other = (
            groups.setdefault(address, _Group({address: {address: Decimal(1)}}))
            for address in (tie.one, tie.other)
        )
        if one is not other and one.takes(other, tie):
            one.join(other, tie)
            for member in other.sure:
                groups[member] = one
    return {address: group.sure for address, group in groups.items()}


def _surest(ties: Iterable[Tie]) -> list[Tie]:
    """One tie of each pair, the surest, and those in order."""
    pairs: dict[tuple[bytes, bytes], Decimal] = {}
    for tie in ties:
        if tie.one != tie.other:
            pair = min(tie.one, tie.other), max(tie.one, tie.other)
            pairs[pair] = max(pairs.get(pair, Decimal(0)), tie.confidence)
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [Tie(*pair, confidence) for pair, confidence in ordered]


def _without_services(ties: list[Tie]) -> list[Tie]:
    """Ties that neither begin nor end at an address tied to very many."""
    degree: Mapping[bytes, int] = count_ties((tie.one, tie.other) for tie in ties)
    return [tie for tie in ties if max(degree[tie.one], degree[tie.other]) <= MOST_MEMBERS]


def count_ties(pairs: Iterable[tuple[bytes, bytes]]) -> Mapping[bytes, int]:
    """To how many others each address is tied."""
    return {address: len(others) for address, others in _near(pairs).items()}


def find_services(ties: Iterable[Tie]) -> dict[bytes, frozenset[bytes]]:
    """Addresses tied to so many others that they join none of them, and whom each is tied to."""
    near = _near((tie.one, tie.other) for tie in ties if tie.one != tie.other)
    return {
        address: frozenset(others)
        for address, others in sorted(near.items())
        if len(others) > MOST_MEMBERS
    }


def _near(pairs: Iterable[tuple[bytes, bytes]]) -> Mapping[bytes, set[bytes]]:
    near: dict[bytes, set[bytes]] = defaultdict(set)
    for one, other in pairs:
        near[one].add(other)
        near[other].add(one)
    return near
