"""The path model as an absorbing Markov chain: the same sum, kept as a check of it.

B = inv(I - Q) R over the transient states below. docs/methodology.md, "Path model".
"""

from typing import Final

import numpy as np

from service.risk.draws import Transitions, Values

_STATES: Final = (
    *("requested", "first_wrong", "first_early", "first_correct"),
    *("second", "second_wrong", "second_correct", "vote", "admin"),
)

_AT = {name: index for index, name in enumerate(_STATES)}
RIGHT, WRONG = 0, 1


def absorption(t: Transitions) -> Values:
    """P(absorbed wrong) from each transient state: array (draws, states)."""
    q, absorbing = _matrices(t)
    identity = np.eye(len(_STATES))
    solved = np.asarray(np.linalg.solve(identity - q, absorbing), dtype=np.float64)
    return solved[:, :, WRONG]


def absorbed_wrong(t: Transitions, start: str = "requested") -> Values:
    """P(oracle wrong) from one named state."""
    return absorption(t)[:, _AT[start]]


def _matrices(t: Transitions) -> tuple[Values, Values]:
    size = t.a1w.shape[0]
    q = np.zeros((size, len(_STATES), len(_STATES)))
    absorbing = np.zeros((size, len(_STATES), 2))

    def move(start: str, end: str, chance: Values) -> None:
        q[:, _AT[start], _AT[end]] = chance

    def finish(start: str, wrong: Values, chance: Values) -> None:
        absorbing[:, _AT[start], WRONG] = chance * wrong
        absorbing[:, _AT[start], RIGHT] = chance * (1 - wrong)

    one, none = np.ones(size), np.zeros(size)
    move("requested", "first_wrong", t.a1w)
    move("requested", "first_early", t.a1e)
    move("requested", "first_correct", 1 - t.a1w - t.a1e)
    for state, chance, wrong in (
        ("first_wrong", t.d1w, one),
        ("first_early", t.d1e, t.ew),
        ("first_correct", t.d1c, none),
    ):
        move(state, "second", chance)
        finish(state, wrong, 1 - chance)
    move("second", "second_wrong", t.a2w)
    move("second", "second_correct", 1 - t.a2w)
    for state, chance, wrong in (("second_wrong", t.d2w, one), ("second_correct", t.d2c, none)):
        move(state, "vote", chance)
        finish(state, wrong, 1 - chance)
    move("vote", "admin", t.r)
    move("vote", "second", (1 - t.r) * t.g)
    finish("vote", 1 - (1 - t.vh) * (1 - t.va), (1 - t.r) * (1 - t.g))
    finish("admin", t.mu, one)
    return q, absorbing
