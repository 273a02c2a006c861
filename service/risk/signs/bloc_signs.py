"""Signs about groups of voters: that one stands, and that one does what it never did. Pure.

docs/methodology.md, "Standing blocs". A p-value bounds the evidence against chance by
-1/(e p ln p) (Sellke, Bayarri and Berger 2001); that a group stands is not that it attacks, so half
of the bound's logarithm is taken, which is our assumption.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, e, log

import numpy as np

from models.attack_enums import BlocKind, SignalFamily, SignalSubject
from models.enums import Support
from service.protocol.rounds import RoundTime
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.risk.signs.vote_matrix import ABSENT, VoteMatrix, majority_of

STANDING_BLOC = "standing_bloc"
BLOC_DEVIATION = "bloc_deviation"
# Shares of the bound's logarithm, and the most that is ever said.
HALF = 0.5
MOST_LOG_LR = 3.0
# A deviation is told below this, after paying for the three kinds that are looked for.
DEVIATES = 0.05
_KINDS = 3
# Who voted in this share of the earlier rounds is missed where the others vote.
REGULAR = 0.9
_LEAST_P = 1e-12


@dataclass(frozen=True, slots=True)
class Deviation:
    """What a baseline did in one round beside what it had always done."""

    bloc_id: str
    round_id: int
    p_value: float
    words: str
    # Columns of the vote matrix it rests on.
    columns: tuple[int, ...]


def log_lr_of(p_value: float) -> float:
    """Half the logarithm of the bound on the evidence; 0 where p says nothing."""
    p = max(p_value, _LEAST_P)
    if p >= 1 / e:
        return 0.0
    return min(MOST_LOG_LR, HALF * -log(-e * p * log(p)))


def standing_signs(
    blocs: Iterable[StandingBloc],
    evidence: Mapping[str, Sequence[SignEvidence]],
    current_round: int,
    sealing: frozenset[str],
) -> list[AttackSign]:
    """A sign for each co-voting group, and one for the round under way where it votes in it."""
    signs = []
    for bloc in blocs:
        if bloc.kind is not BlocKind.CO_VOTING or bloc.p_value is None:
            continue
        sign = AttackSign(
            family=SignalFamily.BLOCS,
            signal=STANDING_BLOC,
            subject_kind=SignalSubject.GROUP,
            subject=bloc.bloc_id,
            log_lr=log_lr_of(bloc.p_value),
            support=Support.ASSUMED,
            words="; ".join(bloc.evidence) + ".",
            value=float(bloc.joint_requests),
            unit="joint_pushes",
            low=bloc.tests.get("joint_low"),
            high=bloc.tests.get("joint_high"),
            evidence=tuple(evidence.get(bloc.bloc_id, ())),
        )
        signs.append(sign)
        voting = len(sealing & set(bloc.entities))
        if voting > 1:
            signs.append(_in_round(sign, bloc, voting, current_round))
    return signs


def _in_round(sign: AttackSign, bloc: StandingBloc, voting: int, round_id: int) -> AttackSign:
    return AttackSign(
        family=sign.family,
        signal=sign.signal,
        subject_kind=sign.subject_kind,
        subject=sign.subject,
        log_lr=sign.log_lr,
        support=sign.support,
        words=f"{voting} of {len(bloc.entities)} entities of a standing group sealed votes in it.",
        value=float(voting),
        unit="entities",
        round_id=round_id,
        evidence=sign.evidence,
    )


def find_deviations(matrix: VoteMatrix, blocs: Iterable[StandingBloc]) -> list[Deviation]:
    """Rounds that ended after a baseline was known and in which it split, lost a member or turned.

    Each round is judged by the rounds known when the baseline was found.
    """
    return [
        deviation
        for bloc in blocs
        if bloc.kind is BlocKind.BASELINE and bloc.known_at is not None
        for deviation in _deviations(matrix, bloc, bloc.known_at.timestamp())
    ]


def _deviations(matrix: VoteMatrix, bloc: StandingBloc, known_at: float) -> list[Deviation]:
    # Entities may have merged since: those that a member's address belongs to now.
    wanted = {*bloc.entities, *bloc.addresses}
    rows = np.array([r for r, entity in enumerate(matrix.entities) if entity in wanted], np.intp)
    if len(rows) < 2:  # noqa: PLR2004  # one alone cannot differ
        return []
    before = np.array([RoundTime(int(r)).ends_at <= known_at for r in matrix.rounds], dtype=bool)
    past = _past(matrix, rows, before)
    found = []
    for round_id in matrix.rounds[~before]:
        deviation = _judge(matrix, rows, int(round_id), past)
        if deviation is not None:
            p_value, words, columns = deviation
            found.append(Deviation(bloc.bloc_id, int(round_id), p_value, words, columns))
    return found


@dataclass(frozen=True, slots=True)
class _Past:
    """Rates before, half a count above 0; ``regular``: rows that hardly ever missed a round."""

    split: float
    against: float
    absent: float
    regular: np.ndarray


def _past(matrix: VoteMatrix, rows: np.ndarray, before: np.ndarray) -> _Past:
    columns = np.flatnonzero(np.isin(matrix.round_of, matrix.rounds[before]))
    split, against, asked = _counts(matrix, rows, columns)
    took_part = _took_part(matrix, rows, matrix.rounds[before])
    rounds = max(took_part.shape[1], 1)
    regular = took_part.sum(axis=1) >= REGULAR * rounds
    missed = int((~took_part[regular]).sum())
    return _Past(
        split=(len(split) + 0.5) / (asked + 1),
        against=(len(against) + 0.5) / (asked + 1),
        absent=(missed + 0.5) / (int(regular.sum()) * rounds + 1),
        regular=regular,
    )


def _judge(
    matrix: VoteMatrix, rows: np.ndarray, round_id: int, past: _Past
) -> tuple[float, str, tuple[int, ...]] | None:
    """The least likely of the three, if it is unlikely enough."""
    columns = np.flatnonzero(matrix.round_of == round_id)
    split, against, asked = _counts(matrix, rows, columns)
    took_part = _took_part(matrix, rows, np.array([round_id]))[:, 0]
    usual = int(past.regular.sum())
    missing = int((past.regular & ~took_part).sum())
    size = len(rows)
    kinds = [
        (
            _at_least(len(split), asked, past.split),
            f"{size} entities that always voted alike differed in {len(split)} of {asked} votes.",
            split,
        ),
        (
            _at_least(len(against), asked, past.against),
            (
                f"{size} entities that always voted alike gave another answer than most of the "
                f"others in {len(against)} of {asked} votes."
            ),
            against,
        ),
    ]
    if 2 * took_part.sum() >= size:
        kinds.append(
            (
                _at_least(missing, usual, past.absent),
                (
                    f"{missing} of {usual} entities that always voted alike and hardly ever missed "
                    "a round did not vote while the others did."
                ),
                [int(column) for column in columns],
            )
        )
    p_value, words, found = min(kinds, key=lambda kind: kind[0])
    p_value = min(1.0, _KINDS * p_value)
    return (p_value, words, tuple(found)) if p_value <= DEVIATES else None


def _counts(
    matrix: VoteMatrix, rows: np.ndarray, columns: np.ndarray
) -> tuple[list[int], list[int], int]:
    """Votes the group differed in, those it answered unlike the others, and all it answered."""
    others = np.setdiff1d(np.arange(len(matrix.entities)), rows)
    usual = majority_of(matrix.answers[others][:, columns])
    split, against, asked = [], [], 0
    for place, column in enumerate(columns):
        given = matrix.answers[rows, column]
        given = given[given != ABSENT]
        if len(given) < 2:  # noqa: PLR2004  # one alone cannot differ
            continue
        asked += 1
        if (given != given[0]).any():
            split.append(int(column))
        elif usual[place] not in (ABSENT, given[0]):
            against.append(int(column))
    return split, against, asked


def _took_part(matrix: VoteMatrix, rows: np.ndarray, rounds: np.ndarray) -> np.ndarray:
    """(members, rounds) whether a member opened a vote in a round."""
    answers = matrix.answers[rows]
    parts = [(answers[:, matrix.round_of == r] != ABSENT).any(axis=1) for r in rounds]
    return np.stack(parts, axis=1) if parts else np.zeros((len(rows), 0), dtype=bool)


def _at_least(hits: int, trials: int, rate: float) -> float:
    """P(Binomial(trials, rate) >= hits)."""
    if hits == 0:
        return 1.0
    below = sum(comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(hits))
    return max(0.0, 1.0 - below)


def deviation_signs(
    deviations: Iterable[Deviation], evidence: Mapping[tuple[str, int], Sequence[SignEvidence]]
) -> list[AttackSign]:
    """A sign for each, in its round."""
    return [
        AttackSign(
            family=SignalFamily.BLOCS,
            signal=BLOC_DEVIATION,
            subject_kind=SignalSubject.GROUP,
            subject=one.bloc_id,
            log_lr=log_lr_of(one.p_value),
            support=Support.ASSUMED,
            words=f"{one.words} By its own record p is {one.p_value:.2g}.",
            value=one.p_value,
            unit="p_value",
            round_id=one.round_id,
            evidence=tuple(evidence.get((one.bloc_id, one.round_id), ())),
        )
        for one in deviations
    ]
