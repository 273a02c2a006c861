"""The path model: every way to a wrong payout, unrolled. docs/methodology.md, "Path model".

All functions take one value a draw and work on whole arrays.
"""

from dataclasses import dataclass, replace

import numpy as np

from service.risk.draws import Transitions, Values

UNDISPUTED, SECOND_UNDISPUTED, VOTE_HONEST, VOTE_ATTACK, DELETED_ADMIN, SOURCE = range(6)
PATHS = (
    *("undisputed", "second_undisputed", "vote_honest", "vote_attack", "deleted_admin"),
    "source_corrupted",
)


@dataclass(frozen=True, slots=True, eq=False)
class PathSum:
    """P(the oracle ends wrong) by path (rows in the order of ``PATHS``), and what was passed."""

    wrong: Values
    disputed: Values
    # Expected number of market-deciding votes on the way (a loop can bring a second one).
    votes: Values
    # P(some vote gives up without an answer, and an administrator decides).
    deleted: Values

    @property
    def total(self) -> Values:
        """P(oracle wrong) over all paths."""
        total: Values = self.wrong.sum(axis=0)
        return total


def first_disputed(t: Transitions) -> Values:
    """D1: the first proposal is disputed."""
    return t.a1w * t.d1w + t.a1e * t.d1e + (1 - t.a1w - t.a1e) * t.d1c


def second_disputed(t: Transitions) -> Values:
    """D2: the second proposal is disputed too."""
    return t.a2w * t.d2w + (1 - t.a2w) * t.d2c


def vote_parts(t: Transitions) -> tuple[Values, Values]:
    """P(a vote that answers is wrong), honestly and by capture; together 1-(1-vh)(1-va)."""
    return t.vh, (1 - t.vh) * t.va


def from_first(t: Transitions, later: PathSum | None = None) -> PathSum:
    """From a first request, proposed or not, to the end; ``later`` is ``from_second`` if known."""
    disputed = first_disputed(t)
    later = later or from_second(t)
    wrong = disputed * later.wrong
    wrong[UNDISPUTED] = t.a1w * (1 - t.d1w) + t.a1e * (1 - t.d1e) * t.ew
    return PathSum(wrong, disputed, disputed * later.votes, disputed * later.deleted)


def from_second(t: Transitions) -> PathSum:
    """From a second request (after the first dispute and reset) to the end."""
    again = second_disputed(t)
    honest, attack = vote_parts(t)
    # A vote that answers "too early" returns to a second request: a geometric series.
    visits = 1 / (1 - again * (1 - t.r) * t.g)
    votes = again * visits
    wrong = np.zeros((len(PATHS), *t.a1w.shape))
    wrong[SECOND_UNDISPUTED] = t.a2w * (1 - t.d2w) * visits
    wrong[VOTE_HONEST] = votes * (1 - t.r) * (1 - t.g) * honest
    wrong[VOTE_ATTACK] = votes * (1 - t.r) * (1 - t.g) * attack
    wrong[DELETED_ADMIN] = votes * t.r * t.mu
    return PathSum(wrong, np.ones_like(again), votes, votes * t.r)


def from_vote(t: Transitions, answer_wrong: Values, later: PathSum | None = None) -> PathSum:
    """From an open vote whose answer, if it gives one, is wrong with ``answer_wrong``.

    ``t`` has this vote's own ``r`` and ``g``; ``later`` is ``from_second`` with the usual ones.
    """
    honest, attack = vote_parts(t)
    share = attack / np.maximum(honest + attack, 1e-300)
    later = later or from_second(t)
    back = (1 - t.r) * t.g
    wrong = back * later.wrong
    answers = (1 - t.r) * (1 - t.g) * answer_wrong
    wrong[VOTE_HONEST] += answers * (1 - share)
    wrong[VOTE_ATTACK] += answers * share
    wrong[DELETED_ADMIN] += t.r * t.mu
    votes, deleted = 1 + back * later.votes, t.r + back * later.deleted
    return PathSum(wrong, np.ones_like(back), votes, deleted)


def with_source(path: PathSum, corrupted: Values) -> PathSum:
    """The same, where the one source all look at is made to say untruth with ``corrupted``."""
    wrong = path.wrong * (1 - corrupted)
    wrong[SOURCE] = corrupted
    return replace(path, wrong=wrong)
