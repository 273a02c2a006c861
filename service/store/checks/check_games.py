"""Invariant of sports markets: what was paid against how their games ended."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import Block
from models.lifecycle_enums import SportsMarketState
from models.oracle import Payout
from models.sports import SportsMarket
from service.protocol.contracts import ContractBook
from service.protocol.game_status import SportsMarketStatus
from service.protocol.ids import to_checksum, to_hex
from service.protocol.invariants import Break, Finding, add_up
from service.store.oracle.games import get_sports_markets
from service.store.upserts import IN_CHUNK, chunks


def check_sports_payouts(session: Session, book: ContractBook) -> Finding:
    """Paid sports markets, a page at a time.

    Scores set by hand bind a game's markets like the oracle's; only a market that was itself set
    by hand may pay anything.
    """
    paid = session.execute(
        select(Payout.condition_id, Payout.transaction_hash, Block.chain_id, Block.number)
        .join(Block, Block.id == Payout.block_id)
        .where(Payout.condition_id.in_(select(SportsMarket.condition_id)))
        .order_by(Block.chain_id, Block.number, Payout.log_index)
    ).all()
    return add_up(_payouts(session, part, book) for part in chunks(paid, IN_CHUNK))


def _payouts(session: Session, page: Sequence[Any], book: ContractBook) -> Finding:
    markets = get_sports_markets(session, [row.condition_id for row in page], book)
    not_checkable, breaks = 0, []
    for row in page:
        market = markets[row.condition_id]
        if market.pays_by_game or market.state is SportsMarketState.EMERGENCY_RESOLVED:
            continue
        if market.pays_by_game is None:
            # The game's beginning or end lies before our time, or its kind is none we know.
            not_checkable += 1
            continue
        breaks.append(
            Break(
                f"{row.chain_id}:{to_checksum(market.sports_oracle)}:{to_hex(market.market_id)}",
                _reason(market),
                row.chain_id,
                row.number,
                row.transaction_hash,
            )
        )
    return Finding(len(page) - not_checkable, tuple(breaks), not_checkable)


def _reason(market: SportsMarketStatus) -> str:
    return (
        f"paid {market.payouts}; its game's end makes it pay {market.expected_payouts}, and the "
        "market was not set by hand"
    )
