"""Supposed coalitions, stake and thresholds: what flips, what stalls, what it costs."""

from dataclasses import replace

import pytest

from service.risk.attack.attack_cost import stake_to_force, stake_to_stall
from service.risk.attack.attack_inputs import Bloc, RoundInputs, Voter, fill_terms
from service.risk.attack.round_assessment import assess_round
from service.risk.attack.round_what_if import (
    BadRoundWhatIf,
    Course,
    RoundWhatIf,
    RoundWhatIfAnswer,
    answer_round_what_if,
)
from tests.risk.round_scenes import MILLION, PARAMETERS, QUICK, TERMS, market, round_of

BLOC = Bloc("bloc", 8 * MILLION, entities=("v1", "v2"), holdings={"big": 50_000})
OTHER = Bloc("other", 3 * MILLION, entities=("v3",), holdings={"big": 10_000})
VOTERS = [Voter(f"v{n}", 2.5 * MILLION) for n in range(1, 6)]
ROUND = round_of([market("big", 2e6), market("small", 3e4)], [BLOC, OTHER], VOTERS)
FORCE = stake_to_force(fill_terms(TERMS, PARAMETERS)[0])


def ask(question: RoundWhatIf, inputs: RoundInputs = ROUND) -> RoundWhatIfAnswer:
    return answer_round_what_if(inputs, question, QUICK)


def test_nothing_asked_changes_nothing() -> None:
    found = ask(RoundWhatIf())
    assert (found.flips, found.stalls, found.stake) == ((), (), 0)
    assert all(r.wrong_before == r.wrong_after for r in found.requests)
    assert (found.acquisition.total_usd, found.pays) == (0, False)


def test_the_stake_that_forces_flips_all_and_a_little_less_stalls_them() -> None:
    enough = ask(RoundWhatIf(extra_stake=FORCE + 1))
    assert enough.can_force
    assert enough.flips == ("big", "small")
    assert enough.flipped.p05 == 2
    assert enough.flipped_usd.mean == pytest.approx(2_030_000)
    # New stake enlarges all stake: its share is not that of the old stake.
    assert enough.share == pytest.approx(0.65, abs=1e-6)
    less = ask(RoundWhatIf(extra_stake=0.8 * FORCE))
    assert not less.can_force
    assert less.stalls == ("big", "small")


def test_new_stake_stalls_from_where_the_formula_says() -> None:
    terms = fill_terms(TERMS, PARAMETERS)[0]
    more = stake_to_stall(terms)
    assert ask(RoundWhatIf(extra_stake=more * 1.3)).stalls == ("big", "small")
    assert ask(RoundWhatIf(extra_stake=more * 0.5)).stalls == ()


def test_a_coalition_is_its_members_and_a_voter_inside_a_bloc_counts_once() -> None:
    found = ask(RoundWhatIf(coalition=("bloc", "other", "v1", "v4", "v4")))
    assert found.stake == pytest.approx(13.5 * MILLION)
    assert found.warnings == ("v4: holdings are not known, taken for none",)
    alone = ask(RoundWhatIf(coalition=("bloc",)))
    assert alone.stake == 8 * MILLION
    assert alone.can_block
    assert alone.stalls == ("big", "small")


def test_a_lower_threshold_turns_stalling_into_forcing() -> None:
    half = replace(BLOC, stake=13 * MILLION)
    inputs = replace(ROUND, blocs=(half,))
    now = ask(RoundWhatIf(coalition=("bloc",)), inputs)
    then = ask(RoundWhatIf(coalition=("bloc",), spat=0.5), inputs)
    assert now.stalls == ("big", "small")
    assert then.flips == ("big", "small")


def test_at_a_low_turnout_nobody_need_push_for_a_round_to_stall() -> None:
    found = ask(RoundWhatIf(turnout=0.6))
    assert found.stalls == ("big", "small")
    assert all(r.after is Course.STALLS and r.before is Course.HOLDS for r in found.requests)


