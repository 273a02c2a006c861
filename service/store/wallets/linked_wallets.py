"""The wallets around many addresses at once, with how surely they are the same owner's."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from models.wallet_enums import LinkKind
from service.protocol.wallet_links import MOST_STEPS, Link, merge_entities, reach
from service.store.wallets.wallet_links import MOST_ADDRESSES, list_links, sure_links_around


def wallets_around(
    session: Session, addresses: Collection[bytes], as_of: datetime
) -> dict[bytes, dict[bytes, float]]:
    """By address, itself at 1 and what OWN links of at most three steps reach; a query a step."""
    links: dict[object, Link] = {}
    seen: set[bytes] = set()
    frontier = set(addresses)
    for _ in range(MOST_STEPS):
        for link in list_links(session, frontier, as_of):
            if link.kind is LinkKind.OWN and link.holds_at(as_of):
                links[link.key] = link
        seen |= frontier
        frontier = {a for link in links.values() for a in (link.source, link.target)} - seen
        if not frontier:
            break
    near: dict[bytes, list[Link]] = {}
    for link in links.values():
        near.setdefault(link.source, []).append(link)
        near.setdefault(link.target, []).append(link)
    return {address: _reached(address, near) for address in addresses}


def _reached(address: bytes, near: dict[bytes, list[Link]]) -> dict[bytes, float]:
    if address not in near:
        return {address: 1.0}
    around: dict[object, Link] = {}
    frontier, seen = {address}, set[bytes]()
    for _ in range(MOST_STEPS):
        found = [link for one in frontier for link in near.get(one, ())]
        around.update((link.key, link) for link in found)
        seen |= frontier
        frontier = {a for link in found for a in (link.source, link.target)} - seen
    sure = sorted(reach(around.values(), address).items(), key=lambda item: (-item[1], item[0]))
    return {address: 1.0, **{other: float(c) for other, c in sure[:MOST_ADDRESSES]}}


def entity_members(session: Session, address: bytes, as_of: datetime) -> frozenset[bytes]:
    """The address and those surely of the same owner (OWN links at the merging confidence)."""
    merged = merge_entities(sure_links_around(session, [address], as_of))
    entity = merged.get(address)
    return frozenset(
        {address} | {a for a, of in merged.items() if entity is not None and of == entity}
    )
