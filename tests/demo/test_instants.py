"""The replay looks when something became known, and just before an answer."""

from datetime import timedelta
from itertools import pairwise

import pytest

from service.demo.case import Case
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.instants import AFTER, APART, BEFORE, PER_CASE, case_instants, replay_instants
from service.demo.steps import Propose

WORLD = load_world(bundled_cases())
CASES = load_cases(bundled_cases())
MANY = 70


def test_the_replay_ends_at_the_end_and_never_looks_twice_in_a_moment() -> None:
    instants = replay_instants(CASES, WORLD.ends_at)

    assert instants[-1] == WORLD.ends_at
    assert len(instants) <= MANY
    assert all(after - before >= APART for before, after in pairwise(instants))


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_case_is_looked_at_before_and_after_its_first_proposal(case: Case) -> None:
    instants = case_instants(case)
    first = next((step.at for step in case.steps if isinstance(step, Propose)), None)

    assert len(instants) <= PER_CASE
    if first is not None:
        assert any(timedelta(minutes=5) <= first - i <= timedelta(minutes=60) for i in instants)
        assert any(AFTER <= i - first < BEFORE for i in instants)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_every_step_is_seen_before_the_next_but_one(case: Case) -> None:
    instants = [*case_instants(case), WORLD.ends_at]

    for step, later in pairwise(case.steps):
        assert any(step.at < i <= later.at + AFTER for i in instants), step.kind
