"""A whole round assessed: what is exposed, what could be forced, and what is only assumed."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from service.risk.attack.attack_gain import remedy_chances
from service.risk.attack.attack_inputs import (
    AskLevel,
    BadRoundInput,
    Bloc,
    DisputeCount,
    OpenedVotes,
    Voter,
    known,
    missing,
)
from service.risk.attack.round_assessment import RoundAssessmentResult, assess_round
from service.risk.vote_simulation import Lean
from tests.risk.round_scenes import MILLION, QUICK, TERMS, market, round_of

FORCING = Bloc("f", 16 * MILLION, holdings={"big": 400_000})
BLOCKING = Bloc("b", 8 * MILLION)
REQUESTS = [market("big", 2e6), market("mid", 3e5), market("small", 2e4)]
SETTLED = replace(market("old", 5e6), operative=False)
OPEN = market("next", 4e5, in_round=False)
TINY = market("tiny", 9_000, in_round=False)


def assessed(*blocs: Bloc) -> RoundAssessmentResult:
    requests = [*REQUESTS, SETTLED, OPEN, TINY]
    voters = [Voter("v0", 16 * MILLION), Voter("v1", 8 * MILLION)]
    return assess_round(round_of(requests, blocs, voters), QUICK)


def test_only_operative_requests_of_the_round_are_exposed() -> None:
    assert assessed(FORCING).dollars_exposed == pytest.approx(2_320_000)


def test_a_bloc_above_spat_takes_what_pays_and_one_below_it_stalls() -> None:
    found = assessed(FORCING, BLOCKING)
    force, block = found.blocs
    assert (force.found.can_force, force.found.can_block) == (True, True)
    assert (block.found.can_force, block.found.can_block) == (False, True)
    assert found.headline == "f"
    assert found.dollars_forceable == force.dollars_forceable
    assert force.found.force_shortfall == 0
    assert block.found.force_shortfall == pytest.approx((0.65 * 24 - 8) / 0.35 * MILLION)
    assert block.found.block_surplus == pytest.approx((8 - 0.27 * 24) * MILLION)
    assert block.found.votes.stall[0] > 0.9


def test_requests_that_pay_out_no_market_are_slashed_for_and_add_no_money() -> None:
    found = assessed(FORCING).blocs[0].found
    place = 3
    assert found.stakes.gain[place] == 0
    assert found.value[place] == pytest.approx(found.votes.income[place])
    # A win there misallocates nothing, so it is always worth taking.
    assert "old" in found.best.requests


def test_open_markets_are_a_second_docket_and_small_ones_are_no_candidates() -> None:
    found = assessed(FORCING)
    still_open = found.blocs[0].still_open
    assert still_open is not None
    assert still_open.least_bad.requests == ("next",)
    assert found.dollars_forceable_open in {0.0, 4e5}
    # Two bonds are lost with the vote.
    assert still_open.stakes.bond_lost[4] == 1_500
    assert found.blocs[0].found.stakes.bond_lost[4] == 0


def test_without_a_known_bloc_forceable_is_unknown_and_not_0() -> None:
    found = assessed()
    assert found.dollars_forceable is None
    assert found.dollars_winnable is None
    assert found.headline == "hypothetical_force"
    assert any("no bloc is known" in warning for warning in found.warnings)
    assert found.hypothetical[2].found.can_force
    assert found.hypothetical[1].found.can_block
    assert [b.found.share for b in found.hypothetical] == pytest.approx([0.25, 0.27, 0.65])


def test_a_bloc_that_could_force_and_does_not_gain_is_not_called_safe() -> None:
    poor = replace(FORCING, holdings={})
    found = assess_round(round_of([replace(REQUESTS[0], asks=())], [poor]), QUICK)
    bloc = found.blocs[0]
    assert bloc.found.best.requests == ()
    assert found.attack_margin.mean > 0
    assert found.dollars_winnable == pytest.approx(2e6)
    assert any("does not pay under these assumptions" in text for text in found.warnings)
    assert not any("safe" in text for text in found.warnings)


def test_the_least_bad_set_is_told_where_nothing_pays() -> None:
    poor = replace(FORCING, holdings={})
    bloc = assess_round(round_of([replace(REQUESTS[0], asks=())], [poor]), QUICK).blocs[0]
    found = bloc.found
    assert found.least_bad.requests == ("big",)
    assert bloc.forcing.margin_usd.mean == pytest.approx(-found.least_bad.worth_usd)
    assert found.least_bad.profit.p05 <= found.least_bad.worth_usd <= found.least_bad.profit.p95


def test_the_margin_of_a_bloc_that_lacks_stake_is_that_of_one_that_gets_it() -> None:
    """It buys what it lacks, enlarges all stake, and then wins every request."""
    margin = assessed(BLOCKING).blocs[0].forcing
    assert margin.acquisition.tokens == pytest.approx((0.65 * 24 - 8) / 0.35 * MILLION)
    assert margin.attack.misallocated_usd == pytest.approx(margin.attack.dollars_usd)
    assert margin.margin_usd.mean == pytest.approx(
        margin.acquisition.lost_usd - margin.attack.worth_usd
    )
    assert margin.margin_usd.p05 <= margin.margin_usd.mean <= margin.margin_usd.p95
    forces = assessed(FORCING).blocs[0].forcing
    assert forces.acquisition.tokens == 0


def test_borrowed_stake_falls_on_the_lender() -> None:
    owned, lent = FORCING, replace(FORCING, borrowed=16 * MILLION)
    assert assessed(owned).blocs[0].found.best.damage.mean > 0
    assert assessed(lent).blocs[0].found.best.damage.mean == 0
    with pytest.raises(BadRoundInput, match="borrowed"):
        replace(FORCING, borrowed=17 * MILLION)


def test_break_even_is_where_the_gain_is_gone() -> None:
    found = assessed(FORCING)
    bloc = found.blocs[0].found
    assert found.break_even_delta == pytest.approx(bloc.gaining_usd / (16 * MILLION))
    # At the assumed fall of L, a bloc of the break-even stake loses what it gains.
    gaining = (bloc.value > 0) & np.array([True] * 4 + [False] * 2)
    interest = np.array([2e6, 3e5, 2e4, 0, 0, 0])
    fall = 0.6 * (1 - np.exp(-(bloc.votes.chance * interest)[gaining].sum() / 100e6))
    assert found.break_even_stake is not None
    assert found.break_even_stake * fall == pytest.approx(bloc.gaining_usd)


def test_attacks_are_a_common_cause_of_the_loss() -> None:
    found = assessed(FORCING)
    bloc, loss = found.blocs[0], found.loss
    assert bloc.attempt > 0
    assert loss is not None
    assert loss.attacked_p99 is not None
    assert loss.attacked_p99 > loss.p95 >= 0
    assert loss.mean == pytest.approx(
        (1 - bloc.attempt) * loss.standing_mean
        + bloc.attempt * _attacked_mean(found), rel=0.03,
    )  # fmt: skip
    # Whoever attacks takes several at once: nearly every wrong round has two.
    assert loss.p_two_or_more_wrong.mean > 0.5 * bloc.attempt
    assert loss.p_any_wrong.mean <= bloc.attempt + 0.03


def _attacked_mean(found: RoundAssessmentResult) -> float:
    """What is paid out wrong if the bloc attacks, less what administrators prevent."""
    interest = {"big": 2e6, "mid": 3e5, "small": 2e4, "old": 0.0}
    return sum(
        interest[request.request_id] * (1 - remedy_chances(request, QUICK)[0])
        for request in found.requests
        if request.request_id in found.optimal_set
    )


def test_an_attempt_is_scaled_to_past_rounds_and_captures_only_its_set() -> None:
    quiet = assess_round(
        replace(round_of(REQUESTS, [FORCING]), past_attempts=known(0.004)), QUICK
    ).blocs[0]
    assert quiet.attempt == pytest.approx(quiet.raw_attempt * (1.5 / 601) / 0.004)
    assert set(quiet.captured) == set(quiet.found.best.requests)
    assert all(value <= quiet.attempt for value in quiet.captured.values())


def test_a_conflict_and_new_stake_make_an_attempt_likelier() -> None:
    poor = replace(FORCING, holdings={}, new_stake=known(0.0))
    plain = assessed(poor).blocs[0]
    new = assessed(replace(poor, new_stake=known(2 * MILLION))).blocs[0]
    assert new.raw_attempt > plain.raw_attempt
    held = assessed(replace(poor, holdings={"big": 150_000})).blocs[0]
    assert held.found.conflicts_usd == pytest.approx(15_000)
    assert held.raw_attempt > plain.raw_attempt


def test_blocs_are_ranked_by_what_they_could_take_and_not_by_profit() -> None:
    # Hedged away, the large one profits; the other takes as much and gains less.
    found = assessed(replace(FORCING, bloc_id="second"), replace(FORCING, bloc_id="first"))
    assert [bloc.found.bloc.bloc_id for bloc in found.blocs] == ["first", "second"]


def test_more_stake_never_lowers_what_a_bloc_wins() -> None:
    before = 0.0
    for share in np.linspace(0.1, 0.7, 7):
        bloc = Bloc("b", float(share) * 24 * MILLION)
        won = assess_round(round_of(REQUESTS, [bloc]), QUICK).dollars_winnable
        assert won is not None
        assert won >= before
        before = won


def test_what_was_not_read_is_assumed_and_listed() -> None:
    inputs = round_of(REQUESTS, [FORCING], terms=replace(TERMS, stake=missing("node down")))
    found = assess_round(inputs, QUICK)
    told = {row.name: row.reason for row in found.assumptions}
    assert told["default.stake"] == "node down"
    assert told["damage.deepest"] is None
    assert any("past" in warning for warning in found.warnings)


def test_in_the_reveal_a_bloc_decides_by_what_it_has_not_opened() -> None:
    """Of 15.6 million needed the wrong answer has 10; the bloc's 6 make it only while sealed."""
    votes = OpenedVotes(wrong=10e6, right=3e6, other=0.0, sealed=8e6)
    request = replace(REQUESTS[0], opened=votes)
    frozen = replace(TERMS, is_frozen=True)
    sealed = Bloc("b", 6 * MILLION)
    done = replace(sealed, opened={"big": 6e6})
    found = assess_round(round_of([request], [sealed], terms=frozen), QUICK)
    assert found.dollars_winnable == pytest.approx(2e6, rel=0.01)
    after = assess_round(round_of([request], [done], terms=frozen), QUICK)
    assert after.dollars_winnable == 0
    assert any("frozen" in warning for warning in found.warnings)


