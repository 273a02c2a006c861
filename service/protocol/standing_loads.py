"""What is asked of Polymarket besides the reads of single markets: sweeps and polls.

Upper figures from the jobs' own bounds, so that the plan has room for them.
"""

from collections.abc import Sequence

from models.refresh_enums import RefreshState
from service.protocol.rate_limits import (
    CLOB_BOOKS,
    DATA_V2_POSITIONS,
    DATA_V2_TRADES,
    GAMMA_EVENTS,
    GAMMA_MARKETS,
    GENERAL_GAMMA,
)
from service.protocol.refresh_periods import HOT
from service.protocol.refresh_plan import Counts, FixedLoad

ROWS_A_PAGE = 100
# Markets of a group, at least: every group is a row of its own list.
MARKETS_A_GROUP = 1


def standing_loads(counts: Counts) -> Sequence[FixedLoad]:
    """Requests a minute of every sweep and poll, at most, for so many markets a state."""
    ended = (RefreshState.AWAITING, RefreshState.CLOSED)
    open_markets = sum(n for (state, _), n in counts.items() if state not in ended)
    hot = sum(n for (state, _), n in counts.items() if state in HOT)
    return (
        FixedLoad("sync_markets", GAMMA_MARKETS, _pages(open_markets) * 60 / 600),
        FixedLoad("sync_live_markets", GAMMA_MARKETS, _pages(hot) + 1.0),
        FixedLoad("backfill_closed_markets", GAMMA_MARKETS, 100 * 60 / 300),
        FixedLoad("sync_groups", GAMMA_EVENTS, _pages(open_markets // MARKETS_A_GROUP) / 30),
        FixedLoad("sync_clarifications", GENERAL_GAMMA, 1.0),
        FixedLoad("sync_holders, positions", DATA_V2_POSITIONS, 20 * 4 * 60 / 300),
        FixedLoad("sync_positions", DATA_V2_POSITIONS, 120 * 60 / 300),
        FixedLoad("watch_proposals", CLOB_BOOKS, min(20, _pages(2 * hot)) * 60 / 30),
        FixedLoad("index_fills, without a node", DATA_V2_TRADES, _pages(5 * hot) * 60 / 30),
    )


def _pages(rows: int) -> int:
    return -(-rows // ROWS_A_PAGE) or 1
