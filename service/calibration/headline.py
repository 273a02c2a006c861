"""The first lines of a report: the verdict, then what weakens it, before any figure."""

from collections.abc import Iterator

from service.calibration.backtest import Backtest, Mode, Stratum
from service.calibration.baselines import (
    CONTRARY_PRICE,
    NAMES,
    PRICE_AND_WORDS,
    UNAVAILABLE,
)
from service.calibration.comparison import Comparison, Gain
from service.calibration.evaluation import AREA_POSITIVES, COMPARISON_POSITIVES, SLOPE_POSITIVES
from service.calibration.recordings import Recording
from service.calibration.resampling import Interval


def headline(backtest: Backtest) -> list[str]:
    """The verdict's line, then one line a weakness."""
    whole = backtest.all
    verdict = f"Verdict: {whole.comparison.verdict} ({whole.comparison.reason})."
    if backtest.split.mode is Mode.IN_SAMPLE:
        verdict = f"IN-SAMPLE, no forecast. {verdict}"
    where = f"{whole.rows} rows, {whole.positives} {backtest.target}"
    return [f"{verdict} {where}.", *_weaknesses(backtest)]


def decides(backtest: Backtest) -> bool:
    """Whether enough later positives were tested for a verdict."""
    return (
        backtest.split.mode is not Mode.IN_SAMPLE and backtest.all.positives >= COMPARISON_POSITIVES
    )


def frozen_remark(backtest: Backtest) -> str:
    """What the frozen model did, for a report that shows its refit instead."""
    if backtest.split.mode is Mode.IN_SAMPLE:
        return "The frozen model was trained on these very rows; shown is its monthly refit."
    whole = backtest.all
    gains = "; ".join(f"{name} {_said(gain)}" for name, gain in whole.comparison.log_loss.items())
    return (
        f"The frozen model, on the {whole.rows} later rows with {whole.positives} positives: "
        f"{whole.comparison.verdict} ({whole.comparison.reason}; log loss over {gains}). "
        "Shown is its monthly refit."
    )


def _weaknesses(backtest: Backtest) -> Iterator[str]:
    yield from backtest.remarks
    yield from _of_split(backtest)
    yield from _of_comparison(backtest.all.comparison)
    for kind, stratum in backtest.by_recording.items():
        yield (
            f"On {kind} alone ({stratum.rows} rows, {stratum.positives} positives): "
            f"{stratum.comparison.verdict} ({stratum.comparison.reason})."
        )
        yield from _of_slope(stratum, f"On {kind} alone, the")
    yield from _of_calibration(backtest.all)
    if Recording.MARKETS in backtest.recordings:
        yield (
            "Rows of markets recordings know no proposal: their time is the settlement's, and they "
            "show a model no price, proposer or answer."
        )
    if (
        backtest.rows_without_price
        and {CONTRARY_PRICE, PRICE_AND_WORDS} & backtest.all.baselines.keys()
    ):
        yield (
            f"{backtest.rows_without_price} of the {backtest.all.rows} rows have no price of the "
            "answer: B3 and B5 give them what training rows without one say."
        )
    for name, reason in UNAVAILABLE.items():
        yield f"{name} ({NAMES[name]}) is not compared: {reason}."


def _of_split(backtest: Backtest) -> Iterator[str]:
    split = backtest.split
    if split.chosen_to is not None and split.mode is Mode.ROLLING:
        yield (
            "Which readings the model has was chosen with rows up to "
            f"{split.chosen_to:%Y-%m-%d} in view. A refit renews their coefficients, not that "
            "choice, so figures on those months flatter it."
        )
    if split.in_sample_rows:
        yield (
            f"{split.in_sample_rows} of the {backtest.all.rows} rows lie in the model's training "
            "range: figures on them flatter it."
        )
    if split.baselines_from == "warm-up":
        yield (
            "Neither the model file nor the data hold the model's training rows: the baselines "
            "were fitted on the first rows of the data, which are newer than the model's."
        )
    if split.unfamiliar_rows:
        yield (
            f"{split.unfamiliar_rows} rows were tested before any row of their recording had been "
            "trained on: there the baselines know its rates and prices as little as the model, "
            "which has its defaults."
        )
    if split.left_out_split_groups:
        yield (
            f"{split.left_out_split_groups} rows were left out because their group lies on both "
            "sides of the split."
        )


def _of_comparison(comparison: Comparison) -> Iterator[str]:
    for measure, gains in (
        ("log loss", comparison.log_loss),
        ("AUPRC", comparison.auprc),
        ("log loss weighted by final volume", comparison.money),
    ):
        for name, gain in gains.items():
            said = f"{name} ({NAMES[name]}) in {measure}: {_said(gain)}."
            if gain.interval is not None and gain.interval.p95 < 0:
                yield f"The model is behind {said}"
            elif gain.interval is None or gain.interval.p05 <= 0:
                yield f"The model is not shown to beat {said}"


def _of_calibration(stratum: Stratum) -> Iterator[str]:
    if stratum.positives < SLOPE_POSITIVES:
        yield f"Fewer than {SLOPE_POSITIVES} positives: slope and intercept say little."
    if stratum.positives < AREA_POSITIVES:
        yield f"Fewer than {AREA_POSITIVES} positives: AUPRC and AUROC say little."
    yield from _of_slope(stratum, "The")
    if stratum.model.money.refused is not None:
        yield f"No money-weighted measure: {stratum.model.money.refused}."


def _of_slope(stratum: Stratum, beginning: str) -> Iterator[str]:
    slope = stratum.model.intervals.get("slope")
    if stratum.model.slope is None or slope is None:
        yield f"{beginning} calibration slope could not be fitted."
    elif not slope.p05 <= 1 <= slope.p95:
        yield (
            f"{beginning} calibration slope is {stratum.model.slope:.2f}, 90 % {_span(slope)}, "
            "which does not hold 1: the probabilities are too "
            f"{'extreme' if slope.p95 < 1 else 'timid'}."
        )


def _said(gain: Gain) -> str:
    found = "no interval" if gain.interval is None else f"90 % {_span(gain.interval, 4)}"
    return f"gain {gain.gain:+.4f}, {found}"


def _span(found: Interval, digits: int = 2) -> str:
    return f"{found.p05:.{digits}f} to {found.p95:.{digits}f}"
