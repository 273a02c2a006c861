"""Every command of ``settlewatch``."""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

# Its public names do not include the errors a command line is refused with.
from typer._click.exceptions import ClickException, NoArgsIsHelpError

from jobs.adjudicate_cli import adjudicate
from jobs.backtest_cli import EXAMPLES as BACKTEST_EXAMPLES
from jobs.backtest_cli import backtest
from jobs.base_rates_cli import BASE_RATES_EXAMPLE, base_rates
from jobs.fit_cli import FIT_EXAMPLE, fit
from jobs.opened_house import opened_house as _house
from jobs.opened_house import print_json as _print_json
from jobs.simulate_cli import simulate
from service.errors import SettlewatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_USAGE = 2
FAILED = 1

app = typer.Typer(
    name="settlewatch",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="How likely each Polymarket market is to be paid out wrong, and how much hangs on it.",
)
database = typer.Typer(no_args_is_help=True, help="The database's schema.")
app.add_typer(database, name="db")
app.add_typer(adjudicate, name="adjudicate")
app.add_typer(simulate, name="simulate")
app.command("base-rates", epilog=BASE_RATES_EXAMPLE)(base_rates)
app.command("fit", epilog=FIT_EXAMPLE)(fit)
app.command(epilog=BACKTEST_EXAMPLES)(backtest)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run a command; an error ends it with one line: exit 2 for bad input, 1 for anything else."""
    try:
        _answer()
    except UsageError as error:
        _fail(error, BAD_USAGE)
    except SettlewatchError as error:
        _fail(error, FAILED)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say.
        sys.stderr.close()
        raise SystemExit(FAILED) from None


def _answer() -> None:
    """Let typer run the command, but say what it has against the arguments in one line."""
    try:
        code = app(standalone_mode=False)
    except NoArgsIsHelpError as error:
        sys.stdout.write(error.format_message() + "\n")
        raise SystemExit(BAD_USAGE) from error
    except ClickException as error:
        message = error.format_message()
        raise UsageError(f"{message} Ask `settlewatch --help`.") from error
    except typer.Abort:
        raise SystemExit(FAILED) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _fail(error: Exception, code: int) -> None:
    line = " ".join(str(error).split())
    sys.stderr.write(f"settlewatch: {line}\n")
    raise SystemExit(code)


@app.command(epilog="Example: settlewatch run --port 9000")
def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Start the API, the dashboard and the jobs in one process, live."""
    from jobs.serve import serve_all  # the web stack

    with _house(host=host, port=port) as house:
        serve_all(house)


@app.command(epilog="Example: settlewatch api --port 9000")
def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Start the API and the dashboard only, on what is stored."""
    from jobs.serve import serve_api  # the web stack

    with _house(host=host, port=port) as house:
        serve_api(house)


@app.command(epilog="Example: settlewatch worker")
def worker() -> None:
    """Run the jobs only. Start one worker a database."""
    from jobs.serve import work  # the scheduler

    with _house() as house:
        work(house)


@app.command(
    epilog="Examples: settlewatch job score_markets --json; "
    "settlewatch job index_oracle --from 2026-01-01 --to 2026-01-31; "
    "settlewatch job prune --dry-run"
)
def job(
    name: Annotated[
        str,
        typer.Argument(help="A job's name; a wrong one is answered with the list of them."),
    ],
    first: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Read a chain's past from this block or day on (index_oracle, index_votes). "
            "Cut off, the same command goes on where it was.",
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="Up to this block or day. Default: the final head."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Change nothing, count what would be removed (prune)."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run one job once and say what it did."""
    from jobs.job_command import job_command  # as above

    if first is None and last is not None:
        raise UsageError("--to: needs --from, the block or day to begin at.")
    with _house() as house:
        job_command(house, name, first=first, last=last, as_json=as_json, dry_run=dry_run)


