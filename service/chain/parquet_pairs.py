"""Which blocks files a logs file needs: those of its chain that hold some of its blocks."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate

from service.chain.cryo import Dataset
from service.chain.parquet import ParquetFile


def pair_blocks(files: Iterable[ParquetFile]) -> dict[ParquetFile, tuple[ParquetFile, ...]]:
    """Each logs file with the blocks files whose ranges overlap its own; it may have none."""
    by_chain: dict[int | None, list[ParquetFile]] = defaultdict(list)
    logs = []
    for file in files:
        if file.dataset is Dataset.LOGS:
            logs.append(file)
        elif file.rows:
            by_chain[file.chain_id].append(file)
    pairs: dict[ParquetFile, tuple[ParquetFile, ...]] = {}
    starts, reach = {}, {}
    for chain_id, blocks in by_chain.items():
        blocks.sort(key=lambda file: file.first_block)
        starts[chain_id] = [file.first_block for file in blocks]
        # How far the files up to each one reach: where to stop looking back.
        reach[chain_id] = list(accumulate((file.last_block for file in blocks), max))
    for file in logs:
        found = []
        index = bisect_right(starts.get(file.chain_id, []), file.last_block) - 1
        while index >= 0 and reach[file.chain_id][index] >= file.first_block:
            blocks_file = by_chain[file.chain_id][index]
            if blocks_file.last_block >= file.first_block:
                found.append(blocks_file)
            index -= 1
        pairs[file] = tuple(reversed(found))
    return pairs
