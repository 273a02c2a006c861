"""Why a score moved: changed inputs that add up to the change."""

from dataclasses import fields, replace
from datetime import timedelta
from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import Category, MarketState, Outcome, Remedy
from service.risk.assess import assess
from service.risk.cells import CellPosteriors, build_cells
from service.risk.drivers import logit
from service.risk.explain.explanation import MOVED_WORDS
from service.risk.explain.movement import (
    GROUPS,
    MODEL,
    RATES,
    RECORD,
    Movement,
    Scored,
    explain_movement,
)
from service.risk.inputs import MICRO, CellCount, MarketInputs, volume_stratum
from tests.risk.scenes import CALM, NO_COUNTS, PARAMETERS, proposed, settled, voting

SCENES = (
    CALM,
    replace(CALM, category=Category.SPORTS, volume=20_000_000 * MICRO, open_interest=None),
    proposed(),
    proposed(Outcome.NO, 50, price=0.7),
    replace(proposed(minutes_ago=90, price=0.2), freshness=replace(CALM.freshness, missing=("x",))),
    replace(proposed(), state=MarketState.REPROPOSED, disputes=1),
    voting(0.4),
    replace(voting(), state=MarketState.FLAGGED),
    settled(MarketState.ANSWERED, Outcome.YES, 2, 0.4),
    replace(settled(MarketState.RESOLVED, Outcome.NO), remedy=Remedy.REFUND),
    replace(settled(MarketState.RESOLVED, Outcome.YES), overridden=True),
)


def scored(inputs: MarketInputs, cells: CellPosteriors = NO_COUNTS) -> Scored:
    result = assess(inputs, cells, PARAMETERS)
    return Scored(
        inputs,
        result.p_misresolved.mean,
        result.expected_loss,
        result.model_version,
        result.priors_version,
        result.cell_mean,
    )


def moved(before: Scored, after: Scored) -> Movement:
    return explain_movement(before, after, NO_COUNTS, PARAMETERS)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(SCENES),
    st.sampled_from(SCENES),
    st.floats(1e-9, 1 - 1e-9),
    st.integers(0, 5_000),
)
def test_the_parts_sum_to_the_change_whatever_moved(
    before: MarketInputs, after: MarketInputs, stored: float, minutes: int
) -> None:
    later = replace(after, at=after.at + timedelta(minutes=minutes))
    # Also where the stored score is not what today's model makes of those inputs.
    movement = moved(replace(scored(before), p=stored, model_version="path-0"), scored(later))
    assert fsum(item.contribution_p for item in movement.items) == pytest.approx(
        movement.change_p, abs=1e-12
    )
    assert fsum(item.contribution_logit for item in movement.items) == pytest.approx(
        logit(movement.p_after) - logit(movement.p_before), abs=1e-9
    )
    if movement.change_p:
        shares = fsum(item.share for item in movement.items if item.share is not None)
        assert shares == pytest.approx(1, rel=1e-6)


def test_a_price_and_an_hour_are_two_parts_in_their_fixed_order() -> None:
    hour = proposed(minutes_ago=0)
    later = replace(proposed(price=0.6), at=hour.at + timedelta(minutes=60))
    movement = moved(scored(hour), scored(later))
    assert [item.feature for item in movement.items] == ["price_before_proposal", "time_passed"]
    price, time = movement.items
    assert price.contribution_p > 0 > time.contribution_p
    assert (price.before, price.after) == ("unknown", "0.6")


def test_inputs_that_moved_nothing_are_named_and_carry_nothing() -> None:
    other = replace(CALM, volume=699_000 * MICRO, yes_mid=0.5)
    assert volume_stratum(other.volume) is volume_stratum(CALM.volume)
    movement = moved(scored(CALM), scored(other))
    assert movement.items == ()
    assert movement.without_effect == ("volume", "latest_price")
    assert movement.change_p == 0


def test_more_open_interest_moves_the_loss_alone() -> None:
    movement = moved(scored(CALM), scored(replace(CALM, open_interest=90_000 * MICRO)))
    (item,) = movement.items
    assert (item.feature, item.contribution_p, item.share) == ("open_interest", 0.0, None)
    assert item.contribution_loss is not None
    assert item.contribution_loss > 0


def test_another_model_is_one_part_and_so_are_other_rates_of_the_cell() -> None:
    now = scored(proposed(price=0.9))
    older = replace(now, p=now.p * 2, model_version="path-0.9")
    (item,) = moved(older, now).items
    assert item.feature == MODEL
    assert item.contribution_p == pytest.approx(-now.p)
    assert item.before.startswith("path-0.9, priors ")

    stratum = volume_stratum(CALM.volume)
    count = CellCount(CALM.category, stratum, CALM.oracle_version, 5_000, 400, 20)
    counted = build_cells([count], PARAMETERS)
    then = scored(proposed(price=0.9), counted)
    (item,) = moved(then, now).items
    assert item.feature == RATES
    assert item.contribution_p == pytest.approx(now.p - then.p)

    (item,) = moved(replace(now, p=now.p * 2), now).items
    assert item.feature == RECORD


def test_every_input_belongs_to_one_kind() -> None:
    names = [name for _, group in GROUPS for name in group]
    assert len(names) == len(set(names))
    # A newer input is told by its own name until a kind names it.
    assert set(names) <= {field.name for field in fields(MarketInputs)}
    assert {feature for feature, _ in GROUPS} <= set(MOVED_WORDS)
