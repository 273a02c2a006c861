"""Random voting records with a known truth, to measure what a search sees and what it makes up.

The world of docs/methodology.md, "What the search for blocs can see": voters of unequal care, some
requests hard, honest errors, one bloc that pushes together or none.
"""

from dataclasses import dataclass

import numpy as np

from service.risk.signs.vote_matrix import ABSENT, VoteMatrix


@dataclass(frozen=True, slots=True)
class World:
    """How a record comes about. Shares in 0..1."""

    voters: int = 120
    requests: int = 400
    turnout: float = 0.85
    # Mean share of votes that are wrong, and how alike requests are in it (a beta law's k).
    error: float = 0.025
    likeness: float = 2.5
    # Standard deviation of the logarithm of how often a voter errs beside others.
    care: float = 0.0
    # Share of voters who follow one of a few leaders' answers instead of their own.
    herd: float = 0.0
    bloc: int = 6
    pushes: int = 0
    # Chance that a member takes part in a push it votes on.
    discipline: float = 1.0
    # Requests of a round; seals, and openings, within this many seconds of the bloc's own.
    round_size: int = 8
    in_step_seconds: float | None = None
    opened_in_step_seconds: float | None = None
    # Share of voters whose machine opens in the first minutes, each with its own usual delay; and
    # of those who open within the hour after a reminder that comes at any time.
    machines: float = 0.25
    reminded: float = 0.0


def draw_world(world: World, rng: np.random.Generator) -> VoteMatrix:
    """A record; the bloc, if any, is the first ``world.bloc`` voters."""
    shape = world.voters, world.requests
    ease = rng.beta(
        world.error * world.likeness, (1 - world.error) * world.likeness, size=world.requests
    )
    care = np.exp(world.care * rng.standard_normal(world.voters) - world.care**2 / 2)
    chance = np.minimum(0.9, care[:, None] * ease[None, :])
    wrong = rng.random(shape) < chance
    _herd(world, wrong, rng)
    present = rng.random(shape) < world.turnout
    if world.pushes:
        pushed = rng.choice(world.requests, size=world.pushes, replace=False)
        takes_part = rng.random((world.bloc, world.pushes)) < world.discipline
        wrong[: world.bloc, pushed] |= takes_part
    answers = np.where(present, wrong.astype(np.int16), ABSENT).astype(np.int16)
    return as_matrix(answers, world, rng)


def _herd(world: World, wrong: np.ndarray, rng: np.random.Generator) -> None:
    """Followers copy a leader, errors and all: alike without any plan to push."""
    followers = np.flatnonzero(rng.random(world.voters) < world.herd)
    leaders = rng.integers(0, 3, size=(len(followers), world.requests))
    # Leaders are as careful as anybody.
    wrong[followers] = np.take_along_axis(wrong[:3], leaders, axis=0)


def as_matrix(answers: np.ndarray, world: World, rng: np.random.Generator) -> VoteMatrix:
    """Answers (E, R) with rounds and times: habits of the day, and the rush at the end."""
    count, requests = answers.shape
    round_of = np.arange(requests) // world.round_size
    rounds = np.unique(round_of)
    habit = rng.random((count, 1)) * 80_000
    late = rng.random((count, len(rounds))) < 0.3  # noqa: PLR2004  # they vote in the last hour
    spread = rng.normal(0, 7_200, size=(count, len(rounds)))
    sealed = np.where(late, 86_400 - rng.exponential(3_600, size=spread.shape), habit + spread)
    if world.in_step_seconds is not None and world.pushes:
        beat = rng.random(len(rounds)) * 80_000
        shift = rng.normal(0, world.in_step_seconds, size=(world.bloc, len(rounds)))
        sealed[: world.bloc] = beat + shift
    voted = np.stack([(answers[:, round_of == r] != ABSENT).any(axis=1) for r in rounds], axis=1)
    return VoteMatrix(
        entities=tuple(f"0x{number + 1:040x}" for number in range(count)),
        requests=tuple(f"0x{number + 1:064x}" for number in range(requests)),
        answers=answers,
        round_of=round_of,
        rounds=rounds,
        sealed_at=np.where(voted, np.clip(sealed, 0, 86_399), np.nan),
        opened_at=np.where(voted, _openings(sealed.shape, world, rng), np.nan),
    )


def _openings(shape: tuple[int, int], world: World, rng: np.random.Generator) -> np.ndarray:
    """(E, K) when votes are opened: machines first, the rest by habit, when told, or at the end."""
    count, rounds = shape
    habit = rng.random((count, 1)) * 80_000
    late = rng.random(shape) < 0.2  # noqa: PLR2004  # they open in the last hour
    opened = np.where(
        late, 86_400 - rng.exponential(3_600, size=shape), habit + rng.normal(0, 7_200, size=shape)
    )
    kind = rng.random(count)
    told = (kind >= world.machines) & (kind < world.machines + world.reminded)
    reminder = rng.random(rounds) * 80_000
    opened[told] = reminder + rng.exponential(1_800, size=(int(told.sum()), rounds))
    machine = kind < world.machines
    usual = rng.exponential(40, size=(count, 1))
    delays = usual + rng.exponential(20, size=shape)
    opened[machine] = delays[machine]
    if world.opened_in_step_seconds is not None and world.pushes:
        beat = rng.random(rounds) * 80_000
        spread = world.opened_in_step_seconds
        opened[: world.bloc] = beat + rng.normal(0, spread, size=(world.bloc, rounds))
    # A block is twelve seconds.
    return np.asarray(np.floor(np.clip(opened, 0, 86_399) / 12) * 12)
