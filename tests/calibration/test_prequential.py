"""The calibration line: steeper where earlier forecasts were timid, and only of proposals."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models.enums import Category
from service.calibration.backtest import backtest_rolling
from service.calibration.backtest_document import backtest_document
from service.calibration.baselines import fit_baselines
from service.calibration.dispute_model import FrozenDisputeModel
from service.calibration.features import dispute_facts
from service.calibration.fitting import Fit, Line, fit_dispute
from service.calibration.headline import first_lines
from service.calibration.model_card import to_card
from service.calibration.model_file import Provenance, to_document, to_text
from service.calibration.prequential import earned_line, fit_calibrated
from service.calibration.rows import Labels, StudyRow, Target, TimeBasis
from service.calibration.split import rolling_folds
from service.calibration.time_split import backtest_once, half_way
from service.errors import UsageError
from service.risk.dispute_features import dispute_deviation, dispute_probability, view_dispute
from service.risk.features import FEATURE_CAP
from service.risk.frozen_dispute import parse_dispute_model
from tests.calibration.study_rows import DAY, START, row

ROWS, DAYS = 3000, 240


def drifting(*, last: float, first: float = 0.1, seed: int = 3) -> list[StudyRow]:
    """New proposers' answers are disputed with a chance that goes from ``first`` to ``last``."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(ROWS):
        is_new = bool(rng.random() < 0.2)
        chance = first + (last - first) * number / ROWS if is_new else 0.01
        made.append(
            row(
                number,
                score_time=START + timedelta(minutes=number * DAYS * 1440 / ROWS),
                proposer=f"new{number}" if is_new else f"known{number % 8}",
                category=Category.POLITICS if number % 3 else Category.SPORTS,
                labels=Labels(disputed=bool(rng.random() < chance)),
            )
        )
    return made


def listings(count: int) -> list[StudyRow]:
    """Questions without a proposal, whose category says the opposite of what it says of others."""
    return [
        row(
            100_000 + number,
            score_time=START + timedelta(minutes=number * DAYS * 1440 / count),
            time_basis=TimeBasis.SETTLEMENT,
            recorded_as="markets",
            category=Category.POLITICS if number % 2 else Category.SPORTS,
            labels=Labels(disputed=number % 20 == 0),
        )
        for number in range(count)
    ]


def test_forecasts_that_were_timid_month_after_month_earn_a_slope_above_1() -> None:
    growing, steady = (
        earned_line(drifting(first=first, last=last), Target.DISPUTED)
        for first, last in ((0.02, 0.6), (0.2, 0.2))
    )

    assert growing.sd is not None
    assert steady.sd is not None
    assert growing.slope > 1.05
    assert growing.slope > steady.slope
    assert steady.slope - 2 * steady.sd < 1 < steady.slope + 2 * steady.sd
    # Of April no training row is 60 days older than the first.
    assert growing.months[0] == "2025-05"
    assert growing.positives >= 20


def test_below_20_forecast_positives_the_slope_stays_1() -> None:
    rows = [r for r in drifting(last=0.15) if r.score_time < START + 130 * DAY]

    line = earned_line(rows, Target.DISPUTED)

    assert 0 < line.positives < 20
    assert (line.slope, line.sd, line.intercept) == (1.0, None, None)


def test_rows_without_a_proposal_say_nothing_of_the_line_and_keep_their_forecast() -> None:
    proposals = drifting(last=0.6)
    alone = earned_line(proposals, Target.DISPUTED)
    # Too late to train on: they could only be forecast.
    late = [r for r in listings(400) if r.score_time >= proposals[-1].score_time - 20 * DAY]

    assert earned_line([*proposals, *late], Target.DISPUTED) == alone

    rows = [*proposals, *listings(400)]
    plain = fit_dispute(rows, Target.DISPUTED).model
    steep = fit_dispute(rows, Target.DISPUTED, line=Line(slope=1.3)).model
    listing = dispute_facts(listings(4))
    assert [dispute_probability(f, steep) for f in listing] == [
        dispute_probability(f, plain) for f in listing
    ]


