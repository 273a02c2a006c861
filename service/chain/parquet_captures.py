"""A logs file of cryo and its blocks, sorted out by the contract book and read in windows.

Logs that no contract of the book emitted, or of an event we do not index, are counted where they
lie and never become Python objects.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from service.chain.archive import ArchiveError, Capture
from service.chain.cryo import typed_sql
from service.chain.events import EVENTS
from service.chain.parquet import ParquetDatabase, ParquetFile, check_chain, one_row, open_file
from service.chain.raw import MAX_BLOCK, RawLog
from service.protocol.contracts import ContractBook
from service.protocol.log_position import BlockHeader, LogPosition

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Blocks and logs that are objects at a time; a window ends with a block, so it may hold a few more.
WINDOW = 4_000
_FETCH = 1_000

_KEEP = """
CREATE OR REPLACE TEMP TABLE kept AS SELECT logs.* FROM logs SEMI JOIN wanted
ON logs.address = wanted.address AND logs.topic0 = wanted.topic0
AND logs.block_number BETWEEN wanted.from_block AND wanted.to_block"""
_COUNT_INSIDE = """
SELECT count(*) FROM logs SEMI JOIN book
ON logs.address = book.address AND logs.block_number BETWEEN book.from_block AND book.to_block"""
_NO_BLOCKS = """
SELECT NULL::BIGINT AS block_number, NULL::BLOB AS block_hash, NULL::BLOB AS parent_hash,
    NULL::BIGINT AS timestamp WHERE false"""
_WINDOWS = """
SELECT b.block_number, b.block_hash, b.parent_hash, b.timestamp,
    k.log_index, k.transaction_hash, k.address, k.topic0, k.topic1, k.topic2, k.topic3, k.data
