"""Whether the probabilities are calibrated, in words and in one status word.

docs/methodology.md, "Backtest".
"""

from collections.abc import Iterator

from service.calibration.backtest import Backtest, Mode
from service.calibration.evaluation import RATE_ROWS, SLOPE_POSITIVES
from service.calibration.misresolution import upper_bound
from service.calibration.resampling import Interval
from service.calibration.strata import Stratum

CALIBRATED, MISCALIBRATED, UNCALIBRATED = "calibrated", "miscalibrated", "uncalibrated"


def calibration_status(backtest: Backtest, stratum: Stratum) -> str:
    """Uncalibrated: too few positives, or rows the model knows, to say either of the others."""
    slope, happened = _slope(stratum), stratum.model.intervals.get("happened")
    if backtest.split.mode is Mode.IN_SAMPLE or stratum.positives < SLOPE_POSITIVES:
        return UNCALIBRATED
    if slope is None or happened is None:
        return UNCALIBRATED
    is_right = _holds(slope, 1.0) and _holds(happened, stratum.model.mean_probability)
    return CALIBRATED if is_right else MISCALIBRATED


def calibration_lines(backtest: Backtest) -> Iterator[str]:
    """Lines for the rows of the verdict, by one split in time too, and for all rows."""
    yield from _lines(backtest, backtest.deciding, "At" if backtest.at_proposal else "Without a")
    if backtest.once is not None:
        yield _once(backtest.once)
    if backtest.all is not backtest.deciding:
        yield from _lines(backtest, backtest.all, "")


def _lines(backtest: Backtest, stratum: Stratum, beginning: str) -> Iterator[str]:
    where = f"{beginning} proposal time" if beginning else "Over all rows"
    slope, found = _slope(stratum), stratum.model.slope
    if found is None or slope is None:
        yield f"{where} no calibration slope could be fitted."
    else:
        yield f"{where} {_monthly(backtest)}{_slope_words(found, slope)}."
    yield f"{where} {_in_the_large(stratum)}"
    if calibration_status(backtest, stratum) == UNCALIBRATED:
        bound = upper_bound(stratum.positives, stratum.rows)
        yield (
            f"{where} the probabilities are uncalibrated ({stratum.positives} positives, "
            f"{SLOPE_POSITIVES} needed on rows the model has not seen): at 95 % no more than "
            f"{bound:.3%} of rows like these are {backtest.target} (Jeffreys)."
        )


def _monthly(backtest: Backtest) -> str:
    return "(fitted again each month) " if backtest.split.mode is Mode.ROLLING else ""


def _slope_words(found: float, slope: Interval) -> str:
    said = f"the 90 % interval of the calibration slope, {found:.2f} ({span(slope)}), "
    if _holds(slope, 1.0):
        return f"{said}contains 1"
    timid = "extreme" if slope.p95 < 1 else "timid"
    return f"{said}excludes 1: the probabilities are too {timid}"


def _once(once: Backtest) -> str:
    """The reading of a single split, on the same kind of rows as the verdict."""
    stratum = once.deciding
    slope, found = _slope(stratum), stratum.model.slope
    trained = (
        "" if once.split.train_to is None else f", on rows up to {once.split.train_to:%Y-%m-%d},"
    )
    said = (
        f"Fitted once{trained} and tested on the {stratum.rows} later rows "
        f"{'at proposal time' if once.at_proposal else 'there are'} with {stratum.positives} "
        f"positives (embargo {once.split.embargo_days} days): "
    )
    words = "no calibration slope" if found is None or slope is None else _slope_words(found, slope)
    few = f" (fewer than {SLOPE_POSITIVES} positives: it says little)"
    few = few if stratum.positives < SLOPE_POSITIVES else ""
    return f"{said}{words}{few}; {_in_the_large(stratum)}"


def _in_the_large(stratum: Stratum) -> str:
    mean, happened = stratum.model.mean_probability, stratum.model.happened
    said = f"the model expected {mean:.2%} and {happened:.2%} happened"
    found = stratum.model.intervals.get("happened")
    if found is None:
        return f"{said}, without an interval."
    if stratum.rows < RATE_ROWS or not stratum.positives:
        return f"{said}: too little for a rate, which needs {RATE_ROWS} rows with a positive."
    said += f" (90 % {found.p05:.2%} to {found.p95:.2%})"
    if _holds(found, mean):
        return f"{said}: the mean is within it."
    return f"{said}: the probabilities are too {'high' if mean > found.p95 else 'low'}."


def _slope(stratum: Stratum) -> Interval | None:
    return stratum.model.intervals.get("slope")


def _holds(found: Interval, value: float) -> bool:
    return found.p05 <= value <= found.p95


def span(found: Interval, digits: int = 2) -> str:
    """An interval in words."""
    return f"{found.p05:.{digits}f} to {found.p95:.{digits}f}"
