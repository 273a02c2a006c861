"""A baseline that splits, turns or loses a member is a sign; one that goes on as ever is none."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from models.attack_enums import BlocKind, SignalSubject
from service.protocol.rounds import RoundTime
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.signs.bloc_signs import (
    MOST_LOG_LR,
    deviation_signs,
    find_deviations,
    log_lr_of,
    standing_signs,
)
from service.risk.signs.vote_matrix import ABSENT, VoteMatrix

ENTITIES = tuple(f"0x{number:040x}" for number in range(30))
NINE = ENTITIES[:9]
ROUNDS, SIZE = 12, 5
LAST = ROUNDS - 1


def record() -> VoteMatrix:
    """All answer 0; in every vote two of the others answer 1."""
    answers = np.zeros((30, ROUNDS * SIZE), dtype=np.int16)
    for column in range(ROUNDS * SIZE):
        answers[[10 + column % 20, 10 + (column + 3) % 20], column] = 1
    return VoteMatrix(
        ENTITIES,
        tuple(f"0x{number:064x}" for number in range(ROUNDS * SIZE)),
        answers,
        np.repeat(np.arange(ROUNDS), SIZE),
        np.arange(ROUNDS),
        np.zeros((30, ROUNDS)),
        np.zeros((30, ROUNDS)),
    )


BASELINE = StandingBloc(
    bloc_id="baseline-1",
    kind=BlocKind.BASELINE,
    entities=NINE,
    addresses=NINE,
    evidence=("alike",),
    joint_requests=55,
    p_value=1e-9,
    known_at=datetime.fromtimestamp(RoundTime(LAST - 1).ends_at, UTC),
)


def test_a_baseline_that_goes_on_as_ever_is_no_sign() -> None:
    assert find_deviations(record(), [BASELINE]) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((slice(0, 4), 1), "differed in 5 of 5 votes"),
        ((slice(0, 9), 1), "another answer than most of the others in 5 of 5 votes"),
        ((slice(0, 3), ABSENT), "3 of 9 entities"),
    ],
)
def test_a_split_a_turn_and_a_loss_are_told(change: tuple[slice, int], words: str) -> None:
    matrix = record()
    rows, answer = change
    matrix.answers[rows, LAST * SIZE :] = answer
    [found] = find_deviations(matrix, [BASELINE])
    assert (found.round_id, found.p_value < 0.01) == (LAST, True)
    assert words in found.words
    [sign] = deviation_signs([found], {})
    assert (sign.round_id, sign.subject) == (LAST, "baseline-1")
    assert 0 < sign.log_lr <= MOST_LOG_LR


def test_what_happened_before_the_baseline_was_known_is_no_deviation() -> None:
    matrix = record()
    matrix.answers[0:4, LAST * SIZE :] = 1
    later = replace(BASELINE, known_at=datetime.fromtimestamp(RoundTime(LAST).ends_at, UTC))
    assert find_deviations(matrix, [later]) == []


def test_a_p_value_says_half_of_what_it_can_and_never_more_than_the_cap() -> None:
    assert log_lr_of(0.5) == 0
    assert log_lr_of(0.001) == pytest.approx(0.5 * np.log(1 / (np.e * 0.001 * np.log(1000))))
    assert log_lr_of(0.0) == MOST_LOG_LR


def test_a_standing_group_is_a_sign_of_the_round_it_votes_in() -> None:
    group = replace(BASELINE, kind=BlocKind.CO_VOTING, p_value=0.001)
    [alone] = standing_signs([group, BASELINE], {}, 7, frozenset(NINE[:1]))
    assert (alone.round_id, alone.subject_kind) == (None, SignalSubject.GROUP)
    _, of_round = standing_signs([group], {}, 7, frozenset(NINE[:3]))
    assert (of_round.round_id, of_round.value) == (7, 3.0)
