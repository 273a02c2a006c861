"""``settlewatch replay``: one bundled case, all of them, or their names."""

import sys
from datetime import datetime

import orjson
from rich.console import Console

from jobs.demo_table import progress_bar
from jobs.instants import parse_instant
from jobs.replay import Replay, find_case, list_cases, run_replay
from jobs.replay_page import document_of, page_of
from jobs.replay_table import page_of_all
from service.demo.case import Case
from service.telemetry import configure_logging


def list_command(*, as_json: bool) -> None:
    """The names of the cases, and how each ended."""
    cases = list_cases()
    if as_json:
        _print_json(
            {
                "cases": [
                    {"case": c.id, "incident": c.incident, "title": c.market.title} for c in cases
                ]
            }
        )
        return
    for case in cases:
        sys.stdout.write(f"{case.id:28} {case.incident!s:14} {case.market.title}\n")


def replay_command(
    name: str, *, until: str | None, database_url: str | None, as_json: bool
) -> None:
    """Replay one case and print its time line."""
    case = find_case(name)
    replay = _run(case, None if until is None else parse_instant("--until", until), database_url)
    if as_json:
        _print_json(document_of(replay))
    else:
        sys.stdout.write(page_of(replay))


def replay_all_command(*, as_json: bool, as_markdown: bool) -> None:
    """Replay every case, each on its own database, and print one table."""
    replays = [_run(case, None, None) for case in list_cases()]
    if as_json:
        _print_json({"replays": [document_of(replay) for replay in replays]})
    elif as_markdown:
        sys.stdout.write(page_of_all(replays))
    else:
        for replay in replays:
            sys.stdout.write(page_of(replay) + "\n")


def _run(case: Case, until: datetime | None, database_url: str | None) -> Replay:
    configure_logging("WARNING")
    with (
        progress_bar(Console(stderr=True)) as advance,
        run_replay(case, until=until, database_url=database_url, on_progress=advance) as (
            replay,
            _,
        ),
    ):
        return replay


def _print_json(value: object) -> None:
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