WHOLE = OpenedVotes(wrong=20e6, right=2e6, other=0.0, sealed=1e6)
FOR = Bloc("for", 18 * MILLION, opened={"big": 18e6}, opened_wrong={"big": 18e6})
AGAINST = Bloc("against", 2 * MILLION, opened={"big": 2e6})
# Has sealed what could have decided nothing: the others have won by then.
LATE = Bloc("late", MILLION / 2)


def test_a_bloc_takes_what_its_own_votes_decide_and_no_other_blocs_take() -> None:
    """86 % pushed one answer: who opened for it took it, who opened against it did not."""
    opened = replace(REQUESTS[0], opened=WHOLE)
    inputs = round_of([opened], [FOR, AGAINST, LATE], terms=replace(TERMS, is_frozen=True))
    found = {bloc.found.bloc.bloc_id: bloc for bloc in assess_round(inputs, QUICK).blocs}
    assert found["for"].found.dollars_winnable_usd == pytest.approx(2e6)
    for name in ("against", "late"):
        bloc = found[name]
        assert bloc.found.votes.chance[0] == 1
        assert bloc.found.dollars_winnable_usd == 0
        assert (bloc.found.best.requests, bloc.captured) == ((), {})


def test_honest_error_is_no_blocs_winning() -> None:
    """Half of honest votes err: a stake too small to matter takes nothing by that."""
    unclear = replace(REQUESTS[0], honest_error=Lean(0.66, 50))
    tiny = assess_round(round_of([unclear], [Bloc("t", 24.0)]), QUICK).blocs[0].found
    assert tiny.votes.chance[0] > 0.02
    assert tiny.dollars_winnable_usd < 0.01 * 2e6


