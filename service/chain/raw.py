"""JSON-RPC objects (blocks, logs) into typed values; a wrong shape is a ``ValueError``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.protocol.finality import LAST_BLOCK_TIME
from service.protocol.ids import ADDRESS_BYTES, HASH_BYTES, parse_hex
from service.protocol.log_position import BlockHeader, LogPosition

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
MAX_BLOCK = 2**63 - 1
MAX_LOG_INDEX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log as a node gives it, in bytes."""

    at: LogPosition
    topics: tuple[bytes, ...]
    data: bytes


def parse_quantity(value: object, name: str, limit: int = MAX_BLOCK) -> int:
    """A JSON-RPC quantity: 0x-hex, or a plain integer as some archives keep it."""
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        number = int(value, 16)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        message = f"{name} is not a quantity: {value!r:.60}"
        raise ValueError(message)
    if not 0 <= number <= limit:
        message = f"{name} is out of range: {number}"
        raise ValueError(message)
    return number


def parse_block(chain_id: int, block: Mapping[str, Any]) -> BlockHeader:
    """A block header from an ``eth_getBlockByNumber`` object."""
    return BlockHeader(
        chain_id=chain_id,
        number=parse_quantity(_get(block, "number"), "block number"),
        hash=parse_hex(_text(block, "hash"), HASH_BYTES),
        parent_hash=parse_hex(_text(block, "parentHash"), HASH_BYTES),
        mined_at=datetime.fromtimestamp(
            parse_quantity(_get(block, "timestamp"), "block timestamp", LAST_BLOCK_TIME), UTC
        ),
    )


def parse_log(chain_id: int, log: Mapping[str, Any]) -> RawLog:
    """A log from an ``eth_getLogs`` object."""
    if log.get("removed") is True:
        message = "a log is marked removed: the capture is not of one canonical chain"
        raise ValueError(message)
    topics = _get(log, "topics")
    if not isinstance(topics, list) or len(topics) > 4:  # noqa: PLR2004  # the EVM's limit
        message = f"topics is not a list of at most four: {topics!r:.60}"
        raise ValueError(message)
    return RawLog(
        at=LogPosition(
            chain_id=chain_id,
            block_number=parse_quantity(_get(log, "blockNumber"), "log blockNumber"),
            block_hash=parse_hex(_text(log, "blockHash"), HASH_BYTES),
            log_index=parse_quantity(_get(log, "logIndex"), "logIndex", MAX_LOG_INDEX),
            transaction_hash=parse_hex(_text(log, "transactionHash"), HASH_BYTES),
            address=parse_hex(_text(log, "address"), ADDRESS_BYTES),
        ),
        topics=tuple(parse_hex(topic, HASH_BYTES) for topic in topics),
        data=_bytes(_text(log, "data")),
    )


def _bytes(text: str) -> bytes:
    if not text.startswith("0x"):
        message = f"expected 0x-hex, got {text[:60]!r}"
        raise ValueError(message)
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        message = f"'data' is not whole bytes of hex: {text[:20]}…, {len(text)} characters"
        raise ValueError(message) from error


def _get(record: Any, key: str) -> Any:
    if not isinstance(record, Mapping):
        message = f"expected an object with {key!r}, got {record!r:.60}"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    if key not in record:
        message = f"{key!r} is missing"
        raise ValueError(message)
    return record[key]


def _text(record: Mapping[str, Any], key: str) -> str:
    value = _get(record, key)
    if not isinstance(value, str):
        message = f"{key!r} is not text: {value!r:.60}"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    return value
