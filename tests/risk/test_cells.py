"""Cells: what counts do to rates, and what they leave alone."""

from dataclasses import replace

import numpy as np
import pytest

from models.enums import Category, OracleVersion, VolumeStratum
from service.risk.cells import Cell, CellPosteriors, build_cells
from service.risk.inputs import MICRO, CellCount, volume_stratum
from service.risk.path import first_disputed, second_disputed
from tests.risk.scenes import NO_COUNTS, PARAMETERS

SMALL = VolumeStratum.UNDER_10K
LARGE = VolumeStratum.FROM_1M
MANAGED = OracleVersion.MANAGED


def rate(cells: CellPosteriors, category: Category, *, version: OracleVersion = MANAGED) -> float:
    return float(first_disputed(cells.at(category, SMALL, version).transitions).mean())


def test_without_counts_categories_stand_at_their_known_rates() -> None:
    found = {c: rate(NO_COUNTS, c) for c in (Category.SPORTS, Category.CRYPTO, Category.OTHER)}
    assert found == {
        Category.SPORTS: pytest.approx(6.3e-4, rel=0.01),
        Category.CRYPTO: pytest.approx(0.6e-4, rel=0.01),
        Category.OTHER: pytest.approx(17.2e-4, rel=0.01),
    }


def test_large_counts_replace_the_prior() -> None:
    cells = build_cells(
        [CellCount(Category.SPORTS, SMALL, MANAGED, 400_000, 2_000, 400)], PARAMETERS
    )
    cell = cells.at(Category.SPORTS, SMALL, MANAGED)
    assert rate(cells, Category.SPORTS) == pytest.approx(0.005, rel=0.03)
    assert second_disputed(cell.transitions).mean() == pytest.approx(0.2, rel=0.05)
    assert cell.measured


def test_the_mix_of_errors_is_kept_when_the_rate_moves() -> None:
    cells = build_cells(
        [CellCount(Category.SPORTS, SMALL, MANAGED, 400_000, 2_000, 400)], PARAMETERS
    )
    moved, before = (
        cells.at(Category.SPORTS, SMALL, MANAGED),
        NO_COUNTS.at(Category.SPORTS, SMALL, MANAGED),
    )
    assert _wrong_over_early(moved) == pytest.approx(_wrong_over_early(before), rel=1e-9)


def test_one_disputed_question_does_not_make_a_cell() -> None:
    cells = build_cells([CellCount(Category.OTHER, SMALL, MANAGED, 1, 1, 1)], PARAMETERS)
    # The parent counts for at least two disputes, so one more cannot double the rate.
    assert rate(cells, Category.OTHER) < 2 * rate(NO_COUNTS, Category.OTHER)
    assert not cells.at(Category.OTHER, SMALL, MANAGED).measured


def test_a_cell_without_data_follows_its_parent() -> None:
    counts = [CellCount(Category.SPORTS, LARGE, MANAGED, 200_000, 1_000, 50)]
    cells = build_cells(counts, PARAMETERS)
    assert rate(cells, Category.SPORTS) > 2 * rate(NO_COUNTS, Category.SPORTS)
    # Another category hears of it only through the whole.
    assert rate(cells, Category.CRYPTO) < rate(cells, Category.SPORTS) / 5


def test_oracle_versions_are_not_mixed() -> None:
    old = [CellCount(Category.OTHER, SMALL, OracleVersion.OOV2, 10_000, 350, 20)]
    cells = build_cells(old, PARAMETERS)
    # 3.5 % under OOv2 is what its prior expects: the managed cell hardly moves.
    assert rate(cells, Category.OTHER) == pytest.approx(rate(NO_COUNTS, Category.OTHER), rel=0.15)
    assert rate(cells, Category.OTHER, version=OracleVersion.OOV2) == pytest.approx(0.035, rel=0.1)


def test_the_same_counts_in_any_order_give_the_same_draws() -> None:
    counts = [
        CellCount(Category.SPORTS, SMALL, MANAGED, 5_000, 9, 1),
        CellCount(Category.OTHER, LARGE, MANAGED, 900, 3, 2),
    ]
    one, other = build_cells(counts, PARAMETERS), build_cells(counts[::-1], PARAMETERS)
    for category in Category:
        a, b = (c.at(category, LARGE, MANAGED).transitions for c in (one, other))
        assert np.array_equal(a.a1w, b.a1w)
        assert np.array_equal(a.d2c, b.d2c)


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="5 disputed of 3 questions"):
        CellCount(Category.SPORTS, SMALL, MANAGED, 3, 5, 0)


@pytest.mark.parametrize(
    ("usd", "stratum"),
    [
        (None, VolumeStratum.UNDER_10K),
        (9_999, VolumeStratum.UNDER_10K),
        (10_000, VolumeStratum.FROM_10K),
        (999_999, VolumeStratum.FROM_100K),
        (10_000_000, VolumeStratum.OVER_10M),
    ],
)
def test_volume_falls_into_its_stratum(usd: int | None, stratum: VolumeStratum) -> None:
    assert volume_stratum(None if usd is None else usd * MICRO) is stratum


def _wrong_over_early(cell: Cell) -> float:
    t = cell.transitions
    return float((t.a1w / t.a1e).mean())


def test_intervals_of_simulated_cells_hold_their_true_rates() -> None:
    rng = np.random.default_rng(3)
    true, counts = {}, []
    for category in Category:
        for stratum in VolumeStratum:
            known = PARAMETERS.dispute_ratio[category] * 6.4e-4
            truth = known * rng.gamma(4, 1 / 4)
            questions = int(rng.choice([500, 5_000, 50_000]))
            disputed = int(rng.binomial(questions, truth))
            true[category, stratum] = truth
            counts.append(CellCount(category, stratum, MANAGED, questions, disputed, 0))
    cells = build_cells(counts, PARAMETERS)
    held = []
    for (category, stratum), truth in true.items():
        drawn = first_disputed(cells.at(category, stratum, MANAGED).transitions)
        low, high = np.percentile(drawn, [5, 95])
        held.append(low <= truth <= high)
    assert np.mean(held) >= 0.8


def test_a_question_of_last_year_counts_a_third_of_one_of_this_month() -> None:
    def told(*counts: CellCount) -> tuple[float, float]:
        cell = build_cells(counts, PARAMETERS).at(Category.SPORTS, SMALL, MANAGED)
        drawn = first_disputed(cell.transitions)
        return float(drawn.mean()), float(drawn.std())

    new = CellCount(Category.SPORTS, SMALL, MANAGED, 400_000, 2_000, 400)
    old = replace(new, age_months=12)
    assert told(new) == told(replace(new, age_months=0))
    # Fewer effective questions: nearer to the prior, and less sure.
    assert told(old)[0] < told(new)[0]
    assert told(old)[1] > 1.4 * told(new)[1]
    calm = CellCount(Category.SPORTS, SMALL, MANAGED, 400_000, 200, 10)
    risen, fallen = (told(*both)[0] for both in ((replace(calm, age_months=24), new), (old, calm)))
    assert risen == pytest.approx(told(new)[0], rel=0.15)
    assert fallen < 0.4 * told(new)[0]
    # What is shown of a cell stays a plain count.
    cell = build_cells([old, calm], PARAMETERS).at(Category.SPORTS, SMALL, MANAGED)
    assert (cell.questions, cell.disputed) == (800_000, 2_200)
