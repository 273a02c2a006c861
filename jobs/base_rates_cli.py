"""``settlewatch base-rates DATA…`` as the command line takes it."""

from pathlib import Path
from typing import Annotated

import typer

BASE_RATES_EXAMPLE = "Example: settlewatch base-rates recordings/ --target disputed --json"


def base_rates(
    data: Annotated[
        list[Path],
        typer.Argument(help="Recordings of questions (Parquet, CSV, CSV.gz) or folders of them."),
    ],
    target: Annotated[
        str | None, typer.Option(help="Only this target, e.g. disputed or flipped.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002  # an option
) -> None:
    """Base rates of recorded questions; those of the database are counted daily."""
    from jobs.base_rates_command import base_rates_command  # `--help` needs none of it

    base_rates_command(data, target, as_json=as_json)