def test_a_dearer_uma_makes_the_same_attack_dearer() -> None:
    cheap = ask(RoundWhatIf(extra_stake=FORCE + 1, uma_price_usd=0.5))
    dear = ask(RoundWhatIf(extra_stake=FORCE + 1, uma_price_usd=5))
    assert dear.acquisition.total_usd == pytest.approx(10 * cheap.acquisition.total_usd)
    assert dear.cost.mean > cheap.cost.mean
    for found in (cheap, dear):
        assert found.cost.p05 <= found.cost.mean <= found.cost.p95
        assert found.gain.p05 <= found.gain.mean <= found.gain.p95
        assert found.cost.p05 >= found.acquisition.lost_usd


def test_the_answer_is_the_assessments_where_both_speak_of_the_same_bloc() -> None:
    forcing = replace(BLOC, stake=17 * MILLION, holdings={"big": 500_000})
    inputs = replace(ROUND, blocs=(forcing,), voters=())
    found = ask(RoundWhatIf(coalition=("bloc",)), inputs)
    best = assess_round(inputs, QUICK).blocs[0].found.best
    assert best.requests == ("big", "small")
    assert (found.pays, found.attack.requests) == (True, best.requests)
    assert found.attack.worth_usd == pytest.approx(best.worth_usd)


def test_an_attack_that_earns_less_than_its_stake_costs_does_not_pay() -> None:
    """A newcomer wins the slash of all others, and has spent far more on the stake for it."""
    found = ask(RoundWhatIf(extra_stake=FORCE + 1))
    assert found.attack.worth_usd > 0
    assert found.acquisition.lost_usd > found.attack.worth_usd
    assert (found.pays, found.attack.p_pays) == (False, 0)
    assert found.profit.mean == pytest.approx(found.gain.mean - found.cost.mean)
    assert found.profit.p05 <= found.profit.mean <= found.profit.p95 < 0


def test_cash_is_spent_where_the_supposed_stake_wins() -> None:
    forced = ask(RoundWhatIf(extra_stake=FORCE + 1, cash_usd=1_000))
    assert forced.spending is not None
    assert forced.spending.spent_usd == pytest.approx(1_000)
    # At 0.1 a share that pays 1 unless administrators prevent it.
    assert forced.spending.earns_usd == pytest.approx(9_000, rel=0.15)
    honest = ask(RoundWhatIf(cash_usd=1_000)).spending
    assert honest is not None
    assert honest.purchases == ()
    assert ask(RoundWhatIf()).spending is None


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({"extra_stake": -1}, "extra_stake"),
        ({"extra_stake": 1e9}, "extra_stake"),
        ({"extra_stake": float("nan")}, "extra_stake"),
        ({"turnout": 1.01}, "turnout"),
        ({"cash_usd": -5.0}, "cash_usd"),
        ({"spat": 0.0}, "spat"),
        ({"uma_price_usd": 0.0}, "uma_price_usd"),
        ({"coalition": tuple(map(str, range(101)))}, "at most 100"),
        ({"coalition": ("nobody",)}, "'nobody'"),
    ],
)
def test_questions_out_of_bounds_are_refused(question: dict[str, object], says: str) -> None:
    with pytest.raises(BadRoundWhatIf, match=says):
        ask(RoundWhatIf(**question))  # type: ignore[arg-type]


def test_frozen_stake_takes_no_more_and_shared_entities_are_not_counted_twice() -> None:
    frozen = replace(ROUND, terms=replace(TERMS, is_frozen=True))
    with pytest.raises(BadRoundWhatIf, match="frozen"):
        ask(RoundWhatIf(extra_stake=1.0), frozen)
    shared = replace(ROUND, blocs=(BLOC, replace(OTHER, entities=("v2",))))
    with pytest.raises(BadRoundWhatIf, match="share an entity"):
        ask(RoundWhatIf(coalition=("bloc", "other")), shared)
