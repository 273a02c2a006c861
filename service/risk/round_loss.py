"""What a round may misallocate, honest error and attacks together.

docs/methodology.md, "Whether somebody tries". Blocs are common to all requests of a draw, never
independent markets. Each way the round can go is drawn apart and weighed with its chance: attacks
are too rare to wait for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.risk.attack_votes import sum_by_draw
from service.risk.bloc_docket import BlocDocket, Scene
from service.risk.draws import Values


@dataclass(frozen=True, slots=True)
class RoundLoss:
    """Open interest paid out wrong in USD, after on-chain prevention, before refunds."""

    mean: float
    p95: float
    p99: float
    # The mean if nobody attacks, and the loss exceeded in 1 % of rounds that are attacked.
    honest_mean: float
    attacked_p99: float | None
    p_any_wrong: float
    p_two_or_more_wrong: float


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    weight: float
    loss: Values
    wrong: Values


def round_loss(scene: Scene, attacks: Sequence[tuple[BlocDocket, float]]) -> RoundLoss:
    """The loss over the ways the round can go: nobody attacks, or one of the blocs its best set.

    ``attacks``: with each bloc its chance to attack this round; at most one attacks.
    """
    docket, votes = scene.docket, scene.votes
    counts = docket.operative & docket.in_round
    # Preventing is one decision of the administrators a draw, not one a market.
    paid = (votes.remedy >= docket.prevented[:, None]) & counts[:, None]
    honest = scene.honest.won & paid
    tried = sum(chance for _, chance in attacks)
    calm = _Way(max(0.0, 1 - tried), *_lost(docket.open_interest, honest))
    ways = [calm]
    for found, chance in attacks:
        taken = found.chosen & counts
        interest = docket.open_interest[taken]
        loss, wrong = _lost(interest, found.votes.draws.won[taken] & paid[taken])
        spared, right = _lost(interest, honest[taken])
        ways.append(_Way(chance, calm.loss - spared + loss, calm.wrong - right + wrong))
    total = sum(way.weight for way in ways)
    return RoundLoss(
        mean=sum(way.weight * float(way.loss.mean()) for way in ways) / total,
        p95=_quantile(ways, 0.95),
        p99=_quantile(ways, 0.99),
        honest_mean=float(calm.loss.mean()),
        attacked_p99=_quantile(ways[1:], 0.99) if tried > 0 else None,
        p_any_wrong=_chance(ways, 1),
        p_two_or_more_wrong=_chance(ways, 2),
    )


def _lost(interest: Values, wrong: np.ndarray) -> tuple[Values, Values]:
    """Open interest paid out wrong, and in how many requests, by draw."""
    return sum_by_draw(interest, wrong), np.count_nonzero(wrong, axis=0).astype(np.float64)


def _chance(ways: Sequence[_Way], least: int) -> float:
    total = sum(way.weight for way in ways)
    return sum(way.weight * float((way.wrong >= least).mean()) for way in ways) / total


def _quantile(ways: Sequence[_Way], share: float) -> float:
    loss = np.concatenate([way.loss for way in ways])
    weights = np.concatenate([np.full(len(way.loss), way.weight / len(way.loss)) for way in ways])
    order = loss.argsort()
    running = np.cumsum(weights[order])
    place = int(np.searchsorted(running, share * running[-1]))
    return float(loss[order[min(place, len(order) - 1)]])
