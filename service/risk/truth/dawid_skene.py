"""What adjudicators' verdicts say together, and how often each errs (Dawid and Skene, 1979).

docs/methodology.md, "Adjudication". EM from majority shares, with Dirichlet pseudo-counts, so that
one adjudicator, or one who never met another, is worth what was assumed of anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.adjudication_enums import Verdict

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

VERSION = "dawid-skene-1.0.0"
CLASSES = tuple(Verdict)
_MOST_ROUNDS = 500
_STEADY = 1e-9
# Draws before the first that counts.
_WARM_UP = 50


@dataclass(frozen=True, slots=True)
class FusionPriors:
    """Pseudo-counts, the same for every adjudicator and symmetric in the classes."""

    # What is taken for granted of anybody's share of right verdicts, and its weight in verdicts.
    accuracy: float
    accuracy_n: float
    # A class's pseudo-questions.
    prevalence_n: float
    draws: int
    seed: int


@dataclass(frozen=True, slots=True)
class Ballot:
    """One adjudicator's verdict on one question; an adjudicator has at most one a question."""

    question: int
    adjudicator: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Fusion:
    """Posteriors of all questions, and what they rest on; classes in the order of ``Verdict``."""

    questions: tuple[int, ...]
    adjudicators: tuple[str, ...]
    # (questions, classes), rows sum to 1.
    posterior: Array
    # (draws, questions, classes): the same under other error rates that fit the verdicts.
    drawn: Array
    # Of each class; sums to 1.
    prevalence: Array
    # (adjudicators, truth, verdict), rows sum to 1.
    confusion: Array
    rounds: int
    is_converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Ballots as indices, sorted by question; ``starts`` is where each question begins."""

    question: Indices
    adjudicator: Indices
    verdict: Indices
    starts: Indices


def fuse(ballots: Sequence[Ballot], priors: FusionPriors) -> Fusion:
    """Fuse all ballots of one track; ``ValueError`` where an adjudicator answered one twice.

    The order of the ballots does not matter. Without ballots there are no questions.
    """
    questions = tuple(sorted({ballot.question for ballot in ballots}))
    adjudicators = tuple(sorted({ballot.adjudicator for ballot in ballots}))
    table = _index(ballots, questions, adjudicators)
    posterior = _shares(table, len(questions))
    rounds, change = 0, np.inf
    prevalence, confusion = _rates(table, posterior, len(adjudicators), priors)
    while rounds < _MOST_ROUNDS and change > _STEADY:
        before, rounds = posterior, rounds + 1
        posterior = _posterior(table, prevalence, confusion)
        prevalence, confusion = _rates(table, posterior, len(adjudicators), priors)
        change = float(np.abs(posterior - before).max(initial=0.0))
    return Fusion(
        questions=questions,
        adjudicators=adjudicators,
        posterior=posterior,
        drawn=_drawn(table, posterior, len(adjudicators), priors),
        prevalence=prevalence,
        confusion=confusion,
        rounds=rounds,
        is_converged=change <= _STEADY,
    )


def _index(
    ballots: Sequence[Ballot], questions: Sequence[int], adjudicators: Sequence[str]
) -> _Table:
    places = {question: place for place, question in enumerate(questions)}
    people = {adjudicator: place for place, adjudicator in enumerate(adjudicators)}
    rows = sorted(
        (places[b.question], people[b.adjudicator], CLASSES.index(b.verdict)) for b in ballots
    )
    pairs = [row[:2] for row in rows]
    if len(set(pairs)) < len(pairs):
        message = "an adjudicator has two verdicts on one question: pass the newest only"
        raise ValueError(message)
    columns = np.array(rows, dtype=np.intp).reshape(-1, 3).T
    starts = np.searchsorted(columns[0], np.arange(len(questions)))
    return _Table(columns[0], columns[1], columns[2], starts)


def _shares(table: _Table, questions: int) -> Array:
    """Each question's shares of verdicts: the majority vote, softly."""
    place = table.question * len(CLASSES) + table.verdict
    counts = np.bincount(place, minlength=questions * len(CLASSES)).reshape(-1, len(CLASSES))
    shares: Array = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    return shares


def _counts(
    table: _Table, posterior: Array, adjudicators: int, priors: FusionPriors
) -> tuple[Array, Array]:
    """Dirichlet parameters: pseudo-counts, and expected counts on top of them."""
    classes = len(CLASSES)
    wrong = (1 - priors.accuracy) / (classes - 1)
    assumed = np.full((classes, classes), wrong) + np.eye(classes) * (priors.accuracy - wrong)
    confusion = np.repeat((assumed * priors.accuracy_n)[None], adjudicators, axis=0)
    place = table.adjudicator * classes + table.verdict
    for truth in range(classes):
        weight = posterior[table.question, truth]
        seen = np.bincount(place, weights=weight, minlength=adjudicators * classes)
        confusion[:, truth, :] += seen.reshape(adjudicators, classes)
    return priors.prevalence_n + posterior.sum(axis=0), confusion


def _rates(
    table: _Table, posterior: Array, adjudicators: int, priors: FusionPriors
) -> tuple[Array, Array]:
    prevalence, confusion = _counts(table, posterior, adjudicators, priors)
    return prevalence / prevalence.sum(), confusion / confusion.sum(axis=2, keepdims=True)


def _posterior(table: _Table, prevalence: Array, confusion: Array) -> Array:
    if not len(table.question):
        return np.zeros((0, len(CLASSES)))
    # (ballots, truth): ln P(this verdict | truth).
    told = np.log(np.maximum(confusion, 1e-300))[table.adjudicator, :, table.verdict]
    weight = np.add.reduceat(told, table.starts, axis=0) + np.log(np.maximum(prevalence, 1e-300))
    odds = np.exp(weight - weight.max(axis=1, keepdims=True))
    posterior: Array = odds / odds.sum(axis=1, keepdims=True)
    return posterior


def _drawn(table: _Table, posterior: Array, adjudicators: int, priors: FusionPriors) -> Array:
    """Posteriors under rates and truths drawn in turn (Gibbs), from EM's result on; seeded.

    EM gives the likeliest rates and posteriors as if these were known; the draws say how far both
    are.
    """
    rng = np.random.default_rng(priors.seed)
    drawn = np.zeros((priors.draws, *posterior.shape))
    truth = posterior
    for number in range(-_WARM_UP, priors.draws):
        prevalence, confusion = _counts(table, truth, adjudicators, priors)
        shares, rates = rng.standard_gamma(prevalence), rng.standard_gamma(confusion)
        rates = np.maximum(rates, 1e-300)
        given = _posterior(table, shares / shares.sum(), rates / rates.sum(axis=2, keepdims=True))
        reached = given.cumsum(axis=1) > rng.random((len(given), 1))
        truth = np.eye(len(CLASSES))[reached.argmax(axis=1)]
        if number >= 0:
            drawn[number] = given
    return drawn
