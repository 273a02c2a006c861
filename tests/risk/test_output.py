"""What must hold of every score, whatever the market."""

import json
from dataclasses import replace
from datetime import timedelta
from math import fsum, isfinite, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import Category, MarketState, OracleVersion, Outcome, Remedy
from service.risk.assess import assess
from service.risk.cells import CellPosteriors, build_cells
from service.risk.document import to_document
from service.risk.inputs import MICRO, CellCount, MarketInputs, Proposal, volume_stratum
from service.risk.result import MarketAssessmentResult
from tests.risk.scenes import AT, CALM, NO_COUNTS, PARAMETERS, voting

COUNTED = build_cells(
    [
        CellCount(Category.SPORTS, volume_stratum(0), OracleVersion.MANAGED, 90_000, 50, 3),
        CellCount(Category.CRYPTO, volume_stratum(0), OracleVersion.MANAGED, 1, 0, 0),
        CellCount(Category.POLITICS, volume_stratum(10**13), OracleVersion.OOV2, 40, 9, 6),
    ],
    PARAMETERS,
)
FIELDS = [
    "schema_version",
    "market_id",
    "question_id",
    "event_id",
    "adapter",
    "oracle_version",
    "chain_state",
    "as_of",
    "model_version",
    "priors_version",
    "label_track",
    "p_misresolved",
    "p_oracle_wrong",
    "p_disputed",
    "p_flip_outcome",
    "p_flip_early",
    "p_stuck",
    "p_overridden_onchain",
    "p_refund",
    "p_attack",
    "ambiguity_floor",
    "answer_distribution",
    "truth_belief",
    "components",
    "drivers",
    "money",
    "coef_source",
    "support",
    "freshness",
    "warnings",
]


@st.composite
def any_proposal(draw: st.DrawFn) -> Proposal:
    made = AT - timedelta(minutes=draw(st.integers(-10, 500)))
    liveness = draw(st.sampled_from([None, 0, 300, 7200]))
    expires = draw(st.sampled_from([None, made + timedelta(hours=2)]))
    outcome = draw(st.none() | st.sampled_from(Outcome))
    return Proposal(outcome, made, expires, liveness, None, draw(st.booleans()))


@st.composite
def any_inputs(draw: st.DrawFn) -> MarketInputs:
    money = st.none() | st.integers(0, 2 * 10**14)
    chance = st.none() | st.floats(0, 1)
    return replace(
        CALM,
        oracle_version=draw(st.sampled_from(OracleVersion)),
        category=draw(st.sampled_from(Category)),
        state=draw(st.sampled_from(MarketState)),
        first_proposal=draw(st.none() | any_proposal()),
        current_proposal=draw(st.none() | any_proposal()),
        disputes=draw(st.integers(0, 4)),
        answer=draw(st.none() | st.sampled_from(Outcome)),
        overridden=draw(st.booleans()),
        remedy=draw(st.sampled_from(Remedy)),
        price_before_proposal=draw(chance),
        yes_mid=draw(chance),
        volume=draw(money),
        open_interest=draw(money),
    )


@pytest.mark.parametrize("cells", [NO_COUNTS, COUNTED], ids=["priors", "counted"])
@given(inputs=any_inputs())
@settings(deadline=None, max_examples=150)
def test_every_score_keeps_the_output_contract(inputs: MarketInputs, cells: CellPosteriors) -> None:
    result = assess(inputs, cells, PARAMETERS)
    _check_probabilities(result)
    _check_sums(result)
    document = to_document(result)
    assert list(document) == FIELDS
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize("inputs", [CALM, voting(price=0.3)])
def test_the_document_shows_the_median_inside_the_interval(inputs: MarketInputs) -> None:
    document = to_document(assess(inputs, NO_COUNTS, PARAMETERS))
    for name in ("p_misresolved", "p_oracle_wrong"):
        shown = document[name]
        assert isinstance(shown, dict)
        assert list(shown) == ["mean", "p05", "p50", "p95"]
        assert shown["p05"] < shown["p50"] < shown["p95"]


def test_the_sums_hold_relative_to_a_calm_score() -> None:
    _check_sums(assess(CALM, NO_COUNTS, PARAMETERS))


def test_drivers_come_largest_first() -> None:
    drivers = assess(voting(price=0.3), NO_COUNTS, PARAMETERS).drivers
    sizes = [abs(d.contribution_p) for d in drivers]
    assert sizes == sorted(sizes, reverse=True)
    assert {d.feature for d in drivers} == {"base_rate", "state", "price_before_proposal"}


def test_money_is_printed_as_decimal_strings_in_usdc() -> None:
    inputs = replace(CALM, open_interest=50_000 * MICRO + 1, volume=7)
    money = to_document(assess(inputs, NO_COUNTS, PARAMETERS))["money"]
    assert isinstance(money, dict)
    assert money["open_interest_usdc"] == "50000.000001"
    assert money["volume_usdc"] == "0.000007"
    assert money["source"] == "open_interest"


def _check_probabilities(result: MarketAssessmentResult) -> None:
    summary = result.summary
    for interval in (summary.p_misresolved, summary.p_oracle_wrong):
        assert 0 <= interval.p05 <= interval.mean <= interval.p95 <= 1
        assert interval.p05 <= interval.p50 <= interval.p95
    chances = [summary.p_disputed, summary.p_stuck, summary.p_overridden_onchain]
    chances += [summary.p_refund, summary.p_attack, summary.loss_share]
    optional = (summary.p_flip_outcome, summary.p_flip_early, summary.ambiguity_floor)
    chances += [chance for chance in optional if chance is not None]
    if result.answers is not None:
        answers = result.answers
        chances += [answers.yes, answers.no, answers.half, answers.none]
        assert abs(answers.yes + answers.no + answers.half + answers.none - 1) < 1e-9
    if result.truth is not None:
        assert abs(result.truth.yes + result.truth.no + result.truth.half - 1) < 1e-9
    assert all(isfinite(chance) and -1e-12 <= chance <= 1 + 1e-12 for chance in chances)


def _check_sums(result: MarketAssessmentResult) -> None:
    mean, cell = result.p_misresolved.mean, result.cell_mean
    within = 1e-9 * max(mean, 1e-6)
    components = result.summary.components
    assert abs(fsum(components.values()) - mean) <= within
    assert components["override"] <= 0
    assert all(value >= 0 for name, value in components.items() if name != "override")
    by_p = fsum(d.contribution_p for d in result.drivers)
    by_logit = fsum(d.contribution_logit for d in result.drivers)
    assert abs(by_p - (mean - cell)) <= 1e-9 * max(mean, 1e-6)
    assert abs(by_logit - (_logit(mean) - _logit(cell))) <= 1e-9


def _logit(p: float) -> float:
    inside = min(max(p, 1e-12), 1 - 1e-12)
    return log(inside / (1 - inside))
