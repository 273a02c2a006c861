"""When a market is scored again, and when not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.enums import MarketState, Outcome
from service.risk.cells import build_cells
from service.risk.digest import inputs_digest
from service.risk.inputs import MICRO, CellCount, Freshness, MarketInputs, volume_stratum
from service.risk.parameters import parse_parameters
from tests.risk.scenes import AT, CALM, NO_COUNTS, PARAMETERS, proposed, settled


def digest(inputs: MarketInputs) -> bytes:
    return inputs_digest(inputs, NO_COUNTS, PARAMETERS)


UNCHANGED = [
    replace(CALM, at=AT + timedelta(days=3)),
    replace(CALM, freshness=Freshness(80_000_999, 800.0, 9_999.0, 7_000.0, ())),
    replace(CALM, yes_mid=0.401),
    replace(CALM, volume=710_000 * MICRO),
    # 50,000 and 50,099: less than a hundredth more.
    replace(CALM, open_interest=50_099 * MICRO),
]
CHANGED = [
    replace(CALM, open_interest=50_100 * MICRO),
    replace(CALM, open_interest=0),
    replace(CALM, open_interest=None),
    replace(CALM, volume=1_100_000 * MICRO),
    replace(CALM, yes_mid=0.5),
    replace(CALM, state=MarketState.PROPOSED),
    replace(CALM, freshness=Freshness(1, 901.0, None, None, ())),
    replace(CALM, freshness=Freshness(1, 30.0, None, None, ("polygon_rpc: not configured",))),
    proposed(),
    settled(MarketState.RESOLVED, Outcome.YES),
]


@pytest.mark.parametrize("inputs", UNCHANGED)
def test_a_calm_market_is_not_scored_again_for_nothing(inputs: MarketInputs) -> None:
    assert digest(inputs) == digest(CALM)


@pytest.mark.parametrize("inputs", CHANGED)
def test_what_moves_the_score_moves_the_digest(inputs: MarketInputs) -> None:
    assert digest(inputs) != digest(CALM)


def test_an_open_proposal_is_scored_again_every_ten_minutes_until_its_liveness_ends() -> None:
    seen = [digest(replace(proposed(), at=AT + timedelta(minutes=m))) for m in range(181)]
    assert len(set(seen[:121])) == 13
    # The managed oracle stays open until somebody settles: 1.5 hours more.
    assert len(set(seen)) == 13 + 6


def test_volume_counts_exactly_where_it_stands_in_for_open_interest() -> None:
    unknown = replace(CALM, open_interest=None)
    assert digest(unknown) != digest(replace(unknown, volume=701_000 * MICRO))
    assert digest(unknown) == digest(replace(unknown, volume=700_999 * MICRO))


def test_from_a_proposal_on_every_dollar_counts() -> None:
    open_now = proposed()
    assert open_now.open_interest is not None
    more = replace(open_now, open_interest=open_now.open_interest + MICRO)
    assert digest(open_now) != digest(more)


def test_other_priors_are_another_digest() -> None:
    text = _shipped().replace("mean = 0.90, n = 20", "mean = 0.91, n = 20")
    changed = parse_parameters(text)
    assert inputs_digest(CALM, build_cells([], changed), changed) != digest(CALM)


def test_counts_that_move_the_cell_move_the_digest() -> None:
    stratum = volume_stratum(CALM.volume)
    counts = [CellCount(CALM.category, stratum, CALM.oracle_version, 90_000, 900, 50)]
    assert inputs_digest(CALM, build_cells(counts, PARAMETERS), PARAMETERS) != digest(CALM)


def _shipped() -> str:
    from importlib.resources import files  # noqa: PLC0415  # only this test reads the file

    return files("service.risk").joinpath("priors.toml").read_text("utf-8")
