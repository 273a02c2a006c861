"""Until when an answer could still be changed."""

from datetime import UTC, datetime

from service.protocol.last_chance import ChanceKind, LastAnswer, LastChance, last_chance, rounds_of


def _at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2025, 3, day, hour, minute, tzinfo=UTC)


EXPIRES = _at(22, 12)


def test_an_undisputed_answer_can_be_changed_until_its_window_ends() -> None:
    answer = LastAnswer(EXPIRES, is_managed=False, settled_at=_at(22, 15))

    assert last_chance(answer) == LastChance(ChanceKind.CHALLENGE, EXPIRES)


def test_the_managed_oracles_answer_can_be_disputed_until_it_is_settled() -> None:
    answer = LastAnswer(EXPIRES, is_managed=True, settled_at=_at(22, 15))

    assert last_chance(answer) == LastChance(ChanceKind.SETTLEMENT, _at(22, 15))


def test_a_vote_is_decided_when_the_last_votes_of_its_round_are_sealed() -> None:
    # Round 10086 of two days begins on 23 March.
    answer = LastAnswer(EXPIRES, is_managed=False, disputed_at=_at(22, 11), voted_at=_at(25, 0, 20))

    assert last_chance(answer) == LastChance(ChanceKind.COMMIT, _at(24))


def test_a_vote_that_rolled_is_decided_in_the_round_before_its_answer_landed() -> None:
    answer = LastAnswer(EXPIRES, is_managed=False, disputed_at=_at(22, 11), voted_at=_at(29, 1))

    assert last_chance(answer) == LastChance(ChanceKind.COMMIT, _at(28))
    assert len(rounds_of(_at(22, 11), _at(29, 1))) == 3


def test_a_vote_without_an_answer_yet_is_taken_up_in_the_next_round() -> None:
    answer = LastAnswer(EXPIRES, is_managed=False, disputed_at=_at(22, 11))

    assert last_chance(answer) == LastChance(ChanceKind.COMMIT, _at(24))


def test_an_outcome_set_by_hand_ends_every_chance() -> None:
    answer = LastAnswer(EXPIRES, is_managed=True, overridden_at=_at(22, 11))

    assert last_chance(answer) == LastChance(ChanceKind.OVERRIDE, _at(22, 11))


def test_a_window_nobody_knows_gives_no_point() -> None:
    assert last_chance(LastAnswer(None, is_managed=False)) is None
