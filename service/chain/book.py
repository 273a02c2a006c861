"""Contract books from JSON: mainnet's ships with the product, others come by file."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from models.enums import ContractKind
from service.chain.raw import parse_quantity
from service.errors import UsageError
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import parse_address, to_checksum

_KEYS = {
    "chain_id",
    "address",
    "kind",
    "from_block",
    "to_block",
    "version",
    "posts_for",
    "from_time",
    "note",
}


def mainnet_book() -> ContractBook:
    """The contract book that ships with the product."""
    text = resources.files("service.chain").joinpath("books/mainnet.json").read_text("utf-8")
    return parse_book(text, "mainnet.json")


def read_book(path: Path) -> ContractBook:
    """A contract book from a file; a fault is one line naming the entry and the key."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read as a contract book ({error})."
        raise UsageError(message) from error
    return parse_book(text, str(path))


def parse_book(text: str, name: str) -> ContractBook:
    """A contract book from JSON text."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{name}: not a contract book: not JSON ({error})."
        raise UsageError(message) from error
    if not isinstance(document, list) or not document:
        message = f"{name}: not a contract book: expected a list of entries, at least one."
        raise UsageError(message)
    entries: list[ContractEntry] = []
    ranges: dict[_Role, list[int]] = {}
    for index, record in enumerate(document):
        try:
            entry = _entry(record)
            _check_range(entry, entries, ranges.setdefault(_role(entry), []))
        except ValueError as error:
            message = f"{name}: entry {index}: {error}."
            raise UsageError(message) from error
        ranges[_role(entry)].append(index)
        entries.append(entry)
    return ContractBook(tuple(entries))


# Who plays what for whom: an address may have one entry of it a block.
_Role = tuple[int, bytes, ContractKind, bytes | None]


def _role(entry: ContractEntry) -> _Role:
    return entry.chain_id, entry.address, entry.kind, entry.posts_for


def _check_range(entry: ContractEntry, entries: list[ContractEntry], same: list[int]) -> None:
    """Refuse an entry whose blocks meet those of an earlier one for the same address and kind."""
    for index in same:
        other = entries[index]
        if other == entry:
            message = f"the same as entry {index}; remove one of them"
            raise ValueError(message)
        if entry.meets(other):
            message = (
                f"its blocks overlap entry {index}'s, which is the same address and kind; "
                "end the older one with 'to_block'"
            )
            raise ValueError(message)


def _entry(record: Any) -> ContractEntry:
    if not isinstance(record, Mapping):
        message = "not an object"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    for key in ("chain_id", "address", "kind", "from_block"):
        if key not in record:
            message = f"{key!r} is missing"
            raise ValueError(message)
    unknown = sorted(set(record) - _KEYS)
    if unknown:
        message = f"unknown key {unknown[0]!r}"
        raise ValueError(message)
    to_block = record.get("to_block")
    from_block = parse_quantity(record["from_block"], "from_block")
    if to_block is not None and parse_quantity(to_block, "to_block") < from_block:
        message = f"'to_block' {to_block} lies below 'from_block' {from_block}"
        raise ValueError(message)
    from_time = record.get("from_time")
    posts_for = record.get("posts_for")
    version = record.get("version")
    return ContractEntry(
        chain_id=parse_quantity(record["chain_id"], "chain_id", limit=2**31 - 1),
        address=_address(record["address"], "address"),
        kind=_kind(record["kind"]),
        from_block=from_block,
        to_block=None if to_block is None else parse_quantity(to_block, "to_block"),
        version=None if version is None else str(version)[:20],
        posts_for=None if posts_for is None else _address(posts_for, "posts_for"),
        from_time=None
        if from_time is None
        else datetime.fromtimestamp(parse_quantity(from_time, "from_time", 253_402_300_799), UTC),
    )


def _kind(value: Any) -> ContractKind:
    try:
        return ContractKind(value)
    except ValueError as error:
        message = f"'kind' {value!r:.60} is not one of the known kinds"
        raise ValueError(message) from error


def _address(value: Any, key: str) -> bytes:
    if not isinstance(value, str):
        message = f"{key!r} is not an address: {value!r:.60}"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    try:
        address = parse_address(value)
    except ValueError as error:
        message = f"{key!r} is not an address: {value!r:.60}"
        raise ValueError(message) from error
    digits = value[2:]
    is_mixed = digits not in (digits.lower(), digits.upper())
    if is_mixed and digits != to_checksum(address)[2:]:
        message = (
            f"{key!r} {value} does not have its checksum's case (EIP-55), so a digit may be wrong; "
            "copy it again, or write it in lower case"
        )
        raise ValueError(message)
    return address
