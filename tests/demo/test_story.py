"""The fold refuses what the contracts would refuse."""

from datetime import UTC, datetime, timedelta

import pytest

from service.demo.steps import Dispute, Open, Override, Pause, Propose, Resolve, Step, Vote
from service.demo.story import Story, tell

START = datetime(2025, 3, 1, tzinfo=UTC)
OUTCOMES = ("Yes", "No")
LIVENESS = timedelta(hours=2)
WHY = "for the test"


def _at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def _tell(*steps: Step) -> Story:
    return tell(steps, OUTCOMES, LIVENESS)


def _open(minutes: int = 0) -> Open:
    return Open(kind="open", at=_at(minutes), invented=WHY)


def _propose(minutes: int, outcome: str = "Yes") -> Propose:
    return Propose(kind="propose", at=_at(minutes), outcome=outcome, by="somebody", invented=WHY)


def _dispute(minutes: int) -> Dispute:
    return Dispute(kind="dispute", at=_at(minutes), by="another", invented=WHY)


def _vote(minutes: int, request: int, outcome: str) -> Vote:
    return Vote(kind="vote", at=_at(minutes), request=request, outcome=outcome, invented=WHY)


def _resolve(minutes: int) -> Resolve:
    return Resolve(kind="resolve", at=_at(minutes), invented=WHY)


def test_only_the_first_dispute_opens_a_new_request() -> None:
    once = _tell(_open(), _propose(1), _dispute(2))
    twice = _tell(_open(), _propose(1), _dispute(2), _propose(3), _dispute(4))

    assert (once.status, len(once.asks)) == ("challenged", 2)
    assert (twice.status, len(twice.asks)) == ("disputed", 2)


def test_a_vote_of_too_early_asks_again_and_pays_nothing() -> None:
    steps = (_open(), _propose(1), _dispute(2), _propose(3), _dispute(4))

    story = _tell(*steps, _vote(5, 2, "too early"), _resolve(6))

    assert (story.payouts, len(story.asks)) == (None, 3)


def test_a_proposal_cannot_be_resolved_before_its_window_ends() -> None:
    with pytest.raises(ValueError, match=r"steps\[2\] \(resolve\): the challenge window"):
        _tell(_open(), _propose(1), _resolve(60))

    assert _tell(_open(), _propose(1), _resolve(121)).payouts == (1, 0)


def test_a_disputed_answer_waits_for_the_vote() -> None:
    with pytest.raises(ValueError, match="no answer yet"):
        _tell(_open(), _propose(1), _dispute(2), _propose(3), _dispute(4), _resolve(500))


def test_an_override_needs_a_flag() -> None:
    override = Override(kind="override", at=_at(3), outcome="No", invented=WHY)

    with pytest.raises(ValueError, match="needs a flag"):
        _tell(_open(), _propose(1), override)


def test_a_paused_question_does_not_resolve() -> None:
    pause = Pause(kind="pause", at=_at(2), invented=WHY)

    with pytest.raises(ValueError, match="is paused"):
        _tell(_open(), _propose(1), pause, _resolve(200))


def test_nothing_is_proposed_after_the_payout() -> None:
    with pytest.raises(ValueError, match="is resolved"):
        _tell(_open(), _propose(1), _resolve(121), _propose(130))
