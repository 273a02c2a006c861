"""A simulation in files: the log archive, the venue's answers, and the truth beside them.

The same simulation gives the same bytes. ``docs/data-dictionary.md``, "Log archive", is the format.
"""

import gzip
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from eth_hash.auto import keccak

from service.protocol.finality import ETHEREUM, POLYGON
from service.simulation.calendar import WEEK, instant
from service.simulation.chain_writer import (
    Mined,
    capture,
    ethereum_transactions,
    polygon_transactions,
)
from service.simulation.run import Simulation
from service.simulation.truth import truth_document
from service.simulation.venue import venue_document

ARCHIVE, VENUE, TRUTH = "archive", "venue.json.gz", "truth.json"
_CHAINS = {POLYGON: "polygon", ETHEREUM: "ethereum"}
# Fast: the files are for this machine.
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of the archive: a chain's logs of the seconds ``first`` to ``last``."""

    path: Path
    first: int
    last: int


def write_simulation(run: Simulation, folder: Path, span: int = WEEK) -> list[ArchiveFile]:
    """Write all files; the archive in pieces of ``span`` seconds a chain, oldest first."""
    (folder / ARCHIVE).mkdir(parents=True, exist_ok=True)
    files = []
    for first, last, chain_id, document in _captures(run, span):
        name = f"{instant(first):%Y-%m-%dT%H}-{_CHAINS[chain_id]}.json.gz"
        path = folder / ARCHIVE / name
        path.write_bytes(_packed(document))
        files.append(ArchiveFile(path, first, last))
    (folder / VENUE).write_bytes(_packed(venue_document(run)))
    truth = orjson.dumps(truth_document(run), option=orjson.OPT_INDENT_2)
    (folder / TRUTH).write_bytes(truth + b"\n")
    return files


def read_venue(folder: Path) -> dict[str, Any]:
    """The venue's document of a written simulation."""
    document: dict[str, Any] = orjson.loads(gzip.decompress((folder / VENUE).read_bytes()))
    return document


def _captures(run: Simulation, span: int) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
    salt = keccak(f"{run.scenario.name}/{run.seed}".encode())[:8]
    for chain_id, made in (
        (POLYGON, polygon_transactions(run)),
        (ETHEREUM, ethereum_transactions(run)),
    ):
        sent = sorted(made, key=lambda one: (one.at, one.name))
        times = [one.at for one in sent]
        first = run.starts_at
        while first <= max(times, default=first):
            inside: list[Mined] = sent[bisect_left(times, first) : bisect_left(times, first + span)]
            yield (
                first,
                first + span,
                chain_id,
                capture(chain_id, inside, salt, first, first + span),
            )
            first += span


def _packed(document: object) -> bytes:
    # No time in the header: the same simulation, the same bytes.
    return gzip.compress(orjson.dumps(document), _LEVEL, mtime=0)
