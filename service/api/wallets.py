"""``/v1/wallets/{address}``: an address, and the links that public evidence gives it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.orm import Session
from starlette.responses import Response

from service.api.as_of import AsOf, past_instant
from service.api.parameters import only
from service.api.site import Site
from service.api.wallet_schemas import WalletDetail
from service.api.wire import hex_or_none, json_response
from service.protocol.ids import parse_address, to_checksum
from service.protocol.wallet_links import Evidence, Link
from service.store.links import transaction_link
from service.store.wallets.wallet_links import find_linked, get_wallet, kinds_of, list_links

# Printed beside everything that is said of a wallet (docs/privacy.md).
CAUTION = (
    "Addresses, not people. A link is a statement about public ledger evidence at a stated "
    "confidence and block; it may be wrong, out of date or created by someone else to mislead. "
    "Holding a position while voting is not by itself wrongdoing. No link found does not mean no "
    "position. Do not use this to identify, contact or harass anyone."
)
STEP = Decimal("0.001")
_UNKNOWN = (
    "links: this address neither proposed, disputed or voted in what is stored, nor follows from "
    "one that did; no links of it were worked out"
)
MOST_LINKS = 200
_CUT = f"links: more than {MOST_LINKS}; the least sure are left out"

AddressPath = Annotated[
    str,
    Path(
        pattern=r"^0[xX][0-9a-fA-F]{40}$",
        description="0x and 40 hex digits; the checksum case is not enforced.",
        examples=["0x0000000000000000000000000000000000000001"],
    ),
]


def wallets_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["wallets"])

    @router.get("/v1/wallets/{address}", response_model=WalletDetail, dependencies=[only("as_of")])
    def read_wallet(address: AddressPath, as_of: AsOf = None) -> Response:
        """An address with its links, each with its evidence and how sure it is."""
        wanted = parse_address(address)
        at = site.clock.now() if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            detail = _detail(session, wanted, at, has_links=site.has_explorers)
        return json_response({**detail, "notice": site.notice})

    return router


def _detail(
    session: Session, address: bytes, at: datetime, *, has_links: bool
) -> dict[str, object]:
    wallet = get_wallet(session, address, at)
    links = list_links(session, [address], at)
    linked, is_cut = find_linked(session, address, at)
    kinds = kinds_of(session, list(linked))
    missing = [] if wallet or links else [_UNKNOWN]
    if len(links) > MOST_LINKS or is_cut:
        missing.append(_CUT)
    return {
        "address": to_checksum(address),
        "kind": None if wallet is None else wallet.kind,
        "roles": [] if wallet is None else wallet.roles,
        "known_at": None if wallet is None else wallet.known_at,
        "as_of": at,
        "links": [link_line(link, has_links=has_links) for link in links[:MOST_LINKS]],
        "linked": [
            {"address": to_checksum(a), "kind": kinds.get(a), "confidence": confidence_text(sure)}
            for a, sure in linked.items()
        ],
        "missing": missing,
        "caution": CAUTION,
    }


def link_line(link: Link, *, has_links: bool) -> dict[str, object]:
    """A link (``WalletLinkLine``)."""
    return {
        "from_address": to_checksum(link.source),
        "to_address": to_checksum(link.target),
        "kind": link.kind,
        "basis": link.basis,
        "confidence": confidence_text(link.confidence),
        "valid_from": link.valid_from,
        "valid_to": link.valid_to,
        "known_at": link.known_at,
        "evidence": [_evidence_line(item, has_links=has_links) for item in link.evidence],
    }


def _evidence_line(item: Evidence, *, has_links: bool) -> dict[str, object]:
    link = None
    if has_links and item.chain_id is not None and item.transaction is not None:
        link = transaction_link(item.chain_id, item.transaction)
    return {
        "ground": item.ground,
        "chain_id": item.chain_id,
        "block": item.block,
        "transaction": hex_or_none(item.transaction),
        "log_index": item.log_index,
        "link": link,
    }


def confidence_text(confidence: Decimal) -> str:
    """Three digits behind the point."""
    return str(confidence.quantize(STEP))
