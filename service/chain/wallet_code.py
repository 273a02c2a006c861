"""The code Polymarket's wallet factories deploy, from the file that ships with the product."""

import json
from functools import cache
from importlib import resources

from models.wallet_enums import WalletKind
from service.protocol.ids import parse_address, parse_hex32
from service.protocol.wallets import WalletCode


@cache
def shipped_wallet_code() -> tuple[WalletCode, ...]:
    """Every code by kind and block range."""
    text = resources.files("service.chain").joinpath("books/wallet_code.json").read_text("utf-8")
    return tuple(
        WalletCode(
            chain_id=entry["chain_id"],
            kind=WalletKind(entry["kind"]),
            from_block=entry["from_block"],
            code=parse_address(entry["code"]),
            to_block=entry.get("to_block"),
            init_code_hash=parse_hex32(entry["init_code_hash"])
            if "init_code_hash" in entry
            else None,
        )
        for entry in json.loads(text)
    )
