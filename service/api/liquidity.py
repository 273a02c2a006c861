"""``/v1/markets/{ref}/liquidity``: what hangs on a market, in whose hands, and how it is left."""

import re
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BeforeValidator
from starlette.responses import Response

from service.api.liquidity_lines import (
    books_line,
    holders_line,
    interest_line,
    score_line,
    volume_lines,
)
from service.api.liquidity_schemas import MarketLiquidity
from service.api.lookup import require_market
from service.api.parameters import Ref, only
from service.api.price_past import price_past_line
from service.api.site import Site
from service.api.wire import MICRO, json_response
from service.protocol.ids import to_hex
from service.store.markets.market_statuses import get_first_proposals
from service.store.money.market_money import get_market_money
from service.store.oracle.contracts import load_book

# Micro-USDC.
SIZES = (1_000 * MICRO, 10_000 * MICRO, 100_000 * MICRO)


def _plain(value: object) -> object:
    """Refuse what Decimal reads and nobody means: 1_000, 1e5, digits of other scripts."""
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        message = "must be a plain decimal number, e.g. 2500 or 2500.50"
        raise ValueError(message)
    return value


_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)

SizeUsdc = Annotated[
    Decimal | None,
    BeforeValidator(_plain),
    Query(
        gt=0,
        le=1_000_000_000,
        decimal_places=6,
        description="A position's value in USDC: what leaving it costs, besides the usual sizes.",
    ),
]


def liquidity_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["markets"])

    @router.get(
        "/v1/markets/{ref}/liquidity",
        response_model=MarketLiquidity,
        dependencies=[only("size_usdc")],
    )
    def read_liquidity(ref: Ref, size_usdc: SizeUsdc = None) -> Response:
        """Open interest, volume, depth, exit costs, concentration and the price's past."""
        asked = () if size_usdc is None else (int(size_usdc * MICRO),)
        now = site.clock.now()
        with site.sessions() as session:
            market = require_market(session, ref)
            money = get_market_money(session, market, now)
            proposals = get_first_proposals(session, [market], load_book(session), now)
            first = proposals.get(market.id)
            body = {
                "ref": to_hex(market.condition_id),
                "as_of": now,
                "open_interest": interest_line(money),
                "volume": volume_lines(market, money, is_clob=False),
                "clob_volume": volume_lines(market, money, is_clob=True),
                "liquidity_score": score_line(money),
                "books": books_line(market, money, sorted({*SIZES, *asked})),
                "holders": holders_line(market, money),
                "price_history": price_past_line(
                    money.prices, None if first is None else first.proposed_at
                ),
            }
        return json_response({**body, "notice": site.notice})

    return router
