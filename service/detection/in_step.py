"""Whether two voters act in step: seal their votes, or open them, closer than chance explains.

Either trace is enough and neither is trusted twice: the smaller p-value counts, doubled for having
looked at both. docs/methodology.md, "Standing blocs".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.detection.commit_timing import timing_p_values
from service.detection.opening_timing import opening_p_values
from service.risk.signs.vote_matrix import VoteMatrix


@dataclass(frozen=True, slots=True)
class Step:
    """p-values of one pair; None where they met in too few rounds."""

    sealed: float | None
    opened: float | None

    @property
    def p_value(self) -> float:
        """Of both together, at the price of having looked twice."""
        found = [p for p in (self.sealed, self.opened) if p is not None]
        return min(1.0, len(found) * min(found))


def step_p_values(
    matrix: VoteMatrix, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Step]:
    """Each pair that sealed, or opened, in enough common rounds; the others are left out."""
    wanted: Sequence[tuple[int, int]] = list(pairs)
    sealed = timing_p_values(matrix.sealed_at, wanted)
    opened = opening_p_values(matrix.opened_at, wanted)
    return {
        pair: Step(sealed.get(pair), opened.get(pair))
        for pair in wanted
        if pair in sealed or pair in opened
    }