def test_the_loss_weighs_either_answer_by_what_is_believed() -> None:
    """A vote that is certain is lost in as many rounds as it is wrong."""
    votes = OpenedVotes(wrong=1e6, right=20e6, other=0.0, sealed=0.0)
    for belief, opened in ((0.9, votes), (0.1, replace(votes, wrong=20e6, right=1e6))):
        request = replace(REQUESTS[0], belief=known(belief), opened=opened)
        prevented = remedy_chances(request, QUICK)[0]
        loss = assess_round(round_of([request]), QUICK).loss
        assert loss is not None
        assert loss.standing_mean == pytest.approx(0.1 * 2e6 * (1 - prevented), rel=0.1)
        assert loss.p_any_wrong.mean == pytest.approx(0.1 * (1 - prevented), rel=0.1)


def test_without_a_belief_the_loss_is_unknown_and_says_why() -> None:
    request = replace(REQUESTS[0], belief=missing("no score"))
    found = assess_round(round_of([request, REQUESTS[1]], [FORCING]), QUICK)
    assert found.loss is None
    assert any("1 of 2 operative requests" in text for text in found.warnings)


def test_open_interest_that_was_not_read_is_unknown_and_not_0() -> None:
    none = missing("no source")
    unread = replace(REQUESTS[1], open_interest=none, volume=none)
    some = assess_round(round_of([REQUESTS[0], unread], [FORCING]), QUICK)
    assert some.dollars_exposed == pytest.approx(2e6)
    assert (some.interest_known, some.operative) == (1, 2)
    assert any("lower bound" in text for text in some.warnings)
    assert [market.open_interest_usd for market in some.markets] == [2e6, None]
    nothing = assess_round(round_of([unread], [FORCING]), QUICK)
    assert nothing.dollars_exposed is None
    assert (nothing.dollars_forceable, nothing.dollars_winnable) == (None, None)


