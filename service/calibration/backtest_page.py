"""The backtest as one HTML file that needs nothing else."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from service.calibration.backtest import Backtest
from service.calibration.backtest_table import (
    BUDGET_HEADINGS,
    HEADINGS,
    SWEEP_HEADINGS,
    backtest_strata,
    budget_rows,
    measure_rows,
    sweep_rows,
)
from service.calibration.headline import first_lines, headline
from service.calibration.plots import gain_plot, precision_recall_plot, reliability_plot
from service.calibration.strata import Stratum

_FOLDER = Path(__file__).parent


def backtest_page(backtest: Backtest, model_name: str, notices: tuple[str, ...]) -> str:
    """The report: verdict and weaknesses, tables, plots, what was read."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    first = first_lines(backtest)
    return environment.get_template("backtest.html").render(
        backtest=backtest,
        model_name=model_name,
        first_lines=first,
        weaknesses=headline(backtest)[len(first) :],
        notices=notices,
        headings=HEADINGS,
        budget_headings=BUDGET_HEADINGS,
        sweep_headings=SWEEP_HEADINGS,
        strata=[_section(title, stratum) for title, stratum in backtest_strata(backtest)],
    )


def _section(title: str, stratum: Stratum) -> dict[str, object]:
    curves = [("model", stratum.model), *stratum.baselines.items()]
    # The plots are our own drawing around numbers and fixed names: nothing in them is foreign.
    plots = (
        ("Reliability with consistency band", reliability_plot(stratum.model.reliability)),
        (
            "Precision and recall",
            precision_recall_plot((name, found.precision_recall) for name, found in curves),
        ),
        ("Gain in log loss over each baseline", gain_plot([*stratum.comparison.log_loss.items()])),
        ("Gain in AUPRC over each baseline", gain_plot([*stratum.comparison.auprc.items()])),
    )
    return {
        "title": title,
        "stratum": stratum,
        "measures": list(measure_rows(stratum)),
        "budgets": list(budget_rows(stratum)),
        "sweep": list(sweep_rows(stratum)),
        "plots": [(name, Markup(plot)) for name, plot in plots],  # noqa: S704  # see above
    }
