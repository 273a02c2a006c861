"""Links between addresses: what each rests on, how sure it is, and when it was known. Pure.

A link is a row of versions: the newest known by a time is what was known of it then. The ladder of
confidences is ours, a judgement: docs/methodology.md, "Links between wallets".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.wallet_enums import LinkBasis, LinkKind
from service.protocol.entity_groups import Tie, close_groups

# Only such links merge; how far they do, the chain's own floor says.
MERGE_AT = Decimal("0.95")
# No pile of weak evidence is as good as one strong piece.
WEAK_CAP = Decimal("0.90")
STRONG = frozenset(
    {
        LinkBasis.DERIVED,
        LinkBasis.CREATED,
        LinkBasis.DESIGNATED_OWNER,
        LinkBasis.DESIGNATED_VOTER,
        LinkBasis.SINGLE_SIGNER,
        LinkBasis.DELEGATION,
        LinkBasis.VOTED_FOR,
    }
)
# Somebody who pays for more accounts than this is an exchange or a service, and links nobody.
HUB_DEGREE = 500

CODE_SEEN = Decimal("0.99")
NO_CODE = Decimal("0.70")
OWNER_CHANGED = Decimal("0.50")
DESIGNATED = Decimal("0.95")
SINGLE_SIGNER = Decimal("0.95")
VOTE_CONTROL = Decimal("0.99")
DELEGATE_OWNS = Decimal("0.50")
STAKE_PAID = Decimal("0.75")
SIGNER = Decimal("0.40")
# One step of a shared first funder: two who share it are linked at the product, 0.40.
FIRST_FUNDED = Decimal("0.633")
SENT_BOTH_WAYS = Decimal("0.85")
SENT_ONE_WAY = Decimal("0.40")
SEALED_TOGETHER = Decimal("0.15")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A log, or in words what else a link rests on."""

    ground: str
    chain_id: int | None = None
    block: int | None = None
    transaction: bytes | None = None
    log_index: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One version of a link; ``valid_from`` and ``valid_to`` are block times."""

    source: bytes
    target: bytes
    kind: LinkKind
    basis: LinkBasis
    confidence: Decimal
    known_at: datetime
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def key(self) -> "LinkKey":
        """What all versions of the link share."""
        return self.source, self.target, self.kind, self.basis

    def holds_at(self, at: datetime) -> bool:
        """Whether, by this version, the link held at an instant."""
        starts = self.valid_from is None or self.valid_from <= at
        return starts and (self.valid_to is None or at < self.valid_to)


LinkKey = tuple[bytes, bytes, LinkKind, LinkBasis]


def newest(versions: Iterable[Link], as_of: datetime) -> list[Link]:
    """Of each link the version known last by ``as_of``."""
    found: dict[LinkKey, Link] = {}
    for version in versions:
        if version.known_at > as_of:
            continue
        held = found.get(version.key)
        if held is None or held.known_at <= version.known_at:
            found[version.key] = version
    return list(found.values())


def combine(links: Iterable[Link]) -> Decimal:
    """How sure several links between the same two addresses make that they belong together.

    One kind counts once, by its surest link: what rests on the same ground adds nothing. Different
    kinds are taken as independent (noisy-or), and without strong evidence never pass the cap.
    """
    surest: dict[LinkKind, Decimal] = {}
    is_strong = False
    for link in links:
        surest[link.kind] = max(surest.get(link.kind, Decimal(0)), link.confidence)
        is_strong = is_strong or link.basis in STRONG
    doubt = Decimal(1)
    for confidence in surest.values():
        doubt *= 1 - confidence
    combined = 1 - doubt
    return combined if is_strong else min(combined, WEAK_CAP)


def merge_entities(links: Iterable[Link]) -> dict[bytes, bytes]:
    """The entity of every address that a sure enough OWN link touches, by its least address.

    Over as many links as the chain stays sure (:func:`close_groups`).
    """
    return close_groups(
        Tie(link.source, link.target, link.confidence)
        for link in links
        if link.kind is LinkKind.OWN and link.confidence >= MERGE_AT
    )


def without_hubs(versions: Sequence[Link], known_hubs: Collection[bytes]) -> list[Link]:
    """Links that neither begin nor end at a hub: named ones, and whoever pays for very many."""
    paid: dict[bytes, set[bytes]] = {}
    for link in versions:
        if link.kind is LinkKind.FUND:
            paid.setdefault(link.source, set()).add(link.target)
    hubs = {address for address, targets in paid.items() if len(targets) > HUB_DEGREE}
    hubs |= set(known_hubs)
    return [link for link in versions if link.source not in hubs and link.target not in hubs]


def group_by_pair(links: Iterable[Link]) -> Mapping[tuple[bytes, bytes], list[Link]]:
    """Links by the two addresses they join, whichever came first."""
    pairs: dict[tuple[bytes, bytes], list[Link]] = {}
    for link in links:
        pair = min(link.source, link.target), max(link.source, link.target)
        pairs.setdefault(pair, []).append(link)
    return pairs


# Wallet to account to its other wallet is two steps; one more for who stands behind the account.
MOST_STEPS = 3


def reach(links: Iterable[Link], start: bytes) -> dict[bytes, Decimal]:
    """Whose money may be the same as ``start``'s, and how surely: over OWN links alone.

    The surest path counts; its confidence is the product of its steps'.
    """
    neighbours: dict[bytes, list[tuple[bytes, Decimal]]] = {}
    owned = [link for link in links if link.kind is LinkKind.OWN]
    for (one, other), between in group_by_pair(owned).items():
        confidence = combine(between)
        neighbours.setdefault(one, []).append((other, confidence))
        neighbours.setdefault(other, []).append((one, confidence))
    found = {start: Decimal(1)}
    for _ in range(MOST_STEPS):
        before = dict(found)
        for address, sure in before.items():
            for other, confidence in neighbours.get(address, ()):
                found[other] = max(found.get(other, Decimal(0)), sure * confidence)
    del found[start]
    return {address: sure for address, sure in found.items() if sure > 0}
