"""What a command begins and ends with: settings, logging and the database; JSON on its way out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.house import House


@contextmanager
def opened_house(**overrides: str | int | None) -> "Iterator[House]":
    """Settings, logging and the database, opened for one command."""
    from jobs.wiring import open_house  # `--help` needs none of it
    from service.settings import load_settings  # as above
    from service.telemetry import configure_logging  # as above

    settings = load_settings(**{k: v for k, v in overrides.items() if v is not None})
    configure_logging(settings.log_level)
    house = open_house(settings)
    try:
        yield house
    finally:
        house.close()


@contextmanager
def progress_bar(title: str) -> "Iterator[Callable[[int, int], None]]":
    """A bar on a terminal, told what is done and of how much; nothing elsewhere."""
    from rich.console import Console  # `--help` needs none of it
    from rich.progress import Progress  # as above

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_json(value: object) -> None:
    """An answer, for machines that read it and people who do."""
    import orjson  # only with --json

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
