"""The search for groups of voters in a process of its own, gone when it ends.

Its libraries take more memory than the rest of a worker together, and it may compute for minutes.
"""

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor

from service.risk.signs.bloc_findings import BlocFindings
from service.risk.signs.vote_matrix import VoteMatrix


def search_apart(matrix: VoteMatrix, addresses: Mapping[str, Sequence[str]]) -> BlocFindings:
    """What :func:`service.detection.search.search_blocs` finds."""
    # A copy of this process would have its locks, held by threads the copy has not got.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(_search, matrix, dict(addresses)).result()


def _search(matrix: VoteMatrix, addresses: Mapping[str, Sequence[str]]) -> BlocFindings:
    from service.detection.search import search_blocs  # only in the other process

    return search_blocs(matrix, addresses)
