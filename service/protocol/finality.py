"""How long after its block a log counts as known: the chain's finality lag."""

from datetime import datetime, timedelta

POLYGON = 137
ETHEREUM = 1

# Polygon milestones: 2-5 s. Ethereum: two epochs and a little. Measured by others, see
# docs/data-dictionary.md, "known_at".
FINALITY_LAG = {POLYGON: timedelta(seconds=5), ETHEREUM: timedelta(seconds=780)}
# The last unix second a block may name: when its logs are known must lie in the year 9999, too.
LAST_BLOCK_TIME = 253_402_300_799 - int(max(FINALITY_LAG.values()).total_seconds())


def known_at(chain_id: int, mined_at: datetime) -> datetime:
    """When a log of a block may be used, live or imported alike."""
    return mined_at + FINALITY_LAG.get(chain_id, timedelta(0))
