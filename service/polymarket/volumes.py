"""Traded volume by window, as Gamma sends it. Pure."""

from dataclasses import fields

from service.polymarket.payloads import MarketPayload
from service.polymarket.refusals import named
from service.polymarket.scalars import to_micro_usdc
from service.protocol.listings import VolumeWindows

# The payload's attributes have the same names.
NAMES = tuple(field.name for field in fields(VolumeWindows))


def to_windows(sent: MarketPayload) -> VolumeWindows:
    """Every window and the order book's part of it; what is absent stays so."""
    return VolumeWindows(**{n: named(n, to_micro_usdc, getattr(sent, n)) for n in NAMES})
