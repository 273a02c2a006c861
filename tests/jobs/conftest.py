"""The fixtures of ``tests.loopback.polymarket_client``."""

from tests.loopback.polymarket_client import client, clock, server

__all__ = ["client", "clock", "server"]
