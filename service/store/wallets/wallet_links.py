"""Links as they were known at a time, and whose wallets they join."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.wallet import Wallet, WalletLink
from models.wallet_enums import LinkBasis, LinkKind, WalletKind
from service.protocol.entity_groups import MOST_MEMBERS, count_ties
from service.protocol.ids import parse_hex32
from service.protocol.wallet_links import (
    MERGE_AT,
    MOST_STEPS,
    Evidence,
    Link,
    LinkKey,
    newest,
    reach,
)
from service.store.upserts import IN_CHUNK, chunks

# More addresses than this around one are no one's wallets.
MOST_ADDRESSES = 200
# Links followed from an address on: two addresses so far apart from a third are twice that apart.
MOST_HOPS = 6


def get_wallet(session: Session, address: bytes, as_of: datetime) -> Wallet | None:
    """What an address is, if it was known by then."""
    row = session.get(Wallet, address)
    return row if row is not None and row.known_at <= as_of else None


def kinds_of(session: Session, addresses: Collection[bytes]) -> dict[bytes, WalletKind]:
    """What these addresses are, where that is known."""
    found: dict[bytes, WalletKind] = {}
    for part in chunks(sorted(addresses), IN_CHUNK):
        query = select(Wallet.address, Wallet.kind).where(Wallet.address.in_(part))
        found.update((address, WalletKind(kind)) for address, kind in session.execute(query))
    return found


def list_links(
    session: Session,
    addresses: Collection[bytes],
    as_of: datetime,
    kinds: Collection[LinkKind] = tuple(LinkKind),
) -> list[Link]:
    """The links of these addresses as known by ``as_of``, ended ones too; the surest first."""
    versions: dict[int, Link] = {}
    for part in chunks(sorted(addresses), IN_CHUNK):
        query = (
            select(WalletLink)
            .where(
                or_(WalletLink.from_address.in_(part), WalletLink.to_address.in_(part)),
                WalletLink.known_at <= as_of,
                WalletLink.kind.in_([kind.value for kind in kinds]),
            )
            .order_by(WalletLink.known_at, WalletLink.id)
        )
        versions.update((row.id, _link_of(row)) for row in session.scalars(query))
    known = [link for link in newest(versions.values(), as_of) if link.confidence > 0]
    return sorted(known, key=lambda link: (-link.confidence, link.key))


def sure_links_around(
    session: Session,
    addresses: Collection[bytes],
    as_of: datetime,
    kinds: Collection[LinkKind] = (LinkKind.OWN,),
) -> list[Link]:
    """Links of these kinds that merge and hold, followed from address to address; a query a step.

    Not followed beyond an address tied to so many that it merges nobody.
    """
    links: dict[LinkKey, Link] = {}
    seen: set[bytes] = set()
    frontier = set(addresses)
    for _ in range(MOST_HOPS):
        for link in list_links(session, frontier, as_of, kinds):
            if link.confidence >= MERGE_AT and link.holds_at(as_of):
                links[link.key] = link
        seen |= frontier
        degree = count_ties((link.source, link.target) for link in links.values())
        frontier = {a for a, count in degree.items() if count <= MOST_MEMBERS} - seen
        if not frontier:
            break
    return list(links.values())


def find_linked(
    session: Session, address: bytes, as_of: datetime
) -> tuple[dict[bytes, Decimal], bool]:
    """Addresses that may be the same owner's, with how surely, and whether some were left out."""
    links: dict[tuple[object, ...], Link] = {}
    seen: set[bytes] = set()
    frontier = {address}
    for _ in range(MOST_STEPS):
        for link in list_links(session, frontier, as_of):
            if link.kind is LinkKind.OWN and link.holds_at(as_of):
                links[link.key] = link
        seen |= frontier
        frontier = {a for link in links.values() for a in (link.source, link.target)} - seen
        if not frontier or len(seen | frontier) > MOST_ADDRESSES:
            break
    found = reach(links.values(), address)
    surest = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return dict(surest[:MOST_ADDRESSES]), len(found) > MOST_ADDRESSES


def _link_of(row: WalletLink) -> Link:
    return Link(
        row.from_address,
        row.to_address,
        LinkKind(row.kind),
        LinkBasis(row.basis),
        row.confidence,
        row.known_at,
        row.valid_from,
        row.valid_to,
        tuple(_evidence_of(item) for item in row.evidence),
    )


def _evidence_of(item: dict[str, object]) -> Evidence:
    chain_id, block, index = (item.get(name) for name in ("chain_id", "block", "log_index"))
    transaction = item.get("transaction")
    return Evidence(
        str(item.get("ground")),
        chain_id if isinstance(chain_id, int) else None,
        block if isinstance(block, int) else None,
        parse_hex32(transaction) if isinstance(transaction, str) else None,
        index if isinstance(index, int) else None,
    )
