"""``settlewatch simulate …`` as the command line takes it."""

from pathlib import Path
from typing import Annotated

import typer
from typer._click import Command, Context
from typer.core import TyperGroup

# The command behind every word that is no command's name.
_SCENARIO = "SCENARIO"


class ScenarioGroup(TyperGroup):
    """``simulate calm …``: a word that names no command is the name of a scenario."""

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """As usual, but for scenarios."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [_SCENARIO, *args]
        return super().resolve_command(ctx, args)


simulate = typer.Typer(
    cls=ScenarioGroup,
    no_args_is_help=True,
    help="Weeks with known truth (SCENARIO), or what would come of a round, if (what-if).",
)


@simulate.callback()
def _group() -> None:
    """A group even while it has one command."""


@simulate.command(
    _SCENARIO,
    epilog="Example: settlewatch simulate sleeper_bloc --seed 7 --weeks 8 --out build/sleeper "
    "--json",
)
def scenario(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="calm, ambiguous_wave, single_bribe, blocking_bloc, sleeper_bloc, ring_burst, "
            "round_of_40, whitelist_capture or short_dispute_window.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="A new or empty folder for the files.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    weeks: Annotated[int, typer.Option(help="How long it goes on.")] = 8,
    markets: Annotated[int, typer.Option(help="Markets a week.")] = 500,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002  # an option
) -> None:
    """Play weeks of markets, disputes and votes, and write them as a log archive with its truth."""
    from jobs.simulate_scenario import scenario_command  # `--help` needs none of it

    scenario_command(name, seed=seed, weeks=weeks, markets=markets, out=out, as_json=as_json)


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
    from service.risk.attack.round_what_if import BadRoundWhatIf, RoundWhatIf  # as above

    try:
        question = RoundWhatIf(extra_stake, turnout, spat, uma_price, tuple(coalition or ()), cash)
    except BadRoundWhatIf as error:
        raise UsageError(f"{error}.") from error
    what_if_command(round_, question, as_json=as_json)
