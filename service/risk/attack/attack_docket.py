"""Which requests of a round one attack would take. docs/methodology.md, "A whole round".

The same stake attacks every request: profit adds, cost does not.
    f(X) = sum of v over X x (1 - Om(L)) - D(L),  L = sum of P OI over X
"""

from dataclasses import dataclass

import numpy as np

from service.risk.attack.attack_cost import saturate
from service.risk.attack.attack_gain import Flags
from service.risk.attack.attack_parameters import AttackParameters, Saturating
from service.risk.draws import Values

# Money below this is rounding.
_CENT = 0.01
_LARGEST_BRUTE = 16
# Pieces a stretch of L between two prefixes is bounded by, and climbs at most.
_STRETCHES = 16
_MOST_STARTS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """What an attack is worth; USD. ``emergency`` None: no joint response."""

    value: Values
    misallocated: Values
    # The bloc's unhedged stake, which a fall of UMA's price hits.
    exposed_usd: float
    fall: Saturating
    emergency: Saturating | None

    def worth(self, value: float | Values, misallocated: float | Values) -> Values:
        """What a sum of v and a sum of P OI are worth: f."""
        response = 0.0 if self.emergency is None else saturate(self.emergency, misallocated)
        found: Values = np.asarray(value) * (1 - response) - self.exposed_usd * saturate(
            self.fall, misallocated
        )
        return found

    def worth_of(self, chosen: Flags) -> float:
        """What one set is worth: f."""
        total, spread = float(self.value[chosen].sum()), float(self.misallocated[chosen].sum())
        return float(self.worth(total, spread))


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The best set, and the prefixes it was looked for among."""

    chosen: Flags
    worth_usd: float
    # Request places by v / (P OI), falling, and f of each prefix, the empty one first.
    order: np.ndarray
    prefix_worth: Values

    @property
    def critical(self) -> np.ndarray | None:
        """Places of the smallest prefix that pays; None where none does."""
        paying = np.flatnonzero(self.prefix_worth > _CENT)
        return self.order[: paying[0]] if paying.size else None


def objective_of(
    value: Values,
    misallocated: Values,
    exposed_usd: float,
    parameters: AttackParameters,
    *,
    emergency: bool = True,
) -> Objective:
    """The objective with the curves of the parameters."""
    response = parameters.emergency if emergency else None
    return Objective(value, misallocated, exposed_usd, parameters.fall, response)


def select(objective: Objective) -> Selection:
    """The best set: exact without a joint response, where a prefix always is; else searched.

    Without one f is linear and convex in (sum of v, L), so that a prefix by v / (P OI) is best.
    With one, every prefix is a start for inserting, removing and swapping until nothing gains.
    """
    order = _order(objective)
    values = np.concatenate(([0.0], np.cumsum(objective.value[order])))
    spread = np.concatenate(([0.0], np.cumsum(objective.misallocated[order])))
    worth = objective.worth(values, spread)
    best = int(worth.argmax())
    chosen = np.zeros(len(objective.value), dtype=bool)
    chosen[order[:best]] = True
    found = float(worth[best])
    if objective.emergency is not None:
        chosen, found = _search(objective, order, chosen, found)
    if found <= _CENT:
        chosen, found = np.zeros_like(chosen), 0.0
    return Selection(chosen, found, order, worth)


def brute_force(objective: Objective) -> tuple[Flags, float]:
    """The best of all subsets of at most 16 requests; what ``select`` is tested against."""
    count = len(objective.value)
    if count > _LARGEST_BRUTE:
        message = f"{count} requests have too many subsets: at most {_LARGEST_BRUTE}"
        raise ValueError(message)
    subsets = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    worth = objective.worth(subsets @ objective.value, subsets @ objective.misallocated)
    best = int(worth.argmax())
    return subsets[best].astype(bool), float(worth[best])


def _order(objective: Objective) -> np.ndarray:
    """By v / (P OI), falling: what misallocates nothing first if it gains, last if it loses."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(
            objective.misallocated > 0,
            objective.value / objective.misallocated,
            np.where(objective.value > 0, np.inf, -np.inf),
        )
    return np.lexsort((-objective.value, -ratio))


def _search(
    objective: Objective, order: np.ndarray, chosen: Flags, found: float
) -> tuple[Flags, float]:
    """Climb from every prefix next to which a better set can be; sets seen before end a climb."""
    gaining = order[objective.value[order] > 0]
    seen: set[bytes] = set()
    for size in _starts(objective, gaining, found):
        here = np.zeros(len(objective.value), dtype=bool)
        here[gaining[:size]] = True
        while here.tobytes() not in seen:
            seen.add(here.tobytes())
            worth = objective.worth_of(here)
            if worth > found:
                chosen, found = here.copy(), worth
            step = _best_step(objective, here, gaining, worth)
            if step is None:
                break
            here = here.copy()
            here[step] = ~here[step]
    return chosen, found


def _starts(objective: Objective, gaining: np.ndarray, found: float) -> list[int]:
    """Sizes of the prefixes on either side of a stretch of L that can hold a better set.

    No set of so much L is worth more than the prefixes' values joined by straight lines (the
    knapsack's bound), and f falls with L: each short stretch is bounded by its ends.
    """
    value = np.concatenate(([0.0], np.cumsum(objective.value[gaining])))
    spread = np.concatenate(([0.0], np.cumsum(objective.misallocated[gaining])))
    cuts = np.linspace(0, 1, _STRETCHES + 1)
    values = value[:-1, None] + np.diff(value)[:, None] * cuts[1:]
    spreads = spread[:-1, None] + np.diff(spread)[:, None] * cuts[:-1]
    bound = objective.worth(values, spreads).max(axis=1)
    open_ = np.flatnonzero(bound > found + _CENT)
    # Likeliest first: the sooner the best is found, the sooner climbs end.
    ranked = open_[np.argsort(-bound[open_])][:_MOST_STARTS]
    return list(dict.fromkeys(int(size) for place in ranked for size in (place, place + 1)))


def _best_step(
    objective: Objective, here: Flags, gaining: np.ndarray, worth: float
) -> np.ndarray | None:
    """The places to flip that gain most: one inserted, one removed, or one for another."""
    inside, outside = gaining[here[gaining]], gaining[~here[gaining]]
    value, spread = objective.value, objective.misallocated
    # A last entry of 0 on either side: nothing removed, nothing inserted.
    gone = np.append(value[inside], 0.0), np.append(spread[inside], 0.0)
    new = np.append(value[outside], 0.0), np.append(spread[outside], 0.0)
    total, misallocated = value[here].sum(), spread[here].sum()
    after = objective.worth(
        total - gone[0][:, None] + new[0], misallocated - gone[1][:, None] + new[1]
    )
    row, column = np.unravel_index(int(after.argmax()), after.shape)
    if after[row, column] <= worth + _CENT:
        return None
    flips = [*inside[row : row + 1], *outside[column : column + 1]]
    return np.array(flips, dtype=np.intp)
