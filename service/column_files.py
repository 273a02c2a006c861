"""DuckDB as a reader of files: opened within limits, and kept from the network."""

from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_LIMIT = "256MB"


def open_duckdb(
    resources: ExitStack, *, memory_limit: str = MEMORY_LIMIT, threads: int = 2
) -> "DuckDBPyConnection":
    """An empty database in memory; what does not fit goes to a folder that ``resources`` removes.

    It costs 50 ms: open it when it is needed.
    """
    import duckdb  # noqa: PLC0415  # only those who read such files pay for it

    folder = resources.enter_context(TemporaryDirectory(prefix="settlewatch-"))
    connection = resources.enter_context(
        duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "temp_directory": folder,
                "threads": threads,
                # What it needs is compiled in; it must not look for more on the network.
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
    )
    # The bar would be drawn on standard output, into what `--json` prints.
    connection.execute("SET enable_progress_bar_print = false")
    return connection
