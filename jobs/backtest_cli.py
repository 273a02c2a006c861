"""The arguments of ``settlewatch backtest``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

EXAMPLES = (
    "Examples: settlewatch backtest data/ --html report.html; "
    "settlewatch backtest proposals.parquet markets.parquet --refit --json"
)


def backtest(  # noqa: PLR0913, PLR0917  # its options
    data: Annotated[
        list[Path] | None,
        typer.Argument(help="Recordings (Parquet, CSV, CSV.gz), or folders of them."),
    ] = None,
    from_store: Annotated[  # an option
        bool, typer.Option("--from-store", help="Test on the database's finished questions (too).")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="With --from-store: as known then (UTC). Default: the newest block."),
    ] = None,
    target: Annotated[
        str, typer.Option(help="What is predicted: disputed, flipped or misresolved.")
    ] = "disputed",
    model: Annotated[
        str, typer.Option(help="A model file of `settlewatch fit`, or: shipped.")
    ] = "shipped",
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Fit the model again before each month of the data."),
    ] = False,
    refit_if_few: Annotated[
        bool,
        typer.Option(
            "--refit-if-few",
            help="Refit only where too few rows are later than the model's own to decide.",
        ),
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write report.html and report.json to this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score recorded questions and compare the model with every baseline, verdict first."""
    from rich.progress import Progress  # `--help` needs none of it

    from jobs.backtest_command import BacktestOrder, backtest_command  # as above

    order = BacktestOrder(
        data or [],
        target,
        model,
        from_store=from_store,
        as_of=as_of,
        refit=refit,
        refit_if_few=refit_if_few,
        html=html,
        out=out,
        as_json=as_json,
    )
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Testing", total=None)
        backtest_command(order, lambda: bar.advance(task))
