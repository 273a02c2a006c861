"""The notifier's rule at other prices than its defaults, beside as many alerts of the model."""

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.backtest import backtest_frozen
from service.calibration.backtest_document import backtest_document
from service.calibration.backtest_page import backtest_page
from service.calibration.backtest_table import sweep_rows
from service.calibration.baselines import fit_baselines
from service.calibration.notifier_sweep import MARGINS, sweep_notifier
from service.calibration.rows import BaselineFacts, Labels, StudyRow, Target
from tests.calibration.study_rows import FunctionModel, row

# Of ten answers: at which margins the rule pages, and which were disputed.
PAGES = (0.0, 0.001, 0.001, 0.003, 0.02, 0.02, 0.1, 0.25, 0.6, 1.0)
DISPUTED = {5, 7, 9}


def answers() -> list[StudyRow]:
    return [
        row(
            n,
            for_baselines=BaselineFacts(1_000.0, margin > 0, margin),
            labels=Labels(disputed=n in DISPUTED),
        )
        for n, margin in enumerate(PAGES)
    ]


def test_each_margin_has_its_pages_and_the_model_as_many() -> None:
    """The model suspects the later answers more, but for the last."""
    p = np.array([n / 20 for n in range(9)] + [0.0])

    found = sweep_notifier(answers(), Target.DISPUTED, p)

    assert found is not None
    assert (found.rows, found.positives) == (10, 3)
    assert [step.margin for step in found.steps] == list(MARGINS)
    at = {step.margin: step for step in found.steps}
    assert (at[0.0].pages, at[0.0].caught, at[0.0].caught_by_model) == (9, 3, 2)
    # Its comparisons are strict: a bid of two cents is not above two cents.
    assert (at[0.02].pages, at[0.02].caught, at[0.02].caught_by_model) == (4, 2, 2)
    assert (at[0.5].pages, at[0.5].caught, at[0.5].caught_by_model) == (2, 1, 1)
    assert at[0.02].precision == 0.5
    assert at[0.02].recall == pytest.approx(2 / 3)
    # Average precision by hand: 1 of 1 at the top, 2 of 3, 3 of 6 with the tie at two cents.
    assert found.auprc == pytest.approx((1 + 2 / 3 + 3 / 6) / 3)
    assert found.auprc_of_model == pytest.approx((1 / 2 + 2 / 4 + 3 / 10) / 3)


def test_without_pages_or_without_what_it_reads_nothing_is_made_up() -> None:
    calm = [replace(r, for_baselines=BaselineFacts(5.0, notifier_margin=0.0)) for r in answers()]
    found = sweep_notifier(calm[:4], Target.DISPUTED, np.full(4, 0.1))
    assert found is not None
    assert {(s.pages, s.precision, s.recall) for s in found.steps} == {(0, None, None)}
    assert (found.auprc, found.auprc_of_model) == (None, None)
    bare = [replace(r, for_baselines=BaselineFacts(5.0)) for r in answers()]
    assert sweep_notifier(bare, Target.DISPUTED, np.full(10, 0.1)) is None


def test_document_table_and_page_tell_the_sweep_where_there_is_one() -> None:
    rows, model = answers(), FunctionModel(lambda r: 0.05 + 0.01 * int(r.market_key, 16))
    kept = fit_baselines(rows, Target.DISPUTED)

    found = backtest_frozen(rows, Target.DISPUTED, model, kept, draws=60)

    told = backtest_document(found, "a model", ())["notifier_sweep"]
    assert (told["rows"], len(told["steps"])) == (10, len(MARGINS))
    assert told["steps"][0]["pages"] == 9
    assert next(sweep_rows(found.all))[:3] == ("0", "9", "3")
    assert "B2 at a margin of" in backtest_page(found, "a model", ())
    bare = [replace(r, for_baselines=BaselineFacts()) for r in rows]
    none = backtest_frozen(bare, Target.DISPUTED, model, kept, draws=60)
    assert "notifier_sweep" not in backtest_document(none, "a model", ())
    assert not list(sweep_rows(none.all))
    assert "at a margin" not in backtest_page(none, "a model", ())
