"""Where a stored fact can be looked up by anybody."""

from urllib.parse import quote

from service.protocol.ids import to_checksum, to_hex

_EXPLORERS = {137: "https://polygonscan.com", 1: "https://etherscan.io"}
_POLYMARKET = "https://polymarket.com"


def transaction_link(chain_id: int, transaction_hash: bytes) -> str | None:
    """A transaction's page in the chain's public explorer; ``None`` for a chain without one."""
    site = _EXPLORERS.get(chain_id)
    return None if site is None else f"{site}/tx/{to_hex(transaction_hash)}"


def address_link(chain_id: int, address: bytes) -> str | None:
    """An account's page in the chain's public explorer; ``None`` for a chain without one."""
    site = _EXPLORERS.get(chain_id)
    return None if site is None else f"{site}/address/{to_checksum(address)}"


def polymarket_link(slug: str | None, group_slug: str | None) -> str | None:
    """The market's page on Polymarket, as far as its slugs are known."""
    if slug is None:
        return None if group_slug is None else f"{_POLYMARKET}/event/{quote(group_slug, safe='')}"
    if group_slug is None:
        return f"{_POLYMARKET}/market/{quote(slug, safe='')}"
    return f"{_POLYMARKET}/event/{quote(group_slug, safe='')}/{quote(slug, safe='')}"
