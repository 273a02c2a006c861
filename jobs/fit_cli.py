"""``settlewatch fit`` as the command line takes it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service.errors import UsageError

FIT_EXAMPLE = "Example: settlewatch fit recordings/ --target disputed --out model.json"


def fit(  # its options
    out: Annotated[Path, typer.Option(help="The model file. Its card goes beside it, as .md.")],
    data: Annotated[
        list[Path] | None, typer.Argument(help="Recordings: Parquet, CSV, CSV.gz, or folders.")
    ] = None,
    from_store: Annotated[  # noqa: FBT002  # an option
        bool, typer.Option("--from-store", help="Learn from the database's finished questions.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="With --from-store: as known then (UTC). Default: the newest block."),
    ] = None,
    target: Annotated[str, typer.Option(help="disputed, flipped or misresolved")] = "disputed",
    until: Annotated[
        str | None,
        typer.Option(help="Learn from rows before this day. Default: up to the last proposal."),
    ] = None,
    source: Annotated[str, typer.Option(help="What the card says of the data.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002  # an option
) -> None:
    """Fit the dispute model; the same rows give the same file, byte for byte."""
    from jobs.fit_command import fit_command, parse_day, parse_target  # `--help` needs none of it
    from jobs.fit_rows import gather_rows  # as above
    from jobs.stored_study import open_stored_study  # as above

    if not data and not from_store:
        raise UsageError("DATA: give recordings, --from-store, or both. See --help.")
    wanted, before = parse_target(target), parse_day("--until", until)
    at = parse_day("--as-of", as_of)
    if at is not None and not from_store:
        raise UsageError("--as-of: only stored facts have it. Use --until with recordings.")
    with Console(stderr=True).status("Reading"):
        found = gather_rows(data or [], open_stored_study(at) if from_store else None)
    with Console(stderr=True).status("Fitting"):
        fit_command(found, wanted, out, until=before, source=source, as_json=as_json)