FROM headers b LEFT JOIN kept k USING (block_number)
ORDER BY b.block_number, k.log_index"""


@dataclass(frozen=True, slots=True)
class StagedLogs:
    """A logs file sorted out: how many logs need no decoding and why, and captures of the rest."""

    file: ParquetFile
    blocks: Sequence[ParquetFile]
    outside_book: int
    unknown_topic: int
    _database: "DuckDBPyConnection"

    @property
    def block_range(self) -> tuple[int, int]:
        """The first and the last block the blocks files hold."""
        return (
            min((file.first_block for file in self.blocks), default=self.file.first_block),
            max((file.last_block for file in self.blocks), default=self.file.last_block),
        )

    def captures(self, stored: Sequence[int]) -> Iterator[Capture]:
        """The logs to decode with their blocks, in windows, ascending.

        Of the blocks come those that carry such a log, the first and the last of each file, and
        those whose numbers are ``stored`` already, so that a fork there is noticed.
        """
        self._collect_headers(stored)
        self._check_headers()
        start, end = self.block_range
        blocks: list[BlockHeader] = []
        logs: list[RawLog] = []
        for block, logs_of_block in self._rows():
            if len(blocks) + len(logs) >= WINDOW:
                yield self._capture(start, blocks[-1].number, blocks, logs)
                start, blocks, logs = blocks[-1].number + 1, [], []
            blocks.append(block)
            logs += logs_of_block
        if blocks:
            yield self._capture(start, end, blocks, logs)

    def _collect_headers(self, stored: Sequence[int]) -> None:
        for index, file in enumerate(self.blocks):
            types = open_file(self._database, f"file_{index}", file.path)
            select = typed_sql(file.dataset, types, f"file_{index}")
            self._database.execute(f"CREATE OR REPLACE TEMP VIEW blocks_{index} AS {select}")
        ends = [number for file in self.blocks for number in (file.first_block, file.last_block)]
        union = " UNION ALL ".join(f"FROM blocks_{index}" for index in range(len(self.blocks)))
        self._database.execute(
            f"""CREATE OR REPLACE TEMP TABLE headers AS
            SELECT DISTINCT block_number, block_hash, parent_hash, timestamp
            FROM ({union or _NO_BLOCKS})
            WHERE block_number IN (
                SELECT block_number FROM kept UNION SELECT unnest(?::BIGINT[])
            )""",
            [[*ends, *stored]],
        )

    def _check_headers(self) -> None:
        """Refuse logs without their blocks, and blocks that contradict the logs or each other."""
        path = self.file.path
        count, first, last = one_row(
            self._database,
            """SELECT count(DISTINCT block_number), min(block_number), max(block_number)
            FROM kept ANTI JOIN headers USING (block_number)""",
        )
        if count:
            message = (
                f"{path}: no blocks file given holds {count} of its blocks, the first {first}: "
                "give it in the same command. Make it with "
                f"`cryo blocks --blocks {first}:{last + 1} --include-columns parent_hash`."
            )
            raise ArchiveError(message)
        check_chain(self._database, "headers", path)
        (number,) = one_row(
            self._database,
            """SELECT min(block_number) FROM kept JOIN headers USING (block_number)
            WHERE kept.block_hash <> headers.block_hash""",
        )
        if number is not None:
            message = (
                f"{path}: its logs of block {number} are of another block than the one in "
                "the blocks files. Make both again from one node."
            )
            raise ArchiveError(message)

    def _rows(self) -> Iterator[tuple[BlockHeader, list[RawLog]]]:
        cursor = self._database.execute(_WINDOWS)
        rows = (row for part in iter(lambda: cursor.fetchmany(_FETCH), []) for row in part)
        for (number, block_hash, parent_hash, timestamp), group in groupby(
            rows, key=itemgetter(0, 1, 2, 3)
        ):
            mined_at = datetime.fromtimestamp(timestamp, UTC)
            block = BlockHeader(self.chain_id, number, block_hash, parent_hash, mined_at)
            yield block, [_log(block, row[4:]) for row in group if row[4] is not None]

    def _capture(
        self, start: int, end: int, blocks: Sequence[BlockHeader], logs: Sequence[RawLog]
    ) -> Capture:
        return Capture(self.chain_id, start, end, tuple(blocks), tuple(logs))

    @property
    def chain_id(self) -> int:
        """The chain of the logs; 0 where there are none."""
        return self.file.chain_id or 0


@contextmanager
def stage_logs(
    parquet: ParquetDatabase, file: ParquetFile, blocks: Sequence[ParquetFile], book: ContractBook
) -> Iterator[StagedLogs]:
    """Sort a logs file out by the book; ``blocks`` are the files that overlap it."""
    with parquet.reading(file.path) as database:
        select = typed_sql(file.dataset, open_file(database, "source", file.path), "source")
        database.execute(f"CREATE OR REPLACE TEMP VIEW logs AS {select}")
        _create_book(database, file.chain_id, book)
        database.execute(_KEEP)
        (kept,) = one_row(database, "SELECT count(*) FROM kept")
        (inside,) = one_row(database, _COUNT_INSIDE)
        yield StagedLogs(file, blocks, file.rows - inside, inside - kept, database)


def _create_book(database: "DuckDBPyConnection", chain_id: int | None, book: ContractBook) -> None:
    """What decides over a log in ``service.chain.decode``, as two tables to join with."""
    entries = [entry for entry in book.entries if entry.chain_id == chain_id]
    ranges = [
        (entry, (entry.from_block, MAX_BLOCK if entry.to_block is None else entry.to_block))
        for entry in entries
    ]
    known = [(entry.address, *blocks) for entry, blocks in ranges]
    wanted = [
        (entry.address, topic, *blocks)
        for entry, blocks in ranges
        for kind, topic in EVENTS
        if kind is entry.kind
    ]
    _create(database, "book (address BLOB, from_block BIGINT, to_block BIGINT)", known)
    _create(
        database, "wanted (address BLOB, topic0 BLOB, from_block BIGINT, to_block BIGINT)", wanted
    )


def _create(
    database: "DuckDBPyConnection", definition: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    database.execute(f"CREATE OR REPLACE TEMP TABLE {definition}")
    if rows:
        name = definition.partition(" ")[0]
        places = ", ".join("unnest(?)" for _ in rows[0])
        database.execute(
            f"INSERT INTO {name} SELECT {places}", [list(c) for c in zip(*rows, strict=True)]
        )


def _log(block: BlockHeader, row: tuple[Any, ...]) -> RawLog:
    log_index, transaction_hash, address, *topics, data = row
    return RawLog(
        at=LogPosition(
            chain_id=block.chain_id,
            block_number=block.number,
            block_hash=block.hash,
            log_index=log_index,
            transaction_hash=transaction_hash,
            address=address,
        ),
        topics=tuple(topic for topic in topics if topic is not None),
        data=data,
    )
