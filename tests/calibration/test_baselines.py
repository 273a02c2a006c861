"""Baselines: each calibrated on the training rows, with and without a price, kept as numbers."""

import json

import numpy as np
import pytest

from models.enums import Category
from service.calibration.baselines import Baselines, fit_baselines
from service.calibration.rows import Labels, Target
from tests.calibration.study_rows import row, true_chance, world


def test_each_baseline_matches_the_training_rate_and_the_price_baseline_its_shape() -> None:
    rows = world(6000, days=100, base=0.3)
    y = np.array([float(bool(r.labels.disputed)) for r in rows])

    found = fit_baselines(rows, Target.DISPUTED).predict(rows)

    assert found.keys() == {"B0", "B1", "B3", "B5"}
    for p in found.values():
        assert p.mean() == pytest.approx(y.mean(), rel=0.02)
    chance = np.array([true_chance(0.3)(r) for r in rows])
    assert np.corrcoef(found["B3"], chance)[0, 1] > 0.9


def test_rows_without_a_price_have_the_rate_of_training_rows_without_one() -> None:
    without = [
        row(n, price_of_proposed=None, labels=Labels(disputed=n % 4 == 0)) for n in range(400)
    ]
    priced = [row(1000 + n, labels=Labels(disputed=n % 40 == 0)) for n in range(400)]

    p = fit_baselines([*without, *priced], Target.DISPUTED).predict([without[1], priced[1]])

    assert p["B3"] == pytest.approx([0.25, 0.025], rel=0.1)


def test_a_small_cell_stays_near_the_rate_and_an_unseen_one_has_it() -> None:
    rows = [row(n, labels=Labels(disputed=n % 50 == 0)) for n in range(1000)]
    rows.append(row(2000, category=Category.WEATHER, labels=Labels(disputed=True)))

    fitted = fit_baselines(rows, Target.DISPUTED)
    small, unseen = fitted.predict(
        [row(1, category=Category.WEATHER), row(2, category=Category.SPORTS)]
    )["B1"]

    assert 0.02 < small < 0.06
    assert unseen == pytest.approx(fitted.rate)


def test_a_category_counts_in_a_recording_where_it_was_never_seen() -> None:
    """Politics are disputed twice as often on markets, so they are on proposals, too."""
    rows = [
        row(
            n,
            recorded_as="markets",
            category=Category.POLITICS if n % 2 else Category.SPORTS,
            labels=Labels(disputed=n % 20 == 0 or (n % 2 == 1 and n % 5 == 0)),
        )
        for n in range(2000)
    ]

    politics, sports = fit_baselines(rows, Target.DISPUTED).predict(
        [row(1, category=Category.POLITICS), row(2, category=Category.SPORTS)]
    )["B1"]

    assert politics == pytest.approx(0.2, rel=0.05)
    assert sports == pytest.approx(0.1, rel=0.05)


def test_words_tell_where_the_price_does_not() -> None:
    vague = "Resolves to Yes if a deal is officially announced or agreed."
    rows = [
        row(
            n,
            rules=vague if n % 2 else "Resolves to the score.",
            labels=Labels(disputed=n % 8 == 1),
        )
        for n in range(800)
    ]

    p = fit_baselines(rows, Target.DISPUTED).predict([rows[1], rows[2]])["B5"]

    assert p[0] > 3 * p[1]


def test_a_set_kept_as_json_predicts_the_same_and_a_foreign_one_is_refused() -> None:
    rows = world(400, days=50)
    fitted = fit_baselines(rows, Target.DISPUTED)
    document = json.loads(json.dumps(fitted.to_document()))

    again = Baselines.from_document(document).predict(rows)

    for name, p in fitted.predict(rows).items():
        assert again[name] == pytest.approx(p)
    document["coefficients"]["B3"]["final_volume"] = 1.0
    with pytest.raises(ValueError, match="B3"):
        Baselines.from_document(document)


def test_one_class_only_still_gives_rates_above_zero() -> None:
    rows = [row(n) for n in range(100)]

    found = fit_baselines(rows, Target.DISPUTED).predict(rows)

    for name in ("B0", "B3", "B5"):
        assert found[name] == pytest.approx(0.5 / 101, rel=0.01)
    assert 0 < found["B1"][0] < 0.5 / 101


def test_a_set_with_a_number_that_is_none_is_refused_by_its_name() -> None:
    rows = world(400, days=50)
    text = json.dumps(fit_baselines(rows, Target.DISPUTED).to_document())
    for name, value in (("rate", float("nan")), ("rate", 1.5), ("cells", {"made/sports": -1.0})):
        with pytest.raises(ValueError, match=f"{'rate' if name == 'rate' else 'cells'} .* give 0"):
            Baselines.from_document({**json.loads(text), name: value})
    document = json.loads(text)
    document["coefficients"]["B5"]["deadline"] = float("inf")
    with pytest.raises(ValueError, match="deadline of B5 is inf"):
        Baselines.from_document(document)
