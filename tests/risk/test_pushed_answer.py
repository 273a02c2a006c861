"""Which answer an attack would push, and what opened votes mean for it."""

import pytest

from models.enums import Outcome
from service.risk.attack.pushed_answer import PushedAnswer, choose_pushed, split_opened
from service.risk.parameters import Ambiguity, load_parameters
from service.risk.vote_facts import OpenedVotes

PARAMETERS = load_parameters()
YES, NO, HALF = Outcome.YES, Outcome.NO, Outcome.HALF


def pushed(
    truth: tuple[float, float, float] | None = None,
    price_yes: float | None = None,
    proposed: Outcome | None = None,
    stage: int = 2,
) -> PushedAnswer:
    return choose_pushed(truth, price_yes, proposed, stage, PARAMETERS)


@pytest.mark.parametrize(
    ("found", "wrong", "right"),
    [
        (pushed((0.2, 0.75, 0.05), 0.9, YES), YES, NO),
        (pushed((0.3, 0.1, 0.6)), YES, HALF),
        (pushed(None, 0.16, YES), YES, NO),
        (pushed(None, 0.5, YES), NO, YES),
        (pushed(None, None, NO), YES, NO),
        (pushed(), YES, NO),
    ],
)
def test_the_other_of_what_is_believed_is_pushed(
    found: PushedAnswer, wrong: Outcome, right: Outcome
) -> None:
    assert (found.wrong, found.right) == (wrong, right)
    assert found.ground


def test_honest_votes_err_as_the_price_of_the_proposal_says() -> None:
    told = [pushed(None, price, YES).ambiguity for price in (0.97, 0.85, 0.16)]
    assert told == [Ambiguity.CLEAR, Ambiguity.MODERATE, Ambiguity.CONTESTED]
    mean, k = PARAMETERS.vote.wrong_share[Ambiguity.CONTESTED]
    lean = pushed(None, 0.16, YES).honest_error
    assert (lean.mean, lean.k) == (mean, k)


def test_against_the_pushed_answer_counts_whatever_could_win_instead() -> None:
    opened = OpenedVotes(yes=5, no=2, half=1, early=4)
    split = split_opened(pushed((0.1, 0.9, 0.0)), opened, 7, 3.0, 2.0)
    assert (split.wrong, split.right, split.other, split.sealed) == (5, 4, 3, 7)
    assert split.wrong + split.right + split.other == opened.total
    mirrored = split_opened(pushed((0.9, 0.1, 0.0)), opened, 7, 3.0, 2.0)
    assert (mirrored.wrong, mirrored.right, mirrored.other) == (2, 5, 5)
