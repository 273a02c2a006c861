"""``settlewatch backtest``: a model against the baselines on recorded or stored questions."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from service.calibration.backtest import Backtest
    from service.calibration.study import Study

TARGETS = ("disputed", "flipped", "misresolved")
_WIDTH = 160
REPORT, FIGURES = "report.html", "report.json"


@dataclass(frozen=True, slots=True)
class BacktestOrder:
    """What the command line asked for."""

    data: list[Path]
    target: str
    model: str
    refit: bool
    # Refit only where too few rows are later than the model's training range.
    refit_if_few: bool
    html: Path | None
    # A folder that takes report.html and report.json.
    out: Path | None
    as_json: bool
    # The database's finished questions, alone or with recordings, as known at a time.
    from_store: bool = False
    as_of: str | None = None


def backtest_command(order: BacktestOrder, advance: Callable[[], object]) -> None:
    """Run the backtest, write what was asked for and print its figures."""
    if order.target not in TARGETS:
        raise UsageError(
            f"--target: {order.target!r} is not known. Choose one of: {', '.join(TARGETS)}."
        )
    study = _read(order)
    if order.target == "misresolved":
        _bound(order, study)
    else:
        backtest, name = _run(order, study, advance)
        _report(order, study, backtest, name)
    # Last, so that bad input is one line.
    for line in study.notices:
        if line not in study.unreadable:
            sys.stderr.write(f"settlewatch: {line}\n")
    study.demand_all_read()


def _read(order: BacktestOrder) -> "Study":
    from service.calibration.study import Study, read_study

    if not order.from_store:
        if order.as_of is not None:
            raise UsageError("--as-of: only stored facts have it. Give --from-store with it.")
        if not order.data:
            raise UsageError("DATA: give recordings, --from-store, or both. See --help.")
        return read_study(order.data)
    from jobs.fit_command import parse_day
    from jobs.fit_rows import gather_rows
    from jobs.stored_study import open_stored_study

    found = gather_rows(order.data, open_stored_study(parse_day("--as-of", order.as_of)))
    return Study(found.rows, found.notices)


def _run(
    order: BacktestOrder, study: "Study", advance: Callable[[], object]
) -> "tuple[Backtest, str]":
    from service.calibration.backtest import backtest_frozen, backtest_rolling
    from service.calibration.dispute_model import load_model
    from service.calibration.rows import Target
    from service.calibration.time_split import backtest_once, half_way

    target = Target(order.target)
    model = load_model(order.model, target)

    def refitted() -> "Backtest":
        found = backtest_rolling(study.rows, target, model, advance)
        try:
            day = half_way(study.rows, target)
            return replace(found, once=backtest_once(study.rows, target, model, day))
        except UsageError as error:
            return replace(found, remarks=(f"No single split in time: {error}",))

    def frozen() -> "Backtest":
        return backtest_frozen(study.rows, target, model, model.kept_baselines(target))

    if order.refit:
        return refitted(), f"{model.name}, refitted"
    if not order.refit_if_few:
        return frozen(), model.name
    return _either(frozen, refitted, model.name)


def _either(
    frozen: "Callable[[], Backtest]", refitted: "Callable[[], Backtest]", name: str
) -> "tuple[Backtest, str]":
    """The frozen model where later rows decide, else the refit, which tells the other's verdict."""
    from service.calibration.headline import decides, frozen_remark

    first, said = None, ""
    try:
        first = frozen()
        if decides(first):
            return first, name
        said = frozen_remark(first)
    except UsageError as error:
        said = f"The frozen model was not tested: {error}"
    try:
        found = refitted()
        return replace(found, remarks=(said, *found.remarks)), f"{name}, refitted"
    except UsageError as error:
        if first is None:
            raise
        return replace(first, remarks=(f"No refit: {error}",)), name


def _report(order: BacktestOrder, study: "Study", backtest: "Backtest", name: str) -> None:
    from service.calibration.backtest_document import backtest_document
    from service.calibration.backtest_page import backtest_page

    document = backtest_document(backtest, name, study.notices)
    page = backtest_page(backtest, name, study.notices)
    _write_reports(order, document, page)
    if order.as_json:
        sys.stdout.write(_json(document))
    else:
        _print_tables(backtest)


def _bound(order: BacktestOrder, study: "Study") -> None:
    from html import escape

    from service.calibration.misresolution import bound_misresolution
    from service.calibration.misresolution_document import (
        misresolution_document,
        misresolution_headline,
    )

    bound = bound_misresolution(study.rows)
    line = misresolution_headline(bound)
    document = misresolution_document(bound, study.notices)
    title = "Backtest: P(misresolved)"
    page = (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n'
        f"<h1>{title}</h1>\n<p>{escape(line)}</p>\n"
    )
    _write_reports(order, document, page)
    sys.stdout.write(_json(document) if order.as_json else f"{line}\n")


def _write_reports(order: BacktestOrder, document: dict[str, Any], page: str) -> None:
    files: dict[Path, str] = {}
    if order.html is not None:
        files[order.html] = page
    if order.out is not None:
        files[order.out / REPORT] = page
        files[order.out / FIGURES] = _json(document)
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror}).") from error


def _json(document: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _print_tables(backtest: "Backtest") -> None:
    from rich.console import Console

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

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        # A file or a pipe has no width to keep to.
        console = Console(highlight=False, markup=False, width=_WIDTH)
    first = first_lines(backtest)
    for line in first:
        console.print(line)
    for line in headline(backtest)[len(first) :]:
        console.print(f"- {line}")
    for title, stratum in backtest_strata(backtest):
        _print_table(console, title, HEADINGS, [*measure_rows(stratum)])
        _print_table(console, f"{title}: alerts", BUDGET_HEADINGS, [*budget_rows(stratum)])
        sweep = [*sweep_rows(stratum)]
        if sweep:
            _print_table(console, f"{title}: the notifier's rule", SWEEP_HEADINGS, sweep)


def _print_table(
    console: "Console", title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    from rich.table import Table

    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
