"""Where a reader of an alert can look. Pure."""

from urllib.parse import quote

from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.ids import to_checksum, to_hex

_POLYMARKET = "https://polymarket.com"
_EXPLORERS = {POLYGON: "https://polygonscan.com", ETHEREUM: "https://etherscan.io"}


def market_page(condition_id: bytes, base_url: str = "") -> str:
    """Our page of a market; only its path where the base URL is not known."""
    return f"{base_url.rstrip('/')}/markets/{to_hex(condition_id)}"


def data_quality_page(base_url: str = "") -> str:
    """The open issues of the data; only their path where the base URL is not known."""
    return f"{base_url.rstrip('/')}/v1/data-quality"


def attacks_page(base_url: str = "") -> str:
    """The ranked attack scores; only their path where the base URL is not known."""
    return f"{base_url.rstrip('/')}/v1/attacks"


def voter_page(voter: bytes, base_url: str = "") -> str:
    """The record of an address that staked or voted; only its path likewise."""
    return f"{base_url.rstrip('/')}/v1/voters/{to_checksum(voter)}"


def proposer_page(actor: bytes, base_url: str = "") -> str:
    """The record of an address that proposed or disputed; only its path likewise."""
    return f"{base_url.rstrip('/')}/v1/proposers/{to_checksum(actor)}"


def wallet_page(address: bytes, base_url: str = "") -> str:
    """The links of any other address; only their path likewise."""
    return f"{base_url.rstrip('/')}/v1/wallets/{to_checksum(address)}"


def blocs_page(base_url: str = "") -> str:
    """The standing groups of voters; only their path likewise."""
    return f"{base_url.rstrip('/')}/v1/blocs"


def round_page(round_id: int, base_url: str = "") -> str:
    """Our page of a voting round; only its path where the base URL is not known."""
    return f"{base_url.rstrip('/')}/rounds/{round_id}"


def polymarket_page(slug: str | None, group_slug: str | None) -> str | None:
    """Polymarket's page of a market; ``None`` without a slug."""
    if slug is None:
        return None
    if group_slug is None:
        return f"{_POLYMARKET}/market/{quote(slug, safe='')}"
    return f"{_POLYMARKET}/event/{quote(group_slug, safe='')}/{quote(slug, safe='')}"


def transaction_page(chain_id: int, transaction_hash: bytes) -> str:
    """A transaction in its chain's explorer, or its bare hash where we know of no explorer."""
    explorer = _EXPLORERS.get(chain_id)
    text = to_hex(transaction_hash)
    return f"transaction {text} (chain {chain_id})" if explorer is None else f"{explorer}/tx/{text}"
