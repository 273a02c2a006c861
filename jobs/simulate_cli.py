"""``settlewatch simulate …`` as the command line takes it."""

from pathlib import Path
from typing import Annotated

import typer

simulate = typer.Typer(no_args_is_help=True, help="What would come of it, if.")


@simulate.callback()
def _group() -> None:
    """A group even while it has one command."""


@simulate.command(
    "what-if",
    epilog="Example: settlewatch simulate what-if --round round.json --extra-stake 20000000 "
    "--coalition bloc-1 --spat 0.5 --json",
)
def what_if(
    round_: Annotated[
        Path, typer.Option("--round", help="The round, as JSON (docs/operations.md).")
    ],
    extra_stake: Annotated[float, typer.Option(help="UMA newly staked to push.")] = 0.0,
    turnout: Annotated[float | None, typer.Option(help="Share of other stake that votes.")] = None,
    spat: Annotated[float | None, typer.Option(help="Share of all stake an answer needs.")] = None,
    uma_price: Annotated[float | None, typer.Option(help="USD.")] = None,
    coalition: Annotated[
        list[str] | None,
        typer.Option(help="A bloc or voter of the round that pushes with it; may be repeated."),
    ] = None,
    cash: Annotated[
        float | None, typer.Option(help="USD to buy wrong answers with: where it goes furthest.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002  # an option
) -> None:
    """Say which requests of a round would flip or stall, at what cost and for what gain."""
    from jobs.simulate_command import what_if_command  # `--help` needs none of it
    from service.errors import UsageError  # as above
    from service.risk.round_what_if import BadRoundWhatIf, RoundWhatIf  # as above

    try:
        question = RoundWhatIf(extra_stake, turnout, spat, uma_price, tuple(coalition or ()), cash)
    except BadRoundWhatIf as error:
        raise UsageError(f"{error}.") from error
    what_if_command(round_, question, as_json=as_json)
