"""The first lines of a report: the verdict, then what weakens it, before any figure."""

from collections.abc import Iterator

from service.calibration.backtest import Backtest, Mode, Split
from service.calibration.baselines import (
    CONTRARY_PRICE,
    NAMES,
    PRICE_AND_WORDS,
)
from service.calibration.calibration_words import calibration_lines, span
from service.calibration.comparison import Gain
from service.calibration.evaluation import AREA_POSITIVES, COMPARISON_POSITIVES, SLOPE_POSITIVES
from service.calibration.model_defaults import CHOICES_SEEN_TO
from service.calibration.recordings import Recording
from service.calibration.split import EMBARGO, EMBARGO_POSITIVES
from service.calibration.strata import Stratum

AT_PROPOSAL, ALL_ROWS = "at proposal time", "on all rows"


def headline(backtest: Backtest) -> list[str]:
    """The verdict's lines, then one line a weakness."""
    return [*first_lines(backtest), *_weaknesses(backtest)]


def first_lines(backtest: Backtest) -> list[str]:
    """Verdict at proposal time, pooled verdict, calibration, and what was chosen on which rows."""
    return [*_verdicts(backtest), *calibration_lines(backtest), _choices(backtest)]


def verdict_rows(backtest: Backtest) -> str:
    """Which rows the verdict is about."""
    return ALL_ROWS if backtest.at_proposal is None else AT_PROPOSAL


def _verdicts(backtest: Backtest) -> Iterator[str]:
    in_sample = "IN-SAMPLE, no forecast. " if backtest.split.mode is Mode.IN_SAMPLE else ""
    found, pooled = backtest.deciding, backtest.all
    about = verdict_rows(backtest)
    yield f"{in_sample}Verdict, P({backtest.target}) {about}: {_verdict(found)}."
    if backtest.trained_for is not None:
        yield (
            "Of these, the rows that a model trained on such recordings scored: "
            f"{_verdict(backtest.trained_for)}; the others met priors and default coefficients."
        )
    if pooled is not found:
        yield (
            f"All rows pooled, {pooled.rows - found.rows} of them without a proposal time: "
            f"{_verdict(pooled)}."
        )
    elif backtest.at_proposal is None:
        yield "No row has a proposal time: this says nothing of scores at proposal time."


def _verdict(stratum: Stratum) -> str:
    comparison = stratum.comparison
    said = f"{stratum.rows} rows, {stratum.positives} positives"
    return f"{comparison.verdict} ({comparison.reason}); {said}"


def _choices(backtest: Backtest) -> str:
    said = (
        f"Choices made with rows up to {CHOICES_SEEN_TO:%Y-%m-%d} in view, by an earlier run of "
        "this very report: the weight of published rates on rows without a proposal"
    )
    form = backtest.split.chosen_to
    if form is not None:
        said += f"; with rows up to {form:%Y-%m-%d}: which readings the model has"
    if backtest.split.test_from > CHOICES_SEEN_TO:
        return f"{said}. All rows tested here are later."
    return f"{said}. A refit renews coefficients, not these choices: figures on such rows flatter."


def decides(backtest: Backtest) -> bool:
    """Whether enough later positives were tested for a verdict."""
    return (
        backtest.split.mode is not Mode.IN_SAMPLE
        and backtest.deciding.positives >= COMPARISON_POSITIVES
    )


def frozen_remark(backtest: Backtest) -> str:
    """What the frozen model did, for a report that shows its refit instead."""
    if backtest.split.mode is Mode.IN_SAMPLE:
        return "The frozen model was trained on these very rows; shown is its monthly refit."
    whole = backtest.deciding
    gains = "; ".join(f"{name} {_said(gain)}" for name, gain in whole.comparison.log_loss.items())
    return (
        f"The frozen model, on the {whole.rows} later rows ({verdict_rows(backtest)}) with "
        f"{whole.positives} positives, embargo {backtest.split.embargo_days} days: "
        f"{whole.comparison.verdict} ({whole.comparison.reason}; log loss over {gains}). "
        "Shown is its monthly refit."
    )


def _weaknesses(backtest: Backtest) -> Iterator[str]:
    yield from backtest.remarks
    yield from _of_split(backtest)
    yield from _of_comparison(backtest.deciding)
    for kind, stratum in backtest.by_recording.items():
        yield (
            f"On {kind} alone ({stratum.rows} rows, {stratum.positives} positives): "
            f"{stratum.comparison.verdict} ({stratum.comparison.reason})."
        )
    yield from _of_samples(backtest.deciding)
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
    yield from _of_partial(backtest.deciding)


def _of_split(backtest: Backtest) -> Iterator[str]:
    split = backtest.split
    if split.mode is Mode.FROZEN:
        yield _embargo(split)
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


def _of_comparison(stratum: Stratum) -> Iterator[str]:
    comparison = stratum.comparison
    for measure, gains in (
        ("log loss", comparison.log_loss),
        ("AUPRC", comparison.auprc),
        ("log loss weighted by final volume", comparison.money),
    ):
        for name, gain in gains.items():
            part = stratum.parts.get(name)
            on = "" if part is None else f" on the {part.rows} rows that it forecasts"
            said = f"{name} ({NAMES[name]}) in {measure}{on}: {_said(gain)}."
            if gain.interval is not None and gain.interval.p95 < 0:
                yield f"The model is behind {said}"
            elif gain.interval is None or gain.interval.p05 <= 0:
                yield f"The model is not shown to beat {said}"


def _of_partial(stratum: Stratum) -> Iterator[str]:
    """Baselines that lack some or all of the rows, and what the notifier did later."""
    for name, part in stratum.parts.items():
        left = [f"{part.without_value} have no value of it"] if part.without_value else []
        if part.not_forecast:
            left.append(f"{part.not_forecast} are not later than the rows it was calibrated on")
        yield (
            f"{name} ({NAMES[name]}) is compared with the model on {part.rows} of the "
            f"{stratum.rows} rows ({part.positives} positives), the same for both; of the others "
            f"{' and '.join(left)}."
        )
    for name, reason in stratum.missing.items():
        yield f"{name} ({NAMES[name]}) is not compared: {reason}."
    later = stratum.notifier
    if later is not None:
        yield (
            f"UMA's notifier itself, which looks in the last half hour for disputing, paged "
            f"{later.pages} of the {later.rows} answers whose verdicts are stored and so caught "
            f"{later.caught} of {later.positives} positives; as many alerts of the model, given "
            f"when the answers came, caught {later.caught_by_model}."
        )


def _of_samples(stratum: Stratum) -> Iterator[str]:
    if stratum.positives < SLOPE_POSITIVES:
        yield f"Fewer than {SLOPE_POSITIVES} positives: slope and intercept say little."
    if stratum.positives < AREA_POSITIVES:
        yield f"Fewer than {AREA_POSITIVES} positives: AUPRC and AUROC say little."
    if stratum.model.money.refused is not None:
        yield f"No money-weighted measure: {stratum.model.money.refused}."


def _embargo(split: Split) -> str:
    if split.embargo_days:
        return (
            f"{split.left_out_embargo} rows within {split.embargo_days} days after the training "
            "range were left out."
        )
    return (
        f"No embargo: fewer than {EMBARGO_POSITIVES} positives lie more than {EMBARGO.days} days "
        "after the training range, so that outcomes of its last rows may have come as late as "
        "these."
    )


def _said(gain: Gain) -> str:
    found = "no interval" if gain.interval is None else f"90 % {span(gain.interval, 4)}"
    return f"gain {gain.gain:+.4f}, {found}"
