"""How often the search for blocs finds a bloc that is there, and one that is not.

The table of docs/methodology.md, "What the search for blocs can see"; ``measure_power`` makes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.detection.binomial import share_interval
from service.detection.co_voting import CoVoting, find_groups
from service.detection.voting_worlds import World, draw_world

_MINUTE = 60.0
CASES: tuple[tuple[str, World], ...] = (
    ("no bloc", World()),
    ("no bloc, unequal care", World(care=0.5)),
    ("no bloc, very unequal care", World(care=1.0)),
    ("no bloc, 30 % follow three leaders", World(herd=0.3)),
    ("no bloc, 60 % open by machine", World(machines=0.6)),
    ("no bloc, 30 % open when reminded", World(reminded=0.3)),
    ("no bloc, 10 % open when reminded", World(reminded=0.1)),
    ("no bloc, very unequal care, 10 % reminded", World(care=1.0, reminded=0.1)),
    ("6 wallets, 5 pushes", World(pushes=5)),
    ("6 wallets, 7 pushes", World(pushes=7)),
    ("6 wallets, 13 pushes", World(pushes=13)),
    ("6 wallets, 27 pushes", World(pushes=27)),
    ("6 wallets, 30 pushes", World(pushes=30)),
    ("6 wallets, 30 pushes, unequal care", World(pushes=30, care=0.5)),
    ("6 wallets, 30 pushes, very unequal care", World(pushes=30, care=1.0)),
    ("6 wallets, 8 pushes, half-disciplined", World(pushes=8, discipline=0.5)),
    ("4 wallets, 8 pushes", World(bloc=4, pushes=8)),
    ("6 wallets, 5 pushes, sealed within a minute", World(pushes=5, in_step_seconds=_MINUTE)),
    ("6 wallets, 7 pushes, sealed within a minute", World(pushes=7, in_step_seconds=_MINUTE)),
    (
        "6 wallets, 5 pushes, opened within a minute",
        World(pushes=5, opened_in_step_seconds=_MINUTE),
    ),
    (
        "6 wallets, 7 pushes, opened within a minute",
        World(pushes=7, opened_in_step_seconds=_MINUTE),
    ),
)
# Of the bloc's members a group must name this share to count as the bloc found.
_FOUND = 2 / 3


@dataclass(frozen=True, slots=True)
class PowerRow:
    """One case over ``runs`` records, each share with its 95 % interval.

    ``found``: a group names two thirds of the bloc's members, and one stranger at most; None where
    there is no bloc. ``false``: a group is reported that is not mostly the bloc.
    """

    case: str
    runs: int
    found: int | None
    false: int

    @property
    def found_interval(self) -> tuple[float, float] | None:
        """Where the chance to find the bloc lies."""
        return None if self.found is None else share_interval(self.found, self.runs)

    @property
    def false_interval(self) -> tuple[float, float]:
        """Where the chance of a false group lies."""
        return share_interval(self.false, self.runs)


def measure_power(
    n_runs: int, seed: int = 0, cases: Sequence[tuple[str, World]] = CASES
) -> list[PowerRow]:
    """Every case over ``n_runs`` random records; the same seed gives the same table."""
    return [_measure(name, world, n_runs, seed) for name, world in cases]


def _measure(case: str, world: World, runs: int, seed: int) -> PowerRow:
    found = false = 0
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        result = find_groups(draw_world(world, rng), seed=run)
        found += _is_found(world, result)
        false += _has_false(world, result)
    return PowerRow(case, runs, found if world.pushes else None, false)


def _is_found(world: World, result: CoVoting) -> bool:
    if not world.pushes:
        return False
    return any(
        _members_of(world, group.members) >= _FOUND * world.bloc
        and len(group.members) - _members_of(world, group.members) <= 1
        for group in result.groups
    )


def _has_false(world: World, result: CoVoting) -> bool:
    if not world.pushes:
        return bool(result.groups)
    return any(
        2 * _members_of(world, group.members) <= len(group.members) for group in result.groups
    )


def _members_of(world: World, members: tuple[int, ...]) -> int:
    return sum(member < world.bloc for member in members)


def power_table(rows: Sequence[PowerRow]) -> str:
    """The rows as a Markdown table."""
    lines = ["| record | runs | bloc found | false groups |", "|---|---|---|---|"]
    for row in rows:
        found = "" if row.found_interval is None else _cell(row.found or 0, row)
        lines.append(f"| {row.case} | {row.runs} | {found} | {_cell(row.false, row)} |")
    return "\n".join(lines)


def _cell(hits: int, row: PowerRow) -> str:
    low, high = share_interval(hits, row.runs)
    return f"{hits / row.runs:.1%} ({low:.1%} to {high:.1%})"
