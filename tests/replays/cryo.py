"""Recorded chains as the Parquet files cryo would have written of them.

Types, column order, row order and file names are those of cryo's source (datasets/logs.rs,
datasets/blocks.rs, parse/file_output.rs): unsigned integers, bytes or 0x text, rows by block and
log index, LZ4.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

NETWORKS = {"1": "ethereum", "137": "polygon"}
LOGS = {
    "block_number": "UINTEGER",
    "block_hash": "BLOB",
    "transaction_index": "UINTEGER",
    "log_index": "UINTEGER",
    "transaction_hash": "BLOB",
    "address": "BLOB",
    "topic0": "BLOB",
    "topic1": "BLOB",
    "topic2": "BLOB",
    "topic3": "BLOB",
    "data": "BLOB",
    "n_data_bytes": "UINTEGER",
    "chain_id": "UBIGINT",
}
BLOCKS = {
    "block_number": "UINTEGER",
    "block_hash": "BLOB",
    "timestamp": "UINTEGER",
    "author": "BLOB",
    "gas_used": "UBIGINT",
    "extra_data": "BLOB",
    "base_fee_per_gas": "UBIGINT",
    "chain_id": "UBIGINT",
    "parent_hash": "BLOB",
}
# Left out unless asked for with --include-columns.
EXTRA = {"logs": {"block_hash"}, "blocks": {"parent_hash"}}

Row = dict[str, Any]


def to_rows(capture: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
    """The blocks and the logs of a capture as rows with every column."""
    chain_id = capture["chainId"]
    blocks = [
        {
            "block_number": _number(block["number"]),
            "block_hash": block["hash"],
            "timestamp": _number(block["timestamp"]),
            "author": block.get("miner", "0x" + "00" * 20),
            "gas_used": _number(block.get("gasUsed", 0)),
            "extra_data": block.get("extraData", "0x"),
            "base_fee_per_gas": _number(block.get("baseFeePerGas", 0)),
            "chain_id": chain_id,
            "parent_hash": block["parentHash"],
        }
        for block in capture["blocks"]
    ]
    logs = [
        {
            "block_number": _number(log["blockNumber"]),
            "block_hash": log["blockHash"],
            "transaction_index": _number(log["transactionIndex"]),
            "log_index": _number(log["logIndex"]),
            "transaction_hash": log["transactionHash"],
            "address": log["address"].lower(),
            **{f"topic{n}": log["topics"][n] if n < len(log["topics"]) else None for n in range(4)},
            "data": log["data"],
            "n_data_bytes": len(log["data"]) // 2 - 1,
            "chain_id": chain_id,
        }
        for log in capture["logs"]
    ]
    return blocks, sorted(logs, key=lambda row: (row["block_number"], row["log_index"]))


def write_capture(
    capture: Mapping[str, Any],
    folder: Path,
    *,
    is_hex: bool = False,
    extra: Iterable[str] = ("parent_hash",),
    row_group: int = 2048,
) -> list[Path]:
    """Write a capture as a blocks and a logs file; ``extra`` as with ``--include-columns``."""
    blocks, logs = to_rows(capture)
    network = NETWORKS[str(capture["chainId"])]
    first, last = _number(capture["fromBlock"]), _number(capture["toBlock"])
    paths = []
    for dataset, rows, columns in (("blocks", blocks, BLOCKS), ("logs", logs, LOGS)):
        chosen = {
            name: kind
            for name, kind in columns.items()
            if name not in EXTRA[dataset] or name in set(extra)
        }
        path = folder / f"{network}__{dataset}__{first:08}_to_{last:08}.parquet"
        write_rows(path, rows, chosen, is_hex=is_hex, row_group=row_group)
        paths.append(path)
    return paths


def write_rows(
    path: Path,
    rows: Sequence[Row],
    columns: Mapping[str, str],
    *,
    is_hex: bool = False,
    row_group: int = 2048,
) -> None:
    """Write rows as one file; bytes are given as 0x text."""
    with duckdb.connect() as database:
        kinds = {n: "VARCHAR" if kind == "BLOB" else kind for n, kind in columns.items()}
        declared = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        database.execute(f"CREATE TABLE rows ({declared})")
        if rows:
            places = ", ".join("unnest(?)" for _ in columns)
            values = [[row[name] for row in rows] for name in columns]
            database.execute(f"INSERT INTO rows SELECT {places}", values)
        select = ", ".join(
            name if is_hex or kind != "BLOB" else f"unhex(substr({name}, 3)) AS {name}"
            for name, kind in columns.items()
        )
        target = str(path).replace("'", "''")
        database.execute(
            f"COPY (SELECT {select} FROM rows) TO '{target}' "
            f"(FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {row_group})"
        )


def _number(value: str | int) -> int:
    return int(value, 16) if isinstance(value, str) else value
