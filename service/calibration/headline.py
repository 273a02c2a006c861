"""The first lines of a report: the verdict, then what weakens it, before any figure."""

from collections.abc import Iterator

from service.calibration.backtest import Backtest, Mode, Stratum
from service.calibration.baselines import NAMES, UNAVAILABLE
from service.calibration.comparison import Gain, Verdict
from service.calibration.evaluation import AREA_POSITIVES, SLOPE_POSITIVES
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


def _weaknesses(backtest: Backtest) -> Iterator[str]:
    yield from _of_split(backtest)
    yield from _of_comparison(backtest.all, "")
    for kind, stratum in backtest.by_recording.items():
        yield (
            f"On {kind} alone ({stratum.rows} rows, {stratum.positives} positives): "
            f"{stratum.comparison.verdict} ({stratum.comparison.reason})."
        )
    yield from _of_calibration(backtest.all)
    if Recording.MARKETS in backtest.recordings:
        yield (
            "Rows of markets recordings know no proposal: their time is the settlement's, and they "
            "show a model no price, proposer or answer."
        )
    for name, reason in UNAVAILABLE.items():
        yield f"{name} ({NAMES[name]}) is not compared: {reason}."


def _of_split(backtest: Backtest) -> Iterator[str]:
    split = backtest.split
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
    if split.left_out_split_groups:
        yield (
            f"{split.left_out_split_groups} rows were left out because their group lies on both "
            "sides of the split."
        )


def _of_comparison(stratum: Stratum, where: str) -> Iterator[str]:
    for name, gain in stratum.comparison.log_loss.items():
        if gain.verdict is not Verdict.BETTER:
            yield f"{where}Log loss does not beat {name} ({NAMES[name]}): {_said(gain)}."
    for name, gain in stratum.comparison.auprc.items():
        if gain.verdict is not Verdict.BETTER:
            yield f"{where}AUPRC does not beat {name} ({NAMES[name]}): {_said(gain)}."


def _of_calibration(stratum: Stratum) -> Iterator[str]:
    if stratum.positives < SLOPE_POSITIVES:
        yield f"Fewer than {SLOPE_POSITIVES} positives: slope and intercept say little."
    if stratum.positives < AREA_POSITIVES:
        yield f"Fewer than {AREA_POSITIVES} positives: AUPRC and AUROC say little."
    slope = stratum.model.intervals.get("slope")
    if stratum.model.slope is None or slope is None:
        yield "No calibration slope could be fitted."
    elif not slope.p05 <= 1 <= slope.p95:
        yield (
            f"The calibration slope is {stratum.model.slope:.2f}, 90 % {_span(slope)}, which does "
            f"not hold 1: the probabilities are {'too extreme' if slope.p95 < 1 else 'too timid'}."
        )
    if stratum.model.money.refused is not None:
        yield f"No money-weighted measure: {stratum.model.money.refused}."


def _said(gain: Gain) -> str:
    found = "no interval" if gain.interval is None else f"90 % {_span(gain.interval, 4)}"
    return f"gain {gain.gain:+.4f}, {found}"


def _span(found: Interval, digits: int = 2) -> str:
    return f"{found.p05:.{digits}f} to {found.p95:.{digits}f}"
