"""The demo's result on a terminal: a table people can read, and what in it is invented."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from jobs.demo import Reconstruction
from jobs.reconstruction import Progress as OnProgress
from service.demo.case import Case

SIGNIFICANT = 2
NEARLY_CERTAIN = 0.99

STATE_WORDS = {
    "pre_proposal": "open, nothing proposed",
    "proposed": "proposed, can be disputed",
    "disputed_once": "disputed once, reset",
    "reproposed": "proposed again, can be disputed",
    "voting": "being voted on",
    "answered": "answered, not paid",
    "flagged": "flagged for manual resolution",
    "resolved": "paid",
}


def print_table(result: Reconstruction, console: Console) -> None:
    """The markets by money at risk, then the labels a reader must not miss; fits 80 columns."""
    table = Table(
        title=f"Settlewatch reconstruction as of {result.world.ends_at:%Y-%m-%d %H:%M} UTC",
        title_justify="left",
        header_style="bold",
        show_lines=True,
    )
    table.add_column("Market", ratio=3, overflow="fold")
    table.add_column("State", ratio=2, overflow="fold")
    table.add_column("P(paid wrong)\n90 % interval", justify="right", no_wrap=True)
    table.add_column("Money at risk\nexpected loss", justify="right", no_wrap=True)
    table.add_column("Support\nremedy", no_wrap=True)
    for row in result.markets:
        table.add_row(*_cells(row))
    console.print(table)
    for line in _labels(result):
        console.print(line, style="dim", highlight=False, markup=False)


@contextmanager
def progress_bar(console: Console) -> Iterator[OnProgress]:
    """A bar that names the instant being replayed; nothing where no terminal watches."""
    columns = (
        TextColumn("Replaying"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)

        def advance(done: int, total: int, at: datetime) -> None:
            bar.update(task, completed=done, total=total, description=f"{at:%Y-%m-%d %H:%M}")

        yield advance


def _cells(row: Mapping[str, Any]) -> Sequence[str]:
    p = row["p"]
    is_assumed = row["money_source"] == "assumed"
    interval = f"{percent(p['p05'])} to {percent(p['p95'])}"
    at_risk = dollars(row["money_at_risk_usdc"], is_assumed=is_assumed)
    loss = dollars(row["expected_loss_usdc"], is_assumed=is_assumed)
    return (
        escape(row["title"]),
        STATE_WORDS.get(row["state"], row["state"]),
        f"[bold]{percent(p['mean'])}[/bold]\n{interval}",
        f"[bold]{at_risk}[/bold]\n{loss}",
        f"{row['support']}\n{row['remedy']}",
    )


def _labels(result: Reconstruction) -> Iterator[str]:
    yield result.world.notice
    made = {f"{row['model_version']} with priors {row['priors_version']}" for row in result.markets}
    yield f"Scores are of {', '.join(sorted(made))}."
    invented = [case.market.title for case in result.cases if case.kind == "invented"]
    if invented:
        yield f"Invented from end to end: {'; '.join(invented)}."
    guesses = [line for case in result.cases if case.kind != "invented" for line in _guesses(case)]
    if guesses:
        yield f"Invented figures that scores rest on: {'; '.join(guesses)}."
    yield (
        "The cases were chosen for what happened to them. Scores rest on the priors that ship, not "
        "on rates among these cases (docs/methodology.md says which priors are assumptions)."
    )
    yield (
        "~ marks money that is an assumption: no open interest is published, so a share of the "
        "traded volume stands in. For a paid market the probability is that its payout was wrong."
    )


def _guesses(case: Case) -> Iterator[str]:
    for name in ("price", "open_interest", "volume"):
        if any(point.invented for point in getattr(case, name)):
            yield f"{case.market.title} ({name.replace('_', ' ')})"


def percent(probability: float) -> str:
    """A probability with two significant digits, never in powers of ten: ``0.0023 %``.

    Near certainty the digits count from the other end, so that only 1 reads as 100 %.
    """
    if probability in (0, 1):
        return f"{probability * 100:.0f} %"
    if probability > NEARLY_CERTAIN:
        return f"{100 - _two_digits((1 - probability) * 100):f} %"
    return f"{_two_digits(probability * 100):f} %"


def _two_digits(number: float) -> Decimal:
    with localcontext() as context:
        context.prec = SIGNIFICANT
        return +Decimal(repr(number))


def dollars(amount: float | None, *, is_assumed: bool) -> str:
    """A sum in USD, cents only below ten dollars; ``unknown`` where there is none."""
    if amount is None:
        return "unknown"
    digits = 2 if 0 < amount < 10 else 0  # noqa: PLR2004  # ten dollars
    return f"{'~' if is_assumed else ''}${amount:,.{digits}f}"