@app.command(
    "import-logs",
    epilog="Example: settlewatch import-logs logs/*.json.gz --contracts contracts.json --json",
)
def import_logs_command(
    files: Annotated[
        list[Path], typer.Argument(help="Log archives (JSON, JSON.gz, Parquet), in any order.")
    ],
    contracts: Annotated[
        Path | None, typer.Option(help="Contract book of these logs. Default: mainnet's.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import recorded logs; a file with a fault changes nothing, the others count."""
    from jobs.import_logs import import_logs  # as above
    from service.chain.book import read_book  # as above

    with _house() as house, _progress("Importing", len(files)) as advance:
        book = read_book(contracts) if contracts else house.book
        result = import_logs(house.sessions, files, book, house.clock, advance)
    if as_json:
        _print_json(result.counts)
    else:
        counts = ", ".join(
            f"{value} {key.replace('_', ' ')}" for key, value in result.counts.items()
        )
        sys.stdout.write(f"Imported {counts}.\n")
    for line in (*result.foreign, *result.idle, *result.refused):
        sys.stderr.write(f"settlewatch: {line}\n")
    if result.refused:
        raise SystemExit(BAD_USAGE)


@app.command(
    "import-markets",
    epilog="Example: settlewatch import-markets markets.parquet --map docs/maps/markets.toml",
)
def import_markets(
    files: Annotated[
        list[Path],
        typer.Argument(help="Market dumps: Parquet, CSV, JSON or NDJSON, the last three also .gz."),
    ],
    map_file: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="Which column is which field (TOML or JSON). Default: Gamma's own names.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Import markets from public dumps; cut off, the same command does what is left."""
    from jobs.import_markets_command import import_markets_command, load_map  # as above

    mapping = load_map(map_file)
    with _house() as house, _progress_of_folds("Importing") as progress:
        import_markets_command(house, files, mapping, progress, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: settlewatch export questions --format ndjson --out questions.ndjson")
def export(
    table: Annotated[
        str, typer.Argument(help="questions, requests, votes, periods or adjudications")
    ],
    fmt: Annotated[str, typer.Option("--format", help="ndjson, csv or parquet.")] = "ndjson",
    out: Annotated[str, typer.Option(help="A file, or - for standard output.")] = "-",
) -> None:
    """Write a table of the stored history, one object a line."""
    from jobs.export import FORMATS, TABLES, export_table  # as above

    if table not in TABLES:
        raise UsageError(
            f"table: {table!r} cannot be exported. Choose one of: {', '.join(TABLES)}."
        )
    if fmt not in FORMATS:
        raise UsageError(f"--format: {fmt!r} is not known. Choose one of: {', '.join(FORMATS)}.")
    with _house() as house, house.read_sessions() as session:
        pieces = export_table(session, table, fmt)
        if out == "-":
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        try:
            with Path(out).open("wb") as target:
                target.writelines(pieces)
        except OSError as error:
            raise UsageError(f"--out {out}: cannot be written ({error.strerror}).") from error


@app.command(
    epilog="Examples: settlewatch explain will-jesus-christ-return-in-2025; "
    "settlewatch explain 512345 --since 2026-03-01 --what-if undisputed_minutes=60 --json"
)
def explain(  # its options
    market: Annotated[
        str, typer.Argument(help="A condition id, slug, catalogue number or question id.")
    ],
    at: Annotated[
        str | None, typer.Option(help="Explain the score of this time (UTC). Default: now.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="What moved it since this time. Default: yesterday.")
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            help="Replace one input: open_interest=50000, volume=…, price_before=0.4, "
            "proposed=yes, undisputed_minutes=60, disputed=now, answer=no. May be repeated."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a market's score is what it is, what moved it and what would."""
    from jobs.explain_command import explain_command  # as above

    with _house() as house:
        explain_command(house, market, at=at, since=since, what_if=what_if or (), as_json=as_json)


@app.command(epilog="Example: settlewatch demo --no-serve --json")
def demo(
    serve: Annotated[bool, typer.Option(help="Serve the pages afterwards.")] = True,
    port: Annotated[int, typer.Option(help="Port of the pages.")] = 8000,
    cases: Annotated[
        Path | None, typer.Option(help="A folder of case files. Default: those that ship.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Replay a labelled reconstruction through the real jobs, offline, and show what they say."""
    from jobs.demo_command import demo_command  # as above

    demo_command(serve=serve, port=port, cases=cases, as_json=as_json)


@app.command(
    epilog="Examples: settlewatch replay --list; settlewatch replay ukraine-mineral-deal-2025; "
    "settlewatch replay --all --markdown"
)
def replay(  # its options
    case: Annotated[str | None, typer.Argument(help="A case; --list names them.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Name the cases.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Replay every case.")] = False,
    until: Annotated[str | None, typer.Option(help="Stop at this time (UTC).")] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", help="Keep it in this empty database. Default: a passing one."),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="With --all: one table in Markdown.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Step through a past incident offline and say what was raised, when, and what was not."""
    from jobs.replay_command import list_command, replay_all_command, replay_command  # as above

    if sum((case is not None, show_list, every)) != 1:
        raise UsageError("replay: give one of CASE, --list and --all.")
    if case is None and (until is not None or database is not None):
        raise UsageError("--until, --database: they are of one case. Name it.")
    if markdown and (not every or as_json):
        raise UsageError("--markdown: it prints the table of --all, and no JSON.")
    if show_list:
        list_command(as_json=as_json)
    elif every:
        replay_all_command(as_json=as_json, as_markdown=markdown)
    elif case is not None:
        replay_command(case, until=until, database_url=database, as_json=as_json)


@app.command(epilog="Examples: settlewatch doctor; settlewatch doctor --online --json")
def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask each configured source one cheap question, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say whether everything works, what is missing, and what is asked of others (exit 1: no)."""
    from jobs.doctor import doctor as examine  # as above
    from jobs.doctor import print_report  # as above
    from service.settings import load_settings  # as above
    from service.telemetry import configure_logging  # as above

    settings = load_settings()
    configure_logging(settings.log_level)
    report = examine(settings, is_online=online)
    print_report(report, as_json=as_json)
    if report.is_broken:
        raise SystemExit(FAILED)


@database.command("upgrade", epilog="Example: settlewatch db upgrade")
def upgrade_command() -> None:
    """Bring the schema to this version."""
    from service.database import head_revision, open_engine, upgrade  # as above
    from service.settings import load_settings  # as above

    engine = open_engine(load_settings().database_url.get_secret_value())
    upgrade(engine)
    sys.stdout.write(f"The schema is at {head_revision()}.\n")


@database.command("check", epilog="Example: settlewatch db check")
def check_command() -> None:
    """Say whether the schema fits this version (exit 2 if it does not)."""
    from service.database import head_revision  # as above

    with _house():
        sys.stdout.write(f"The schema is at {head_revision()}, as this version needs.\n")


@database.command("rebuild", epilog="Example: settlewatch db rebuild --json")
def rebuild_command(as_json: JsonOption = False) -> None:
    """Fold everything derived again from the stored facts; a worker may go on beside it."""
    from jobs.rebuild import rebuild  # as above

    with _house() as house, _progress_of_folds("Folding") as progress:
        rows = rebuild(house.sessions, progress)
    if as_json:
        _print_json(rows)
    else:
        counts = ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in rows.items())
        sys.stdout.write(f"Rebuilt {counts}.\n")


@contextmanager
def _progress_of_folds(title: str) -> "Iterator[Callable[[int, int], None]]":
    """A progress bar on a terminal for work whose amount shows as it goes."""
    from rich.progress import Progress  # as above

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _progress(title: str, total: int) -> "Iterator[Callable[[object], None]]":
    """A progress bar on a terminal, nothing elsewhere."""
    from rich.progress import Progress  # as above

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda _done: bar.advance(task)
