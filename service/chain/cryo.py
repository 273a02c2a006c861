"""The two tables of cryo a log archive is made of: their columns, and what makes a row wrong.

cryo (github.com/paradigmxyz/cryo) writes a Parquet file a dataset and block range. Hashes and
addresses are raw bytes, or 0x text with ``--hex``; numbers are unsigned. ``parent_hash`` of blocks
and ``block_hash`` of logs come only when asked for (docs/data-dictionary.md, "Log archive").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.chain.raw import MAX_BLOCK, MAX_LOG_INDEX
from service.protocol.finality import LAST_BLOCK_TIME
from service.protocol.ids import ADDRESS_BYTES, HASH_BYTES

_INTEGERS = {
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT"),
}
_BYTES = "BLOB"
_TEXT = "VARCHAR"
_MAX_CHAIN_ID = 2**31 - 1


class Dataset(StrEnum):
    """What cryo calls the table."""

    BLOCKS = "blocks"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Column:
    """A column we read: an integer with a limit, or bytes (``size`` of them, where it is fixed)."""

    name: str
    size: int | None = None
    limit: int | None = None
    # May hold nulls / may be left out of the file.
    is_nullable: bool = False
    is_optional: bool = False


_NUMBER = Column("block_number", limit=MAX_BLOCK)
_CHAIN = Column("chain_id", limit=_MAX_CHAIN_ID)
COLUMNS: Mapping[Dataset, tuple[Column, ...]] = {
    Dataset.BLOCKS: (
        _NUMBER,
        Column("block_hash", HASH_BYTES),
        Column("timestamp", limit=LAST_BLOCK_TIME),
        Column("parent_hash", HASH_BYTES),
        _CHAIN,
    ),
    Dataset.LOGS: (
        _NUMBER,
        Column("log_index", limit=MAX_LOG_INDEX),
        Column("transaction_hash", HASH_BYTES),
        Column("address", ADDRESS_BYTES),
        *(Column(f"topic{n}", HASH_BYTES, is_nullable=True) for n in range(4)),
        Column("data"),
        _CHAIN,
        Column("block_hash", HASH_BYTES, is_optional=True),
        Column("n_data_bytes", limit=2**32 - 1, is_optional=True),
    ),
}


def dataset_of(types: Mapping[str, str]) -> Dataset:
    """Which table a file holds, by its columns; ``ValueError`` if it is neither or lacks some."""
    if {"log_index", "topic0"} & types.keys():
        dataset = Dataset.LOGS
    elif {"block_number", "timestamp"} <= types.keys() and "transaction_hash" not in types:
        dataset = Dataset.BLOCKS
    else:
        message = f"neither cryo's blocks nor its logs: its columns are {', '.join(types)[:200]}"
        raise ValueError(message)
    for column in COLUMNS[dataset]:
        _check_type(dataset, column, types.get(column.name))
    return dataset


def _check_type(dataset: Dataset, column: Column, found: str | None) -> None:
    if found is None:
        if column.is_optional:
            return
        message = (
            f"a {dataset} file without {column.name!r}: "
            f"make it again with `cryo {dataset} --include-columns {column.name}`"
        )
        raise ValueError(message)
    is_number = column.limit is not None
    if found not in (_INTEGERS if is_number else {_BYTES, _TEXT}):
        wanted = "an integer" if is_number else "bytes, or 0x text"
        message = f"column {column.name!r} is {found}, not {wanted}: not as cryo writes it"
        raise ValueError(message)


def typed_sql(dataset: Dataset, types: Mapping[str, str], table: str) -> str:
    """A query of sound rows as BIGINT and BLOB, whichever way the file holds them.

    A column that the file may leave out and does is all NULL.
    """
    columns = (
        f"{_value(column, types.get(column.name))} AS {column.name}" for column in COLUMNS[dataset]
    )
    return f"SELECT {', '.join(columns)} FROM {table}"


def _value(column: Column, found: str | None) -> str:
    kind = "BLOB" if column.limit is None else "BIGINT"
    if found is None:
        return f"NULL::{kind}"
    if found == _TEXT:
        return f"unhex(substr({column.name}, 3))"
    return f"{column.name}::{kind}"


def faults_sql(dataset: Dataset, types: Mapping[str, str]) -> dict[str, str]:
    """What can be wrong with a row, each fault with the SQL condition that finds it."""
    faults: dict[str, str] = {}
    for column in COLUMNS[dataset]:
        found = types.get(column.name)
        if found is None:
            continue
        faults |= _faults(column, found)
        if not column.is_nullable:
            faults[f"{column.name} is missing"] = f"{column.name} IS NULL"
    if dataset is Dataset.LOGS:
        for n in range(1, 4):
            condition = f"topic{n} IS NOT NULL AND topic{n - 1} IS NULL"
            faults[f"topic{n} is there without topic{n - 1}"] = condition
        if "n_data_bytes" in types:
            size = "octet_length(data)" if types["data"] == _BYTES else "length(data) // 2 - 1"
            faults["data is not of n_data_bytes"] = f"{size} <> n_data_bytes"
    return faults


def _faults(column: Column, found: str) -> dict[str, str]:
    name, size = column.name, column.size
    if column.limit is not None:
        return {f"{name} is out of range": f"{name} NOT BETWEEN 0 AND {column.limit}"}
    if found == _TEXT:
        digits = "([0-9a-fA-F]{2})*" if size is None else f"[0-9a-fA-F]{{{2 * size}}}"
        words = "whole bytes" if size is None else f"{size} bytes"
        return {f"{name} is not {words} of 0x-hex": f"NOT regexp_full_match({name}, '0x{digits}')"}
    return (
        {} if size is None else {f"{name} is not {size} bytes": f"octet_length({name}) <> {size}"}
    )
