"""Whose votes one hand holds: voters of one owner, and those whose votes one key sends. Pure.

Control of a vote is not ownership of money (docs/methodology.md, "Links between wallets"): what is
joined here counts for what a vote can be made to say, never for who profits.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import combinations

from models.wallet_enums import LinkBasis, LinkKind
from service.protocol.entity_groups import Tie, close_chains, find_services
from service.protocol.vote_facts import VoteRevealed
from service.protocol.wallet_links import MERGE_AT, VOTE_CONTROL, Link

OWNED = "one owner, by public links of confidence 0.95 and more"
DELEGATED = "a delegation both sides name"
SENT = "one key opened votes of more than one voter in this round"
# How sure each makes that one hand holds the votes: our judgement, like the ladder's. A key that
# serves several in one round was handed on in between, which they may have agreed on freely.
CONFIDENCE = {OWNED: MERGE_AT, DELEGATED: VOTE_CONTROL, SENT: Decimal("0.90")}
# Two that one key served are tied over what it did then, a step each, 0.90 in all; the key's own
# votes are not.
_ONE_SERVED = Decimal("0.949")
# Sorts behind every address, so that no group is called by it.
_AT_ONCE = b"\xff" * 20


@dataclass(frozen=True, slots=True)
class VotingEntity:
    """Voters that count as one, by their least address, and what joins them."""

    voters: tuple[bytes, ...]
    grounds: tuple[str, ...]
    # The product over the links between its two voters that are joined least surely.
    chain: Decimal = Decimal(1)

    @property
    def entity(self) -> bytes:
        """Its id: the least of its voters' addresses."""
        return self.voters[0]

    @property
    def confidence(self) -> Decimal:
        """Of its least sure chain, at most of its weakest ground; 1 of a voter alone."""
        return min([self.chain, *(CONFIDENCE[ground] for ground in self.grounds)])


def group_voters(
    voters: Collection[bytes],
    links: Iterable[Link],
    callers: Mapping[bytes, Collection[bytes]],
    at: datetime,
) -> list[VotingEntity]:
    """The entities of some voters, by their ids; each voter is in one.

    ``links`` as known at ``at``; one whose time is over joins nobody. ``callers``: the keys that
    opened each voter's votes in the round. A key serves one voter at a time, so a delegation joins
    its key's own votes with the voter's, and only a key that opened for several in one round, which
    takes a new delegation in between, joins those. Chains join as far as they are sure.
    """
    ties: list[Tie] = []
    grounds: list[str] = []
    for link in links:
        ground = _ground(link, at)
        if ground is not None:
            ties.append(Tie(link.source, link.target, link.confidence))
            grounds.append(ground)
    for key, served in _served_together(callers):
        ties += [Tie(_AT_ONCE + key, voter, _ONE_SERVED) for voter in served]
        grounds += [SENT] * len(served)
    chains = close_chains(ties)
    group_of = {address: min(of_it) for address, of_it in chains.items()}
    said: dict[bytes, set[str]] = {}
    for tie, ground in zip(ties, grounds, strict=True):
        group = group_of.get(tie.one, tie.one)
        if group == group_of.get(tie.other, tie.other):
            said.setdefault(group, set()).add(ground)
    members: dict[bytes, list[bytes]] = {}
    for voter in sorted(set(voters)):
        members.setdefault(group_of.get(voter, voter), []).append(voter)
    found = [
        # A voter alone is joined to nobody that votes: what links it elsewhere joins no votes.
        VotingEntity(
            tuple(of_it),
            tuple(sorted(said.get(top, ()))),
            min(chains[top][one][other] for one, other in combinations(of_it, 2)),
        )
        if len(of_it) > 1
        else VotingEntity(tuple(of_it), ())
        for top, of_it in members.items()
    ]
    return sorted(found, key=lambda entity: entity.entity)


def find_unjoined(links: Iterable[Link], at: datetime) -> dict[bytes, frozenset[bytes]]:
    """Addresses whose links would join so many votes that they join none, and those they are to."""
    return find_services(
        Tie(link.source, link.target, link.confidence)
        for link in links
        if _ground(link, at) is not None
    )


def callers_of(reveals: Iterable[VoteRevealed]) -> dict[bytes, set[bytes]]:
    """The keys that opened each voter's votes, besides its own."""
    found: dict[bytes, set[bytes]] = {}
    for reveal in reveals:
        if reveal.caller != reveal.voter:
            found.setdefault(reveal.voter, set()).add(reveal.caller)
    return found


def _ground(link: Link, at: datetime) -> str | None:
    """What a link joins its two addresses by; ``None`` where it joins no votes."""
    if link.confidence < MERGE_AT or not link.holds_at(at):
        return None
    if link.kind is LinkKind.OWN:
        return OWNED
    is_delegation = link.kind is LinkKind.VOTE and link.basis is not LinkBasis.VOTED_FOR
    return DELEGATED if is_delegation else None


def _served_together(
    callers: Mapping[bytes, Collection[bytes]],
) -> list[tuple[bytes, list[bytes]]]:
    """The voters of each key that opened votes of more than one, with the key."""
    by_key: dict[bytes, set[bytes]] = {}
    for voter, keys in callers.items():
        for key in keys:
            by_key.setdefault(key, set()).add(voter)
    return [(key, sorted(served)) for key, served in sorted(by_key.items()) if len(served) > 1]
