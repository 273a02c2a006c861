"""Voters of a group count as one."""

import pytest

from service.risk.attack.attack_inputs import Voter
from service.risk.attack.joined_voters import effective_voters, join_voters

FOUR = [Voter("a", 4.0), Voter("b", 3.0), Voter("c", 2.0), Voter("d", 1.0)]


def test_groups_that_share_a_member_are_one_and_strangers_are_passed_over() -> None:
    joined = join_voters(FOUR, [["d", "c"], ["b", "nobody"], ["b", "c"]])
    assert joined == (Voter("b", 6.0), Voter("a", 4.0))
    assert join_voters(FOUR, []) == tuple(FOUR)


def test_equal_voters_count_one_each_and_a_group_takes_some_away() -> None:
    equal = [Voter(name, 5.0) for name in "abcd"]
    assert effective_voters(equal) == pytest.approx(4)
    assert effective_voters(join_voters(equal, ["ab", "cd"])) == pytest.approx(2)
    assert effective_voters([Voter("a", 0.0)]) is None
