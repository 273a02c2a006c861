"""Small simulations, each played once, and their archives decoded by the product's own code."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from service.chain.archive import Capture, read_archive
from service.chain.book import mainnet_book
from service.chain.decode import decode_logs
from service.protocol.dated_fact import DatedFact
from service.simulation.archive import ARCHIVE
from service.simulation.run import Simulation, simulate
from service.simulation.scenario import SCENARIOS

SEED, WEEKS, MARKETS = 3, 2, 120


@cache
def played(name: str, seed: int = SEED) -> Simulation:
    """A scenario of two small weeks."""
    return simulate(SCENARIOS[name], seed, WEEKS, MARKETS)


def captures(folder: Path) -> list[Capture]:
    """Everything of a written simulation, oldest first."""
    return [part for path in archive_files(folder) for part in read_archive(path)]


def archive_files(folder: Path) -> list[Path]:
    """The archive's files, oldest first."""
    return sorted((folder / ARCHIVE).iterdir())


def facts_of(parts: Sequence[Capture], chain_id: int) -> list[DatedFact]:
    """The facts of one chain; fails where a log is none of ours or does not decode."""
    found = []
    for part in parts:
        if part.chain_id != chain_id:
            continue
        decoded = decode_logs(part.logs, mainnet_book())
        assert (decoded.undecodable, decoded.unknown_topic, decoded.outside_book) == ([], 0, 0)
        mined = {block.hash: block.mined_at for block in part.blocks}
        found += [DatedFact(fact, mined[fact.at.block_hash]) for fact in decoded.facts]
    return sorted(found, key=lambda one: one.fact.at.place)
