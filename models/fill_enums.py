"""The closed vocabularies of trades; standard library only."""

from enum import StrEnum


class FillSide(StrEnum):
    """What an order did with the outcome token it names."""

    BUY = "buy"
    SELL = "sell"


class FillSource(StrEnum):
    """Who told us of a fill."""

    CHAIN = "chain"
    DATA_API = "data_api"


class FillReading(StrEnum):
    """Where fills are read: the exchanges' logs, Polymarket's Data API, or not at all."""

    CHAIN = "chain"
    DATA_API = "data_api"
    OFF = "off"