def test_a_slope_scales_what_is_said_of_a_proposal_and_leaves_the_level() -> None:
    # Far enough from the caps to be scaled whole.
    rows = drifting(first=0.04, last=0.04)
    plain = fit_dispute(rows, Target.DISPUTED)
    steep = fit_dispute(rows, Target.DISPUTED, line=Line(slope=1.2))
    facts = dispute_facts(rows)
    stranger, known = (
        next(f for f in facts[2000:] if (f.by_proposer == 0) is is_new) for is_new in (True, False)
    )

    def between(fit: Fit) -> float:
        return dispute_deviation(stranger, fit.model) - dispute_deviation(known, fit.model)

    means = [FrozenDisputeModel(fit.model).predict(rows).mean() for fit in (plain, steep)]
    assert means[0] == pytest.approx(means[1], rel=1e-4)
    assert between(steep) == pytest.approx(1.2 * between(plain), rel=1e-4)
    assert steep.model.terms[0].coefficient == plain.model.terms[0].coefficient
    assert steep.model.model_id != plain.model.model_id
    # What a live score takes: each reading's share, whose sum is the score's, within the cap.
    views = [view_dispute(stranger, fit.model) for fit in (plain, steep)]
    assert views[1].feature_logit == pytest.approx(1.2 * views[0].feature_logit)
    assert views[1].feature_logit == pytest.approx(sum(f.logit for f in views[1].features))
    wild = view_dispute(stranger, replace(plain.model, slope=9.0))
    assert max(f.logit for f in wild.features) == FEATURE_CAP


def test_a_file_tells_its_line_and_reads_back_the_same() -> None:
    rows = drifting(last=0.6)
    fit = fit_calibrated(rows, Target.DISPUTED)
    provenance = Provenance((), (), "made", None, 0)
    document = to_document(fit, None, fit_baselines(rows, Target.DISPUTED), provenance)
    told = document["calibration"]

    assert parse_dispute_model(to_text(document)).slope == fit.model.slope == told["slope"]
    assert told["method"] == "platt"
    assert told["interval_90"][0] < told["slope"] < told["interval_90"][1]
    assert told["prior"] == {"mean": 1.0, "sd": 0.3, "tag": "A"}
    assert f"count {told['slope']:g} times" in to_card(document)
    # A file of before there was a line.
    del document["calibration"]
    assert parse_dispute_model(json.dumps(document)).slope == 1.0


def test_a_refit_sees_the_histories_that_scoring_sees_and_no_label_of_theirs() -> None:
    rows = drifting(last=0.3)
    last = rows[-1]
    sibling = replace(rows[0], group=last.group)
    unlabelled = row(9000, score_time=START, labels=Labels(), proposer="known1")
    rows = [sibling, *rows[1:], unlabelled]

    fold = list(rolling_folds(rows, Target.DISPUTED))[-1]

    others = {r.market_key: r for r in fold.history}
    assert {sibling.market_key, unlabelled.market_key} <= others.keys()
    assert all(r.labels == Labels() for r in fold.history)
    assert not others.keys() & {r.market_key for r in fold.train}
    assert max(r.score_time for r in fold.history) < fold.test[0].score_time - 29 * DAY
    assert len(fold.shown) == len(fold.train) + len(fold.history)


def test_a_single_split_halves_the_positives_and_stands_beside_the_monthly_refit() -> None:
    rows = drifting(last=0.4)
    day = half_way(rows, Target.DISPUTED)
    model = FrozenDisputeModel(fit_dispute(rows, Target.DISPUTED).model)

    once = backtest_once(rows, Target.DISPUTED, model, day, draws=80)
    monthly = backtest_rolling(rows, Target.DISPUTED, model, draws=80)
    document = backtest_document(replace(monthly, once=once), "a model", ())

    assert day == START + DAYS / 2 * DAY
    assert once.split.train_to is not None
    assert once.split.train_to < day <= once.split.test_from
    assert document["fitted_once"]["positives"] == once.deciding.positives
    assert document["fitted_once"]["split"]["folds"] == 1
    told = first_lines(replace(monthly, once=once))
    assert any(
        line.startswith("At proposal time (fitted again each month) the 90 %") for line in told
    )
    assert any(line.startswith("Fitted once, on rows up to") for line in told)
    with pytest.raises(UsageError, match="could be halved"):
        half_way(listings(10), Target.DISPUTED)
