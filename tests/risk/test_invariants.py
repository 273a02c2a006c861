"""What holds for any market: parts add up, and evidence moves scores the right way.

``--markets N`` (``make campaign-risk``) draws more than the few hundred of a usual run.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import Category, MarketState, OracleVersion, Outcome, Remedy
from service.risk.assess import assess
from service.risk.cells import build_cells
from service.risk.document import to_document
from service.risk.drivers import logit
from service.risk.inputs import (
    MICRO,
    Adjudicated,
    CellCount,
    Freshness,
    MarketInputs,
    Proposal,
    SiblingStanding,
    volume_stratum,
)
from service.risk.result import MarketAssessmentResult
from service.risk.text.features import Feature
from service.risk.vote_facts import OpenedVotes, VoteFacts
from tests.risk.scenes import AT, CALM, NO_COUNTS, PARAMETERS, proposal, proposed, settled, voting

OUTCOMES = (Outcome.YES, Outcome.NO, Outcome.HALF, None)
STRATUM = volume_stratum(CALM.volume)
# The sums hold draw by draw, so that few draws test them as well as many.
FEW = replace(PARAMETERS, draws=100, vote=replace(PARAMETERS.vote, draws=400))
COUNTS = [CellCount(c, STRATUM, v, 40_000, 120, 7) for c in Category for v in OracleVersion]


def any_markets(count: int, seed: int = 5) -> Iterator[MarketInputs]:
    """Markets of every kind, also of kinds that never were, from a fixed seed."""
    rng = Random(seed)  # noqa: S311  # not for secrets
    for _ in range(count):
        yield _any_market(rng)


def _any_market(rng: Random) -> MarketInputs:
    first = _any_proposal(rng) if rng.random() < 0.85 else None
    current = rng.choice([first, _any_proposal(rng), None])
    state = rng.choice(list(MarketState))
    return replace(
        CALM,
        oracle_version=rng.choice(list(OracleVersion)),
        category=rng.choice(list(Category)),
        state=state,
        first_proposal=first,
        current_proposal=current,
        disputes=rng.randrange(4),
        answer=rng.choice(OUTCOMES),
        overridden=rng.random() < 0.05,
        remedy=rng.choice(list(Remedy)),
        price_before_proposal=rng.choice([None, 0.0, 1.0, round(rng.random(), 2)]),
        yes_mid=rng.choice([None, rng.random()]),
        volume=rng.choice([None, 0, rng.randrange(10**8) * MICRO]),
        open_interest=rng.choice([None, 0, rng.randrange(10**7) * MICRO]),
        freshness=Freshness(1, rng.choice([None, 30.0, 9e4]), None, rng.choice([None, 9e4]), ()),
        vote=_any_vote(rng) if rng.random() < 0.3 else None,
        earlier_vote=rng.choice(OUTCOMES),
        features=_any_features(rng),
        siblings=_any_siblings(rng) if rng.random() < 0.2 else (),
        adjudicated=_any_verdicts(rng) if rng.random() < 0.1 else None,
        feed=rng.choice([None, None, "contradicts", "supports", "silent"]),
    )


def _any_proposal(rng: Random) -> Proposal:
    made = proposal(rng.choice(OUTCOMES), rng.choice([0, 10, 60, 119, 150, 400]))
    return replace(made, liveness_seconds=rng.choice([None, 300, 900, 7200, 172_800]))


def _any_verdicts(rng: Random) -> Adjudicated:
    yes, no, half = (rng.uniform(-9, 9) for _ in range(3))
    return Adjudicated(3, yes, no, half, is_unanimous=rng.random() < 0.5)


def _any_vote(rng: Random) -> VoteFacts:
    opened = OpenedVotes(
        *(float(rng.choice([0, 0, 10**6, 9 * 10**6, 16 * 10**6])) for _ in "abcde")
    )
    return VoteFacts(
        rng.choice(["waiting", "dvm_commit", "dvm_reveal", "rolled", "counted", "deleted"]),
        9_800, rng.randrange(6), rng.choice([None, 4]), rng.choice([None, 24e6]), 5e6,
        rng.choice([0.5, 0.65]), opened, float(rng.choice([0, 10**6, 8 * 10**6])),
        float(rng.choice([0, 3, 12])), float(rng.choice([0, 2, 9])),
    )  # fmt: skip


def _any_features(rng: Random) -> tuple[Feature, ...]:
    names = ("vague_verb", "no_named_source", "alternative_sources", "fragile_source_map")
    chosen = rng.sample(names, rng.randrange(len(names) + 1))
    sizes = (0.0, 0.4, -0.4, 1.37, -2.9, 3.0)
    return tuple(
        Feature(n, 1.0, "x", 0.0 if "fragile" in n else rng.choice(sizes), "default")
        for n in chosen
    )


def _any_siblings(rng: Random) -> tuple[SiblingStanding, ...]:
    return tuple(
        SiblingStanding(
            f"0x{n:02x}", rng.choice(list(MarketState)), rng.choice(OUTCOMES), rng.randrange(3),
            rng.choice([None, rng.random()]),
        )
        for n in range(rng.randrange(1, 6))
    )  # fmt: skip


def check_sums(result: MarketAssessmentResult) -> None:
    """Components, and both kinds of contributions, add up."""
    p, cell = result.p_misresolved.mean, result.cell_mean
    assert 0 <= result.p_misresolved.p05 <= p <= result.p_misresolved.p95 <= 1
    total = math.fsum(result.summary.components.values())
    assert abs(total - p) <= 1e-9 * max(p, 1e-6)
    logits = math.fsum(driver.contribution_logit for driver in result.drivers)
    assert abs(logits - (logit(p) - logit(cell))) <= 1e-9
    parts = math.fsum(driver.contribution_p for driver in result.drivers)
    assert abs(parts - (p - cell)) <= 1e-9


@pytest.mark.parametrize("counts", [[], COUNTS], ids=["priors", "counted"])
def test_parts_of_any_score_add_up(counts: list[CellCount], markets: int) -> None:
    cells = build_cells(counts, FEW)
    for number, inputs in enumerate(any_markets(markets, seed=5 + len(counts))):
        result = assess(inputs, cells, FEW)
        check_sums(result)
        answers = result.answers
        if answers is not None:
            shares = (answers.yes, answers.no, answers.half, answers.none)
            assert all(-1e-12 <= share <= 1 + 1e-12 for share in shares)
            assert math.fsum(shares) == pytest.approx(1, abs=1e-9)
        if number % 50 == 0:
            assert "components" in to_document(result)


@pytest.fixture
def markets(request: pytest.FixtureRequest) -> int:
    """How many random markets to score."""
    return int(request.config.getoption("--markets"))


PRICES = st.floats(0.001, 0.999)
SCENES = st.sampled_from(
    [
        proposed(),
        replace(proposed(), state=MarketState.REPROPOSED, disputes=1),
        replace(proposed(), state=MarketState.DISPUTED_ONCE, disputes=1, current_proposal=None),
        voting(),
        settled(MarketState.ANSWERED, Outcome.YES),
        settled(MarketState.RESOLVED, Outcome.YES, 2),
    ]
)


def mean(inputs: MarketInputs) -> float:
    return assess(inputs, NO_COUNTS, PARAMETERS).p_misresolved.mean


@given(PRICES, PRICES)
@settings(deadline=None, max_examples=25)
def test_a_lower_price_of_the_proposed_outcome_never_lowers_the_score(
    one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert mean(proposed(price=low)) >= mean(proposed(price=high)) * (1 - 1e-9)


@given(SCENES, PRICES, PRICES)
@settings(deadline=None, max_examples=25)
def test_a_lower_price_never_makes_the_proposed_outcome_likelier(
    scene: MarketInputs, one: float, other: float
) -> None:
    beliefs = []
    for price in sorted((one, other)):
        truth = assess(replace(scene, price_before_proposal=price), NO_COUNTS, PARAMETERS).truth
        assert truth is not None
        beliefs.append(truth.yes)
    assert beliefs[0] <= beliefs[1] * (1 + 1e-9)


@given(SCENES, st.none() | PRICES, st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=25)
def test_what_a_book_says_while_an_answer_stands_moves_no_score(
    scene: MarketInputs, price: float | None, mid: float
) -> None:
    # Depth against a proposal is shown and alerted on; whoever attacks makes it, too.
    before = replace(scene, price_before_proposal=price)
    assert mean(replace(before, yes_mid=mid)) == mean(before)


@given(st.none() | st.floats(0.9, 0.999), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None, max_examples=25)
def test_a_longer_undisputed_window_never_raises_an_ordinary_score(
    price: float | None, one: float, other: float
) -> None:
    # Before its expiry. Where the price speaks against the proposal, each minute without a
    # dispute is a chance less to stop it: docs/methodology.md, "Time undisputed".
    short, long = (
        replace(proposed(price=price), at=AT + timedelta(hours=2 * f)) for f in sorted((one, other))
    )
    assert mean(long) <= mean(short) * (1 + 1e-9)


@given(SCENES, st.none() | PRICES, st.floats(0, 3), st.floats(0, 3))
@settings(deadline=None, max_examples=25)
def test_worse_wording_never_lowers_the_score_of_an_open_first_request(
    scene: MarketInputs, price: float | None, one: float, other: float
) -> None:
    if scene.disputes:
        scene = CALM
    better, worse = (
        replace(
            scene,
            price_before_proposal=price,
            features=(Feature("vague_verb", 1.0, "x", size, "default"),),
        )
        for size in sorted((one, other))
    )
    assert mean(worse) >= mean(better) * (1 - 1e-9)


@given(SCENES, st.none() | PRICES, st.floats(-8, 8), st.floats(-8, 8))
@settings(deadline=None, max_examples=25)
def test_adjudicators_against_the_answer_never_lower_its_score(
    scene: MarketInputs, price: float | None, one: float, other: float
) -> None:
    if scene.state is MarketState.VOTING:
        scene = proposed()
    truths = []
    for ln_ratio in sorted((one, other)):
        told = Adjudicated(3, ln_ratio, -ln_ratio, -4.0)
        inputs = replace(scene, price_before_proposal=price, adjudicated=told)
        truth = assess(inputs, NO_COUNTS, PARAMETERS).truth
        assert truth is not None
        truths.append(truth.yes)
    assert truths[0] <= truths[1] * (1 + 1e-9)


def test_a_flag_moves_a_score_towards_the_administrators_error() -> None:
    for scene in (proposed(), voting(0.3), proposed(price=0.1)):
        before, after = mean(scene), mean(replace(scene, state=MarketState.FLAGGED))
        hand = PARAMETERS.transitions["mu"].mean
        assert min(before, hand) * 0.99 <= after <= max(before, hand) * 1.01
