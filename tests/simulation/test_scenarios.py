"""Each scenario plays what it says, from a seed, by rules of who may do what."""

import numpy as np
import pytest

from service.errors import UsageError
from service.protocol.rounds import round_at
from service.simulation.attack_plan import late_stake
from service.simulation.ballots import WORDS
from service.simulation.people import STAKE, UMA, VOTERS, make_people
from service.simulation.places import rules_of
from service.simulation.run import simulate
from service.simulation.scenario import SCENARIOS, find_scenario
from service.simulation.truth import truth_document
from tests.simulation.runs import MARKETS, SEED, WEEKS, played

ATTACKS = [name for name, scenario in SCENARIOS.items() if scenario.attack is not None]


@pytest.mark.parametrize("name", ["calm", "ambiguous_wave"])
def test_where_nobody_is_at_it_the_truth_holds_no_attack(name: str) -> None:
    run = played(name)
    assert run.plan is None
    assert truth_document(run)["attack"] is None
    assert not run.pushes
    assert not any(ask.question.pushed for ask in run.asks)
    assert any(course.disputes for course in run.courses)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_labelled_with_time_markets_and_addresses(name: str) -> None:
    attack = truth_document(played(name))["attack"]
    assert attack["kind"] == SCENARIOS[name].attack
    assert attack["conditions"]
    assert attack["addresses"]
    assert attack["starts_at"] < attack["first_settled_at"] <= attack["last_settled_at"]


def test_stakes_follow_zipf_and_sum_to_24_million() -> None:
    people = make_people(SCENARIOS["calm"], 1, np.random.default_rng(1))
    stakes = [voter.stake for voter in people.voters]
    assert len(stakes) == VOTERS
    assert abs(sum(stakes) / UMA - STAKE) < VOTERS
    assert stakes[0] / stakes[9] == pytest.approx(10**1.1, rel=1e-4)


def test_a_bloc_has_the_share_that_its_scenario_says() -> None:
    for name in ("blocking_bloc", "sleeper_bloc"):
        scenario = SCENARIOS[name]
        assert scenario.bloc is not None
        people = make_people(scenario, 1, np.random.default_rng(1))
        held = sum(voter.stake for voter in people.voters if voter.address in people.bloc)
        total = sum(voter.stake for voter in people.voters)
        assert len(people.bloc) == scenario.bloc.size
        assert held / total == pytest.approx(scenario.bloc.share, abs=1e-4)
        assert len(people.voters) == VOTERS


def test_a_wave_is_a_week_of_worse_wording_with_more_votes() -> None:
    calm, wave = played("calm"), played("ambiguous_wave")
    vague = [sum("significant deal" in rules_of(m) for m in run.markets) for run in (calm, wave)]
    assert vague[1] > 5 * max(1, vague[0])
    assert len(wave.asks) > 1.3 * len(calm.asks)


def test_a_bribe_wins_one_vote_with_voters_that_share_nothing() -> None:
    run = played("single_bribe")
    assert run.plan is not None
    assert len(run.plan.targets) == 1
    course = run.courses[run.plan.targets[0]]
    vote = next(ask for ask in run.asks if ask.question.pushed)
    assert WORDS[vote.request.price or 0] == course.market.wrong
    assert course.was_overridden or course.settled == course.market.wrong
    bought = {voter for _, _, voters in run.pushes for voter in voters}
    funders = {v.address: v.funder for v in run.people.voters}
    assert all(funders[voter] == voter for voter in bought)


def test_a_blocking_bloc_makes_pushed_requests_roll_oftener_than_others() -> None:
    run = simulate(SCENARIOS["blocking_bloc"], 5, 4, 300)
    pushed = [ask.request.roll_count > 0 for ask in run.asks if ask.question.pushed]
    others = [ask.request.roll_count > 0 for ask in run.asks if not ask.question.pushed]
    assert len(pushed) >= 5
    assert np.mean(pushed) > 0.4 > 2 * np.mean(others)
    assert run.plan is not None
    assert all(i >= run.plan.round_id for _, i, _ in run.pushes)


def test_a_sleeper_votes_as_everybody_until_the_round_in_which_it_wins() -> None:
    run = played("sleeper_bloc")
    assert run.plan is not None
    assert {round_id for _, round_id, _ in run.pushes} == {run.plan.round_id}
    assert all(set(voters) == run.people.bloc for _, _, voters in run.pushes)
    won = [run.courses[n] for n in run.plan.targets if not run.courses[n].was_overridden]
    assert won
    assert all(course.settled == course.market.wrong for course in won)


def test_a_ring_disputes_right_proposals_within_six_hours_and_no_vote_is_pushed() -> None:
    run = played("ring_burst")
    assert run.plan is not None
    ring = {who.hex() for who in run.people.bad_disputers}
    times = [
        step.at
        for number in run.plan.approached
        for step in run.courses[number].steps
        if step.kind == "dispute" and step.by in ring
    ]
    assert len(times) == 20
    assert (max(times) - min(times)).total_seconds() <= 6 * 3_600
    assert all(run.courses[n].settled == run.markets[n].truth for n in run.plan.approached)
    assert not run.pushes


def test_forty_markets_meet_in_one_round_and_stake_comes_in_its_commit_phase() -> None:
    run = played("round_of_40")
    assert run.plan is not None
    assert len(run.plan.approached) == 40
    operative = [a for a in run.asks if a.question.market in run.plan.approached]
    in_round = {a.question.market for a in operative if a.question.operative}
    assert in_round == set(run.plan.approached)
    staked = [
        (sent.at, int(str(words[2])))
        for sent in run.contract.sent
        for name, words in sent.said
        if name == "Staked" and sent.at > run.plan.starts_at
    ]
    assert {round_at(at) for at, _ in staked} == {run.plan.round_id}
    assert sum(amount for _, amount in staked) / UMA == pytest.approx(
        late_stake(run.scenario), abs=len(staked)
    )


def test_new_proposers_are_let_in_before_they_propose_wrong_answers() -> None:
    run = played("whitelist_capture")
    assert run.plan is not None
    let_in = {words[0]: at for at, name, words in run.changes if name == "AddedToWhitelist"}
    assert set(let_in) == set(run.people.bad_proposers)
    for number in run.plan.approached:
        first = next(step for step in run.courses[number].in_order() if step.kind == "propose")
        assert bytes.fromhex(first.by) in let_in
        assert first.outcome == run.markets[number].wrong
        assert int(first.at.timestamp()) > max(let_in.values())


def test_a_short_window_hides_most_wrong_proposals_from_disputers() -> None:
    run = played("short_dispute_window")
    assert run.plan is not None
    assert [name for _, name, _ in run.changes] == ["MinimumDisputeWindowUpdated"]
    targets = [run.courses[n] for n in run.plan.approached]
    assert {course.liveness for course in targets} == {300}
    assert np.mean([course.disputes > 0 for course in targets]) < 0.6


def test_an_unknown_scenario_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="Choose one of: calm, ambiguous_wave") as told:
        find_scenario("clam")
    assert all(name in str(told.value) for name in SCENARIOS)


def test_seeds_differ() -> None:
    again = simulate(SCENARIOS["calm"], SEED + 1, WEEKS, MARKETS)
    assert [m.due_at for m in again.markets] != [m.due_at for m in played("calm").markets]
