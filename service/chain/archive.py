"""Recorded logs: files of raw ``eth_getLogs`` answers (docs/data-dictionary.md, "Log archive")."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

from service.chain.raw import RawLog, parse_block, parse_log, parse_quantity
from service.errors import UsageError
from service.protocol.log_position import BlockHeader

Parsed = TypeVar("Parsed")


class ArchiveError(UsageError):
    """A log archive that cannot be read, is truncated, or is something else."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One chain's blocks and logs over a closed range; canonical for that range."""

    chain_id: int
    from_block: int
    to_block: int
    blocks: tuple[BlockHeader, ...]
    logs: tuple[RawLog, ...]


def read_archive(path: Path) -> list[Capture]:
    """Read a whole archive file and check it; nothing is returned from a file with a fault."""
    try:
        raw = path.read_bytes()
        if path.suffix == ".gz" or raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        message = f"{path}: cannot be read ({error}). Check the path, or copy the file again."
        raise ArchiveError(message) from error
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        message = f"{path}: not JSON, or truncated ({error}). Copy the file again."
        raise ArchiveError(message) from error
    try:
        return [_capture(part) for part in _parts(document)]
    except ValueError as error:
        message = f"{path}: not a log archive: {error}"
        raise ArchiveError(message) from error


def _parts(document: Any) -> list[Any]:
    if isinstance(document, Mapping):
        if "logs" in document:
            return [document]
        if isinstance(document.get("chains"), Mapping):
            return [_of_chain(key, part) for key, part in document["chains"].items()]
        if isinstance(document.get("views"), list):
            return [_view(view) for view in document["views"]]
    message = "expected an object with 'logs', 'chains' or 'views'"
    raise ValueError(message)


def _of_chain(key: str, part: Any) -> Any:
    if isinstance(part, Mapping) and str(part.get("chainId")) != key:
        message = f"the capture under chains.{key} says chainId {part.get('chainId')!r:.40}"
        raise ValueError(message)
    return part


def _view(view: Any) -> Any:
    if not isinstance(view, Mapping) or "capture" not in view:
        message = "a view without 'capture'"
        raise ValueError(message)
    return view["capture"]


def _capture(part: Any) -> Capture:
    if not isinstance(part, Mapping):
        message = "a capture is not an object"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    for key in ("chainId", "fromBlock", "toBlock", "blocks", "logs"):
        if key not in part:
            message = f"a capture without {key!r}"
            raise ValueError(message)
    if not isinstance(part["blocks"], list) or not isinstance(part["logs"], list):
        message = "'blocks' and 'logs' must be lists"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    chain_id = parse_quantity(part["chainId"], "chainId", limit=2**31 - 1)
    capture = Capture(
        chain_id=chain_id,
        from_block=parse_quantity(part["fromBlock"], "fromBlock"),
        to_block=parse_quantity(part["toBlock"], "toBlock"),
        blocks=_parsed("blocks", part["blocks"], lambda block: parse_block(chain_id, block)),
        logs=_parsed("logs", part["logs"], lambda log: parse_log(chain_id, log)),
    )
    _check(capture)
    return capture


def _parsed(name: str, records: list[Any], parse: Callable[[Any], Parsed]) -> tuple[Parsed, ...]:
    found = []
    for index, record in enumerate(records):
        try:
            found.append(parse(record))
        except ValueError as error:
            message = f"{name}[{index}]: {error}"
            raise ValueError(message) from error
    return tuple(found)


def _check(capture: Capture) -> None:
    """Refuse a capture that contradicts itself."""
    hashes: dict[int, bytes] = {}
    for block in capture.blocks:
        if not capture.from_block <= block.number <= capture.to_block:
            message = f"block {block.number} is outside {capture.from_block}..{capture.to_block}"
            raise ValueError(message)
        if hashes.setdefault(block.number, block.hash) != block.hash:
            message = f"block {block.number} appears with two hashes"
            raise ValueError(message)
    for block in capture.blocks:
        parent = hashes.get(block.number - 1)
        if parent is not None and parent != block.parent_hash:
            message = f"block {block.number} does not follow block {block.number - 1}"
            raise ValueError(message)
    seen: set[tuple[bytes, int]] = set()
    for log in capture.logs:
        number = log.at.block_number
        if hashes.get(number) != log.at.block_hash:
            message = f"log {log.at.log_index} of block {number} has no such block in the capture"
            raise ValueError(message)
        key = (log.at.block_hash, log.at.log_index)
        if key in seen:
            message = f"log {log.at.log_index} of block {number} appears twice"
            raise ValueError(message)
        seen.add(key)
