"""How few entities decide a vote. docs/methodology.md, "Who could".

Shares are of all stake, so that stake nobody is known to hold counts as spread out. Links between
addresses hide: every share is a lower bound, every count of entities an upper one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.risk.attack.attack_cost import can_block, can_force
from service.risk.attack.attack_inputs import Terms, Voter

_MOST = 20
# Pairs beyond so many of the largest entities are far smaller than those listed.
_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class StakeConcentration:
    """Measures over entities. ``nakamoto_*``: entities needed, None where all together cannot."""

    entities: int
    # Share of all stake the entities listed hold.
    covered: float
    hhi: float
    # Among those listed.
    gini: float | None
    top1: float
    top3: float
    top9: float
    nakamoto_force: int | None
    nakamoto_block: int | None


@dataclass(frozen=True, slots=True)
class Power:
    """One entity, or two that only together can; stake in UMA."""

    entities: tuple[str, ...]
    stake: float
    share: float
    can_force: bool
    can_block: bool


def concentration_of(voters: Sequence[Voter], terms: Terms) -> StakeConcentration:
    """The measures; zeros where nobody is listed."""
    stakes = np.sort(np.array([voter.stake for voter in voters], dtype=np.float64))[::-1]
    shares, running = stakes / terms.stake, np.cumsum(stakes)
    return StakeConcentration(
        entities=len(stakes),
        covered=float(shares.sum()),
        hhi=float((shares**2).sum()),
        gini=_gini(stakes),
        top1=float(shares[:1].sum()),
        top3=float(shares[:3].sum()),
        top9=float(shares[:9].sum()),
        nakamoto_force=_first(running, lambda held: can_force(terms, held)),
        nakamoto_block=_first(running, lambda held: can_block(terms, held)),
    )


def powers_of(voters: Sequence[Voter], terms: Terms) -> tuple[Power, ...]:
    """Entities that can force or block alone, then pairs of which only both together can.

    Largest first, at most 20 of either. A pair is listed for what neither of the two can alone.
    """
    ranked = sorted(voters, key=lambda voter: (-voter.stake, voter.entity_id))[:_LOOKED_AT]
    alone = [_power((voter,), terms) for voter in ranked]
    able = [power for power in alone if power.can_force or power.can_block]
    pairs = {
        *_pairs([v for v, p in zip(ranked, alone, strict=True) if not p.can_force], terms, "force"),
        *_pairs([v for v, p in zip(ranked, alone, strict=True) if not p.can_block], terms, "block"),
    }
    falling = sorted(pairs, key=lambda pair: (-pair.stake, pair.entities))
    return (*able[:_MOST], *falling[:_MOST])


def _pairs(ranked: Sequence[Voter], terms: Terms, what: Literal["force", "block"]) -> list[Power]:
    """The largest pairs that can; of a falling list, so the first that cannot ends its row."""
    found: list[Power] = []
    for place, first in enumerate(ranked[: 2 * _MOST]):
        for second in ranked[place + 1 :]:
            pair = _power((first, second), terms)
            if not (pair.can_force if what == "force" else pair.can_block):
                break
            found.append(pair)
    return found


def _power(voters: tuple[Voter, ...], terms: Terms) -> Power:
    stake = sum(voter.stake for voter in voters)
    return Power(
        tuple(voter.entity_id for voter in voters),
        stake,
        stake / terms.stake,
        can_force(terms, stake),
        can_block(terms, stake),
    )


def _first(running: np.ndarray, able: Callable[[float], bool]) -> int | None:
    for count, held in enumerate(running, 1):
        if able(float(held)):
            return count
    return None


def _gini(falling: np.ndarray) -> float | None:
    """0: all equal; None where nobody holds anything."""
    count, total = len(falling), falling.sum()
    if total <= 0:
        return None
    places = np.arange(count, 0, -1)
    return float(2 * (places * falling).sum() / (count * total) - (count + 1) / count)
