"""The risk model's cells, drawn once for the same counts."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from service.risk.cells import CellPosteriors, build_cells
from service.risk.inputs import CellCount
from service.risk.parameters import RiskParameters

# Below this many finished questions our own counts are left out: a database filled with chosen
# cases (a demo, an archive of disputes) says nothing about rates.
MINIMUM_QUESTIONS = 1_000
# Counting reads every proposal there is; rates do not move from one scoring run to the next.
COUNT_EVERY = timedelta(minutes=10)


class CellCache:
    """Gives the cells for the stored counts, counted anew every so often."""

    def __init__(self, parameters: RiskParameters, every: timedelta = COUNT_EVERY) -> None:
        """Start with nothing counted; ``every``: how long a count holds."""
        self.parameters = parameters
        self._every = every
        self._counted_at: datetime | None = None
        self._counts: tuple[CellCount, ...] = ()
        self._cells: CellPosteriors | None = None

    def get(self, at: datetime, count: Callable[[], Sequence[CellCount]]) -> CellPosteriors:
        """The cells in force at ``at``; the priors alone while too few questions have finished."""
        last = self._counted_at
        # A clock that was set back must not see counts of its future.
        if self._cells is not None and last is not None and last <= at < last + self._every:
            return self._cells
        counts = count()
        questions = sum(item.questions for item in counts)
        wanted = tuple(counts) if questions >= MINIMUM_QUESTIONS else ()
        if self._cells is None or wanted != self._counts:
            self._cells = build_cells(wanted, self.parameters)
            self._counts = wanted
        self._counted_at = at
        return self._cells
