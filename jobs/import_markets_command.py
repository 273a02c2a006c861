"""``settlewatch import-markets``: the command around the job, and what it prints."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from jobs.import_markets import import_markets, read_map
from jobs.wiring import House
from service.polymarket.dump_map import GAMMA_SHAPE, DumpMap, MapError

BAD_USAGE = 2


def load_map(path: Path | None) -> DumpMap:
    """The map a command names; its mistakes are printed, a line each, and end the command."""
    if path is None:
        return GAMMA_SHAPE
    try:
        return read_map(path)
    except MapError as error:
        for line in error.lines:
            sys.stderr.write(f"settlewatch: {line}\n")
        raise SystemExit(BAD_USAGE) from error


def import_markets_command(
    house: House,
    files: Sequence[Path],
    mapping: DumpMap,
    progress: Callable[[int, int], None],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import, print the sum, and end with 2 if a file could not be read."""
    result = import_markets(
        house.sessions, files, house.clock, mapping, dry_run=dry_run, progress=progress
    )
    if as_json:
        sys.stdout.write(orjson.dumps(result.summary(), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        counts = ", ".join(
            f"{value} {key.replace('_', ' ')}" for key, value in result.counts.items()
        )
        sys.stdout.write(f"{'Would import' if dry_run else 'Imported'} {counts}.\n")
        for reason, times in result.reasons.most_common():
            sys.stdout.write(f"  refused {times}: {reason}\n")
    for line in result.faults:
        sys.stderr.write(f"settlewatch: {line}\n")
    if result.faults:
        raise SystemExit(BAD_USAGE)
