"""What a round may pay out wrong, honest error and attacks together.

docs/methodology.md, "Whether somebody tries". Blocs are common to all requests of a draw, never
independent markets. Each way the round can go is drawn apart and weighed with its chance: attacks
are too rare to wait for. Which answer is the right one is drawn too, as the market's score
believes: where the pushed one is right, what pays it out wrong is the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.risk.attack.attack_attempt import AttemptRate, level_bounds
from service.risk.attack.attack_gain import Flags
from service.risk.attack.attack_votes import VoteDraws, draw_truth, sum_by_draw
from service.risk.attack.bloc_docket import BlocDocket, Scene
from service.risk.draws import Values


@dataclass(frozen=True, slots=True)
class RoundLoss:
    """Open interest paid out wrong in USD, after on-chain prevention, before refunds.

    The intervals of the two chances are over the level of attempts, not over what is believed.
    """

    mean: float
    p95: float
    p99: float
    # The mean if nobody adds anything to what is opened but honest votes; what a bloc has opened
    # by now is in it. And the loss exceeded in 1 % of rounds that are attacked.
    standing_mean: float
    attacked_p99: float | None
    p_any_wrong: AttemptRate
    p_two_or_more_wrong: AttemptRate


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    weight: float
    loss: Values
    wrong: Values


def round_loss(scene: Scene, attacks: Sequence[tuple[BlocDocket, float]]) -> RoundLoss | None:
    """The loss over the ways the round can go: nobody attacks, or one of the blocs its best set.

    ``attacks``: with each bloc its chance to attack this round; at most one attacks. ``None`` where
    nothing says how likely the answers believed in are right.
    """
    docket, votes = scene.docket, scene.votes
    counts = docket.operative & docket.in_round
    if unbelieved(scene):
        return None
    # Preventing is one decision of the administrators a draw, not one a market.
    paid = (votes.remedy >= docket.prevented[:, None]) & counts[:, None]
    mistaken = draw_truth(np.nan_to_num(docket.belief, nan=1.0), scene.parameters)
    everything = np.ones_like(counts)
    honest = _wrong(scene.honest, mistaken, everything) & paid
    tried = sum(chance for _, chance in attacks)
    calm = _Way(max(0.0, 1 - tried), *_lost(docket.open_interest, honest))
    ways = [calm]
    for found, chance in attacks:
        taken = found.chosen & counts
        interest = docket.open_interest[taken]
        pushed = _wrong(found.votes.draws, mistaken, taken)
        loss, wrong = _lost(interest, pushed & paid[taken])
        spared, right = _lost(interest, honest[taken])
        ways.append(_Way(chance, calm.loss - spared + loss, calm.wrong - right + wrong))
    total = sum(way.weight for way in ways)
    bounds = level_bounds(scene.parameters)
    return RoundLoss(
        mean=sum(way.weight * float(way.loss.mean()) for way in ways) / total,
        p95=_quantile(ways, 0.95),
        p99=_quantile(ways, 0.99),
        standing_mean=float(calm.loss.mean()),
        attacked_p99=_quantile(ways[1:], 0.99) if tried > 0 else None,
        p_any_wrong=_rate(ways, 1, bounds),
        p_two_or_more_wrong=_rate(ways, 2, bounds),
    )


def unbelieved(scene: Scene) -> int:
    """How many operative requests of the round no score believes anything about."""
    docket = scene.docket
    return int(np.isnan(docket.belief[docket.operative & docket.in_round]).sum())


def _wrong(draws: VoteDraws, mistaken: Flags, rows: Flags) -> Flags:
    """Where an answer that is not the right one wins, of these requests."""
    won = draws.won[rows]
    wrong: Flags = np.where(mistaken[rows], ~(won | draws.rolled[rows]), won)
    return wrong


def _lost(interest: Values, wrong: np.ndarray) -> tuple[Values, Values]:
    """Open interest paid out wrong, and in how many requests, by draw."""
    return sum_by_draw(interest, wrong), np.count_nonzero(wrong, axis=0).astype(np.float64)


def _rate(ways: Sequence[_Way], least: int, bounds: tuple[float, float]) -> AttemptRate:
    low, mean, high = (_chance(ways, least, level) for level in (bounds[0], 1.0, bounds[1]))
    return AttemptRate(mean, min(low, mean, high), max(low, mean, high))


def _chance(ways: Sequence[_Way], least: int, level: float) -> float:
    """P(so many wrong), were attempts so many times as likely."""
    weights = [level * way.weight for way in ways[1:]]
    weights = [max(0.0, 1 - sum(weights)), *weights]
    chances = [float((way.wrong >= least).mean()) for way in ways]
    return sum(w * c for w, c in zip(weights, chances, strict=True)) / sum(weights)


def _quantile(ways: Sequence[_Way], share: float) -> float:
    loss = np.concatenate([way.loss for way in ways])
    weights = np.concatenate([np.full(len(way.loss), way.weight / len(way.loss)) for way in ways])
    order = loss.argsort()
    running = np.cumsum(weights[order])
    place = int(np.searchsorted(running, share * running[-1]))
    return float(loss[order[min(place, len(order) - 1)]])
