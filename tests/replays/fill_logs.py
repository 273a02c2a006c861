"""``OrderFilled`` logs of all exchanges, encoded by eth-abi as the contracts would."""

from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_hash.auto import keccak

from service.chain.book import mainnet_book
from service.chain.raw import RawLog, parse_log
from service.protocol.ids import parse_address, to_hex

BOOK = mainnet_book()
V1 = parse_address("0x4bFb41d5B3570DeFd03C39a9A4D8dE6Bd8B8982E")
NEG_RISK_V1 = parse_address("0xC5d563A36AE78145C45a50134d48A1215220f80a")
V2 = parse_address("0xE111180000d2663C0091e4f400237545B87B996B")
NEG_RISK_V2 = parse_address("0xe2222d279d744050d28e00520010520000310F59")
EXCHANGES = (V1, NEG_RISK_V1, V2, NEG_RISK_V2)
MAKER, TAKER = b"\xaa" * 20, b"\xbb" * 20
# Above every exchange's first block.
FIRST_BLOCK = 95_000_000
BUY, SELL = 0, 1

_HEAD = "OrderFilled(bytes32,address,address,"
_V1_WORDS = ["uint256"] * 5
_V2_WORDS = ["uint8", *["uint256"] * 4, *["bytes32"] * 2]


@dataclass(frozen=True)
class Trade:
    """An order as filled: who, on which side, how much."""

    token: int
    side: int = BUY
    usdc: int = 520_000
    shares: int = 1_000_000
    maker: bytes = MAKER
    taker: bytes = TAKER


def encoded(exchange: bytes, trade: Trade) -> tuple[list[str], str]:
    """Topics and data of a trade on an exchange, as 0x-hex."""
    making, taking = (trade.usdc, trade.shares)[:: 1 if trade.side == BUY else -1]
    if exchange in (V1, NEG_RISK_V1):
        assets = (0, trade.token) if trade.side == BUY else (trade.token, 0)
        words = _V1_WORDS
        values: list[object] = [*assets, making, taking, 0]
    else:
        words = _V2_WORDS
        values = [trade.side, trade.token, making, taking, 0, bytes(32), bytes(32)]
    topic0 = keccak(f"{_HEAD}{','.join(words)})".encode())
    indexed = [b"\x0d" * 32, trade.maker.rjust(32, b"\0"), trade.taker.rjust(32, b"\0")]
    return [to_hex(topic) for topic in (topic0, *indexed)], to_hex(encode(words, values))


def block_of(number: int, *, branch: int = 0, seconds: int = 2) -> dict[str, Any]:
    """A block as a node gives it; the time of the first is 2026-11-01."""

    def hash_of(n: int) -> str:
        return to_hex(bytes([0xB0 + branch]) * 24 + n.to_bytes(8, "big"))

    return {
        "number": hex(number),
        "hash": hash_of(number),
        "parentHash": hash_of(number - 1),
        "timestamp": hex(1_793_491_200 + seconds * (number - FIRST_BLOCK)),
    }


def log_of(exchange: bytes, trade: Trade, block: dict[str, Any], index: int) -> dict[str, Any]:
    """A log as a node gives it; each in a transaction of its own."""
    topics, data = encoded(exchange, trade)
    return {
        "address": to_hex(exchange),
        "topics": topics,
        "data": data,
        "blockNumber": block["number"],
        "blockHash": block["hash"],
        "logIndex": hex(index),
        "transactionHash": to_hex(keccak(f"{block['hash']}{index}".encode())),
    }


def raw_log(exchange: bytes, trade: Trade, index: int = 0) -> RawLog:
    """The same as typed values."""
    return parse_log(137, log_of(exchange, trade, block_of(FIRST_BLOCK), index))
