"""``/v1/wallets/{address}/exposure``: what hangs on the payouts of the markets a wallet holds."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from service.api.as_of import AsOf, past_instant
from service.api.exposure_lines import Held, block_line, linked_line, to_held
from service.api.parameters import only
from service.api.site import Site
from service.api.wallet_schemas import WalletExposure
from service.api.wallets import CAUTION, AddressPath, confidence_text
from service.api.wire import json_response
from service.protocol.ids import parse_address, to_checksum
from service.store.money.exposures import KnownMarket, list_held, list_known_markets
from service.store.wallets.positions import list_checks, seen_by
from service.store.wallets.wallet_links import find_linked, kinds_of

MOST_LINKED = 50

MinConfidence = Annotated[
    Decimal,
    Query(
        ge=Decimal("0.1"),
        le=1,
        decimal_places=3,
        description="Linked addresses less sure than this are left out.",
    ),
]


def exposure_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["wallets"])

    @router.get(
        "/v1/wallets/{address}/exposure",
        response_model=WalletExposure,
        dependencies=[only("as_of", "min_confidence")],
    )
    def read_exposure(
        address: AddressPath, as_of: AsOf = None, min_confidence: MinConfidence = Decimal("0.95")
    ) -> Response:
        """What a wallet holds, at what risk; linked wallets apart, then all as one owner's."""
        wanted = parse_address(address)
        at = site.clock.now() if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            found = _exposure(session, wanted, at, min_confidence)
        return json_response({**found, "caution": CAUTION, "notice": site.notice})

    return router


def _exposure(
    session: Session, address: bytes, at: datetime, min_confidence: Decimal
) -> dict[str, object]:
    reached, _ = find_linked(session, address, at)
    linked = {a: sure for a, sure in reached.items() if sure >= min_confidence}
    left_out = max(0, len(linked) - MOST_LINKED)
    linked = dict(list(linked.items())[:MOST_LINKED])
    wallets = [address, *linked]
    held, markets = _held(session, wallets, at)
    checks = {
        wallet: checked_at
        for wallet, check in list_checks(session, wallets).items()
        for checked_at in [seen_by(check, at)]
        if checked_at is not None
    }
    by_wallet = {w: [one for one in held if one.wallet == w] for w in wallets}
    kinds = kinds_of(session, linked)
    missing = [f"linked: {left_out} more addresses"] if left_out else []
    return {
        "address": to_checksum(address),
        "as_of": at,
        "min_confidence": confidence_text(min_confidence),
        "own": block_line(by_wallet[address], markets, checks, [address]),
        "linked": [
            {
                "address": to_checksum(wallet),
                "kind": kinds.get(wallet),
                "confidence": confidence_text(sure),
                **linked_line(by_wallet[wallet], checks.get(wallet)),
            }
            for wallet, sure in linked.items()
        ],
        "together": block_line(held, markets, checks, wallets, missing) if linked else None,
    }


def _held(
    session: Session, wallets: Sequence[bytes], at: datetime
) -> tuple[list[Held], dict[int, KnownMarket]]:
    rows = list_held(session, wallets, at)
    markets = list_known_markets(session, {row.market_id for row in rows}, at)
    return [to_held(row, markets[row.market_id]) for row in rows], markets
