"""The worked example of a calm market, and what overrides do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import MarketState, OracleVersion, Outcome, VolumeStratum
from service.risk.situation import SETTLED, Situation
from service.risk.summary import mean_misresolved, override_chance, summarise
from tests.risk.scenes import CALM, NO_COUNTS, PARAMETERS, all_markets_cell


def test_calm_market_of_the_worked_example() -> None:
    summary = summarise(all_markets_cell(), Situation(), PARAMETERS)
    p = summary.p_misresolved
    assert p.mean == pytest.approx(2.3e-5, rel=0.02)
    assert (p.p05, p.p95) == pytest.approx((5.5e-6, 5.6e-5), rel=0.04)
    assert summary.components["override"] == pytest.approx(-2.5e-6, rel=0.02)
    assert summary.components["wrong_override"] == pytest.approx(1.0e-6, rel=0.01)
    assert summary.p_disputed == pytest.approx(6.4e-4, rel=0.01)
    # 50,000 USD of open interest: 1.1 USD.
    assert 50_000 * summary.loss_share == pytest.approx(1.1, abs=0.06)


def test_the_other_category_scales_with_its_dispute_rate() -> None:
    # docs/methodology.md, "Checks": the table's three rates scaled alike give 6.0e-5.
    p = summarise(all_markets_cell(ratio=17.2 / 6.4), Situation(), PARAMETERS).p_misresolved
    assert p.mean == pytest.approx(6.0e-5, rel=0.02)
    assert p.p05 < 1.8e-5 < p.mean < p.p95 < 1.7e-4


def test_the_loop_leaves_the_calm_market_where_it_was() -> None:
    # A vote of "too early" (half of them) asks again: more second proposals, fewer answers.
    without, with_loop = all_markets_cell(), all_markets_cell(g=0.5)
    one, other = (summarise(cell, Situation(), PARAMETERS) for cell in (without, with_loop))
    assert other.p_misresolved.mean == pytest.approx(2.3e-5, rel=0.02)
    again = 1 / (1 - 0.054 * 0.999 * 0.5)
    for name, share in (("second_undisputed", 1.0), ("vote_honest", 0.5), ("vote_attack", 0.5)):
        ratio = other.components[name] / one.components[name]
        assert ratio == pytest.approx(share * again, rel=0.01)


def test_the_other_category_of_the_worked_example() -> None:
    # Read so, the example's mean comes out: disputes of correct proposals stay at 0.7e-4 (without
    # self-disputes), wrong and early ones alone make up the 0.172 %. Its interval: 1.8e-5, 1.7e-4.
    correct = 0.7e-4
    ratio = (17.2e-4 - correct) / (2.1e-4 * 0.90 + 3.5e-4 * 0.95)
    cell = all_markets_cell(ratio=ratio, d1c=correct)
    p = summarise(cell, Situation(), PARAMETERS).p_misresolved
    assert p.mean == pytest.approx(7.0e-5, rel=0.01)
    assert (p.p05, p.p95) == pytest.approx((1.5e-5, 1.8e-4), rel=0.03)


def test_the_rates_of_2025_under_the_older_oracle() -> None:
    # docs/methodology.md, "Checks": 1.3e-4 with the table's d1w of 0.90, 9.8e-5 with 0.95.
    older = all_markets_cell(OracleVersion.OOV2)
    p = summarise(older, Situation(), PARAMETERS).p_misresolved
    assert p.mean == pytest.approx(1.35e-4, rel=0.02)
    wrong_shown = 0.013 * 0.056
    watched = all_markets_cell(OracleVersion.OOV2, d1w=0.95, a1w=wrong_shown / 0.95)
    p = summarise(watched, Situation(), PARAMETERS).p_misresolved
    assert p.mean == pytest.approx(9.8e-5, rel=0.02)


@given(st.sampled_from(MarketState), st.integers(0, 2), st.floats(0, 1), st.sampled_from(Outcome))
@settings(deadline=None, max_examples=50)
def test_the_mean_alone_is_the_mean_of_the_whole_score(
    state: MarketState, stage: int, price: float, answer: Outcome
) -> None:
    situation = Situation(
        state=state, stage=stage, has_proposal=True, proposed=Outcome.YES, price_yes=price,
        answer=answer if state in SETTLED else None,
    )  # fmt: skip
    cell = all_markets_cell()
    alone = mean_misresolved(cell, situation, PARAMETERS)
    assert not cell.summaries
    assert alone == summarise(cell, situation, PARAMETERS).p_misresolved.mean


def test_a_cell_keeps_a_limited_number_of_scores() -> None:
    cell = all_markets_cell()
    for step in range(300):
        summarise(cell, Situation(state=MarketState.PROPOSED, seen=step / 300), PARAMETERS)
    assert 100 < len(cell.summaries) < 300


def test_larger_markets_are_likelier_to_be_overridden_up_to_a_cap() -> None:
    chances = [
        override_chance(
            0.05, 0.5, NO_COUNTS.at(CALM.category, s, OracleVersion.MANAGED_RESOLVER), PARAMETERS
        )
        for s in VolumeStratum
    ]
    assert chances == sorted(chances)
    assert chances[-1] <= 0.5
