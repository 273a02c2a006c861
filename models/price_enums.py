"""The closed vocabularies of prices from outside Polymarket; standard library only."""

from enum import StrEnum


class VolumeScope(StrEnum):
    """Which trades a traded volume counts."""

    # Of every venue the source follows.
    MARKET = "market"
    # Of the one venue that is the source: a lower bound of the market's.
    VENUE = "venue"


class Venue(StrEnum):
    """Another venue where the same question is traded."""

    KALSHI = "kalshi"
    PREDICT_FUN = "predict_fun"
