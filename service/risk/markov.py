"""The path model as an absorbing Markov chain: the same sum, kept as a check of it.

B = inv(I - Q) R over the transient states below. docs/methodology.md, "Path model".
"""

from typing import Final

import numpy as np

from service.risk.draws import Transitions, Values

# A request is given up after as many rounds without an answer; "vote" is the first of them.
ROUNDS: Final = 5
_ROUNDS: Final = ("vote", *(f"rolled_{number}" for number in range(1, ROUNDS)))
_STATES: Final = (
    *("requested", "first_wrong", "first_early", "first_correct"),
    *("second", "second_wrong", "second_correct", *_ROUNDS, "admin", "answered", "flagged"),
)

_AT = {name: index for index, name in enumerate(_STATES)}
RIGHT, WRONG = 0, 1


def absorption(t: Transitions, flag_manual: float = 0.0) -> Values:
    """P(absorbed wrong) from each transient state: array (draws, states).

    ``flag_manual`` is the chance that an administrator decides a flagged first request.
    """
    q, absorbing = _matrices(t, flag_manual)
    identity = np.eye(len(_STATES))
    solved = np.asarray(np.linalg.solve(identity - q, absorbing), dtype=np.float64)
    return solved[:, :, WRONG]


def absorbed_wrong(t: Transitions, start: str = "requested", flag_manual: float = 0.0) -> Values:
    """P(oracle wrong) from one named state."""
    return absorption(t, flag_manual)[:, _AT[start]]


def _matrices(t: Transitions, flag_manual: float) -> tuple[Values, Values]:
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
    # r is the chance that all rounds pass without an answer; each passes with the same.
    rolls = t.r ** (1 / ROUNDS)
    for number, state in enumerate(_ROUNDS, 1):
        move(state, _ROUNDS[number] if number < ROUNDS else "admin", rolls)
        move(state, "second", (1 - rolls) * t.g)
        move(state, "answered", (1 - rolls) * (1 - t.g))
    finish("answered", 1 - (1 - t.vh) * (1 - t.va), one)
    finish("admin", t.mu, one)
    move("flagged", "admin", np.full(size, flag_manual))
    move("flagged", "requested", np.full(size, 1 - flag_manual))
    return q, absorbing
