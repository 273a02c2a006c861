"""Who could force or block, alone and in pairs."""

from dataclasses import replace

import numpy as np
import pytest

from service.risk.attack.attack_inputs import BadRoundInput, Voter, fill_terms
from service.risk.attack.stake_concentration import concentration_of, powers_of
from tests.risk.round_scenes import MILLION, PARAMETERS, TERMS

# Force: above 65; block: from 25 on.
TEN = replace(fill_terms(TERMS, PARAMETERS)[0], stake=100 * MILLION, turnout=0.90)


def voters(*millions: float) -> list[Voter]:
    return [Voter(f"v{n}", stake * MILLION) for n, stake in enumerate(millions)]


def test_shares_are_of_all_stake_and_counts_say_who_is_needed() -> None:
    found = concentration_of(voters(10, 40, 20, 10), TEN)
    assert (found.top1, found.top3, found.top9) == pytest.approx((0.4, 0.7, 0.8))
    assert found.hhi == pytest.approx(0.16 + 0.04 + 0.01 + 0.01)
    assert found.covered == pytest.approx(0.8)
    assert (found.nakamoto_force, found.nakamoto_block) == (3, 1)


def test_where_all_together_cannot_nobody_is_counted() -> None:
    found = concentration_of(voters(10, 10), TEN)
    assert (found.nakamoto_force, found.nakamoto_block) == (None, None)
    nobody = concentration_of([], TEN)
    assert (nobody.gini, nobody.top1, nobody.nakamoto_force) == (None, 0, None)


def test_gini_is_0_for_equals_and_near_1_for_one_holder() -> None:
    assert concentration_of(voters(5, 5, 5, 5), TEN).gini == pytest.approx(0)
    assert concentration_of(voters(50, *[0.0] * 99), TEN).gini == pytest.approx(0.99)


def test_pairs_are_listed_for_what_neither_can_alone() -> None:
    found = powers_of(voters(40, 30, 15, 11, 3), TEN)
    told = [(power.entities, power.can_force, power.can_block) for power in found]
    assert told == [
        (("v0",), False, True),
        (("v1",), False, True),
        (("v0", "v1"), True, True),
        (("v2", "v3"), False, True),
    ]


def test_pairs_are_those_of_a_plain_search() -> None:
    rng = np.random.default_rng(3)
    listed = voters(*rng.pareto(1.2, 60) * 3)
    found = {power.entities for power in powers_of(listed, TEN) if len(power.entities) == 2}
    ranked = sorted(listed, key=lambda voter: -voter.stake)
    force, block = TEN.spat * TEN.stake, (TEN.turnout - TEN.spat) * TEN.stake
    plain = {
        (one.entity_id, two.entity_id): one.stake + two.stake
        for place, one in enumerate(ranked)
        for two in ranked[place + 1 :]
        if (one.stake + two.stake > force and max(one.stake, two.stake) <= force)
        or (one.stake + two.stake >= block and max(one.stake, two.stake) < block)
    }
    largest = sorted(plain, key=lambda pair: -plain[pair])[:20]
    assert found == set(largest)


def test_a_stake_below_0_is_refused() -> None:
    with pytest.raises(BadRoundInput, match="v0"):
        voters(-1)