def test_chances_of_attempts_have_the_interval_of_their_level() -> None:
    bloc = assessed(FORCING).blocs[0]
    low, high = bloc.attempt_rate.p05, bloc.attempt_rate.p95
    assert 0 < low < bloc.attempt == bloc.attempt_rate.mean < high <= 1
    captured = bloc.captured_rates["big"]
    assert captured.p05 / captured.mean == pytest.approx(low / bloc.attempt)
    loss = assessed(FORCING).loss
    assert loss is not None
    assert loss.p_any_wrong.p05 < loss.p_any_wrong.mean < loss.p_any_wrong.p95


def test_what_would_move_administrators_and_was_not_read_is_listed() -> None:
    told = {row.name: row.reason for row in assessed(FORCING).assumptions}
    # Of all operative requests, those that could be brought in too.
    assert told["remedy.embarrassment"] == "not read for 5 of 5 operative requests"
    assert told["remedy.clarified_against"] == told["remedy.embarrassment"]


def test_the_same_round_gives_the_same_numbers() -> None:
    first, again = assessed(FORCING, BLOCKING), assessed(FORCING, BLOCKING)
    assert first.loss == again.loss
    assert first.attack_margin == again.attack_margin
    assert first.blocs[0].found.best.profit == again.blocs[0].found.best.profit


def test_a_round_without_requests_exposes_nothing() -> None:
    found = assess_round(round_of([], [FORCING]), QUICK)
    assert (found.dollars_exposed, found.dollars_forceable) == (0, 0)
    assert found.loss is not None
    assert (found.loss.mean, found.loss.p_any_wrong.mean) == (0, 0)
    # Nobody attacks what is not there.
    assert (found.p_round_attack.mean, found.p_round_attack.p95) == (0, 0)
    assert (found.blocs[0].raw_attempt, found.blocs[0].attempt) == (0, 0)
    assert any("nothing to attack" in text for text in found.warnings)
    assert found.break_even_delta is None


def test_what_the_round_was_given_is_passed_on() -> None:
    counted = DisputeCount(hours=24, seen=20, expected=13.0)
    inputs = replace(round_of(REQUESTS), disputes=counted, new_stake_in_commit=known(2e6))
    found = assess_round(inputs, QUICK)
    assert (found.disputes, found.new_stake_in_commit.value) == (counted, 2e6)
    named = {field.name for field in fields(found)}
    assert {"concentration", "bribe_floor", "p_round_attack", "model_version"} <= named


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: replace(REQUESTS[0], price=known(1.2)), "big: price"),
        (lambda: replace(REQUESTS[0], honest_error=Lean(0.0, 4)), "big: honest_error"),
        (lambda: replace(REQUESTS[0], hours_left=-1.0), "big: hours_left"),
        (lambda: AskLevel(1.5, 10), "ask"),
    ],
)
def test_requests_that_cannot_be_are_refused(make: Callable[[], object], says: str) -> None:
    with pytest.raises(BadRoundInput, match=says):
        make()


def test_too_many_requests_or_a_bad_bloc_are_refused() -> None:
    with pytest.raises(BadRoundInput, match="1000"):
        assess_round(round_of([market(str(n)) for n in range(1001)]), QUICK)
    with pytest.raises(BadRoundInput, match="bloc x"):
        Bloc("x", -1.0)
    with pytest.raises(BadRoundInput, match="bloc x"):
        Bloc("x", 1.0, holdings={"r": float("inf")})
