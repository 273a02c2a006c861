"""Holders, positions and prices of the past as Polymarket sends them."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from service.polymarket.payloads import Number, Payload, Text


class HolderPayload(Payload):
    """One wallet in a token's list of holders; names and pictures are not read."""

    proxy_wallet: Text = None
    amount: Number = None


class TokenHoldersPayload(Payload):
    """One token's holders in ``/v2/holders``."""

    token_id: Text = None
    holders: Annotated[
        tuple[HolderPayload, ...], BeforeValidator(lambda value: () if value is None else value)
    ] = ()


class PositionPayload(Payload):
    """One row of ``/v2/positions?condition=``."""

    proxy_wallet: Text = None
    token_id: Text = None
    current_size: Number = None
    avg_price: Number = None


class PricePointPayload(Payload):
    """One point of ``/v2/prices-history``."""

    timestamp: Number = None
    price: Number = None
    resolution_seconds: Number = None


class ClobPointPayload(Payload):
    """One point of the CLOB's ``/prices-history``."""

    timestamp: Number = Field(None, alias="t")
    price: Number = Field(None, alias="p")
