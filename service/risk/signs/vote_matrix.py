"""Who voted what, as arrays: entities by requests, and when they sealed and opened them. Pure.

What co-voting is worked out from: docs/methodology.md, "Standing blocs".
"""

from dataclasses import dataclass

import numpy as np

# Did not vote.
ABSENT = -1


@dataclass(frozen=True, slots=True)
class VoteMatrix:
    """E entities, R requests (each in the round that counted), K rounds."""

    # Least address of each entity, 0x-hex; (E,).
    entities: tuple[str, ...]
    # Request id, 0x-hex; (R,), in the order of their rounds.
    requests: tuple[str, ...]
    # (E, R) int16: which answer, numbered within its request; -1: did not vote.
    answers: np.ndarray
    # (R,) int64: the round of each request.
    round_of: np.ndarray
    # (K,) int64, ascending.
    rounds: np.ndarray
    # (E, K) float64: seconds into the phase of the first sealed vote of the round; NaN: none.
    sealed_at: np.ndarray
    # (E, K) float64: the same of the first opened vote, in the other phase.
    opened_at: np.ndarray

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        shape = len(self.entities), len(self.requests)
        if self.answers.shape != shape or self.round_of.shape != shape[1:]:
            message = (
                f"answers of {self.answers.shape} for {shape[0]} entities, {shape[1]} requests"
            )
            raise ValueError(message)
        for times in (self.sealed_at, self.opened_at):
            if times.shape != (shape[0], len(self.rounds)):
                message = f"times of {times.shape} for {len(self.rounds)} rounds"
                raise ValueError(message)


# A small minority is 15 % of the heads at most, and two at least: with fewer heads there is none.
LEAST_HEADS = 14


def can_inform(matrix: VoteMatrix) -> bool:
    """Whether any vote has so many heads that a minority of two is a small one."""
    heads = (matrix.answers != ABSENT).sum(axis=0)
    return bool(heads.size and heads.max() >= LEAST_HEADS)


def majority_of(answers: np.ndarray) -> np.ndarray:
    """(R,) the answer most entities gave to each request; the lower number on a tie, -1 if none."""
    if answers.size == 0:
        return np.full(answers.shape[1], ABSENT, dtype=np.int16)
    kinds = int(answers.max()) + 1
    counts = np.stack([(answers == kind).sum(axis=0) for kind in range(max(kinds, 1))])
    return np.where(counts.sum(axis=0) > 0, counts.argmax(axis=0), ABSENT).astype(np.int16)
