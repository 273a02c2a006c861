"""The risk model's cells, drawn once for the same counts."""

from collections.abc import Sequence

from service.risk.cells import CellPosteriors, build_cells
from service.risk.inputs import CellCount
from service.risk.parameters import RiskParameters

# Below this many finished questions our own counts are left out: a database filled with chosen
# cases (a demo, an archive of disputes) says nothing about rates.
MINIMUM_QUESTIONS = 1_000


class CellCache:
    """Gives the cells for counts, and keeps those of the last ones."""

    def __init__(self, parameters: RiskParameters) -> None:
        """Start with nothing drawn."""
        self.parameters = parameters
        self._counts: tuple[CellCount, ...] | None = None
        self._cells: CellPosteriors | None = None

    def get(self, counts: Sequence[CellCount]) -> CellPosteriors:
        """The cells for these counts; the priors alone while there are too few."""
        questions = sum(count.questions for count in counts)
        wanted = tuple(counts) if questions >= MINIMUM_QUESTIONS else ()
        if self._cells is None or wanted != self._counts:
            self._cells = build_cells(wanted, self.parameters)
            self._counts = wanted
        return self._cells
