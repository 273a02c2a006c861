"""``/v1/markets/{ref}/proposal-signals``: what the market says of the answer proposed for it."""

from fastapi import APIRouter
from starlette.responses import Response

from models.proposal_signal import ProposalSignal
from service.api.lookup import require_market
from service.api.parameters import Cursor, Limit, Ref, only
from service.api.signal_schemas import ProposalSignals
from service.api.site import Site
from service.api.wire import json_response
from service.protocol.money import exact, to_usdc
from service.store.keyset import decode_instant_cursor, encode_instant_cursor
from service.store.proposals.proposal_signals import list_signals

_NONE = "no proposed answer of this market was held against it yet"


def proposal_signals_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["proposals"])

    @router.get(
        "/v1/markets/{ref}/proposal-signals",
        response_model=ProposalSignals,
        dependencies=[only("limit", "cursor")],
    )
    def read_proposal_signals(ref: Ref, limit: Limit = 50, cursor: Cursor = None) -> Response:
        """Offers, bids and trades against the proposed answer, with the money behind them."""
        with site.sessions() as session:
            market = require_market(session, ref)
            identity = ("proposal-signals", market.id)
            before = None if cursor is None else decode_instant_cursor(cursor, identity)
            rows = list_signals(session, market.id, limit + 1, before)
            newest = rows[:1] if before is None else list_signals(session, market.id, 1)
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = encode_instant_cursor(identity, last.known_at, last.id)
        return json_response(
            {
                "latest": signal_line(newest[0]) if newest else None,
                "reason": None if newest else _NONE,
                "data": [signal_line(row) for row in rows[:limit]],
                "next_cursor": following,
                "notice": site.notice,
            }
        )

    return router


def signal_line(row: ProposalSignal) -> dict[str, object]:
    """A stored verdict (``ProposalSignalLine``)."""
    return {
        "known_at": row.known_at,
        "request_timestamp": row.request_timestamp,
        "proposed_price": str(row.proposed_price),
        "standing_stake_usdc": to_usdc(row.standing_stake),
        "traded_stake_usdc": to_usdc(row.traded_stake),
        "notifier_baseline": None,
        **row.document,
    }


def figures_line(row: ProposalSignal | None) -> dict[str, object] | None:
    """A stored verdict in short (``SignalFigures``)."""
    if row is None:
        return None
    return {
        "known_at": row.known_at,
        "standing_stake_usdc": to_usdc(row.standing_stake),
        "traded_stake_usdc": to_usdc(row.traded_stake),
        "gap": None if row.gap is None else exact(row.gap),
        "implied_probability": None if row.implied is None else exact(row.implied),
    }
