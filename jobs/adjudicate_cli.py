"""``settlewatch adjudicate …``: rounds of adjudication on the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.opened_house import opened_house, print_json, progress_bar

BAD_USAGE = 2
# The largest number a database gives a row.
MOST_ID = 2**63 - 1
# More than the venue ever had.
MOST_AUDITED = 100_000_000

adjudicate = typer.Typer(
    no_args_is_help=True,
    help="Truth labels: ask blind adjudicators, fuse what they say, measure what nobody disputed.",
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@adjudicate.command(
    "export",
    epilog="Examples: settlewatch adjudicate export --plan 1 --out round-1.csv; "
    "settlewatch adjudicate export --case will-it-rain --track both --out -",
)
def export_command(
    plan: Annotated[
        int | None, typer.Option(max=MOST_ID, help="All markets of an audit plan.")
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(help="A market by any of its names; may be repeated."),
    ] = None,
    track: Annotated[
        str, typer.Option(help="rules_original, rules_clarified, or both.")
    ] = "rules_original",
    out: Annotated[
        str, typer.Option(help="A .csv, .json or .ndjson file, or - for NDJSON on standard output.")
    ] = "-",
    as_json: JsonOption = False,
) -> None:
    """Write blind packets to be answered: rules and clarifications, no answer, vote or price."""
    from jobs.adjudicate_export import export_packets  # `--help` needs none of it

    with opened_house() as house, progress_bar("Reading") as progress:
        sessions, clock = house.read_sessions, house.clock
        done = export_packets(sessions, clock, plan, case or [], track, out, progress)
    if out != "-":
        if as_json:
            print_json(done.summary())
        else:
            sys.stdout.write(f"Wrote {done.packets} packets of {done.markets} markets to {out}.\n")
    for line in done.remarks:
        sys.stderr.write(f"settlewatch: {line}\n")


@adjudicate.command(
    "import", epilog="Example: settlewatch adjudicate import round-1-ada.csv round-1-bo.json --json"
)
def import_command(
    files: Annotated[
        list[Path], typer.Argument(help="Answered packets: CSV, JSON or NDJSON, in any order.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Store verdicts and fuse them; a row with a fault is named, the others count (exit 2)."""
    from jobs.adjudicate_import import import_verdicts  # as above

    with opened_house() as house:
        done = import_verdicts(house.sessions, files, house.clock)
    if as_json:
        print_json(done.summary())
    else:
        counts = ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in done.counts.items())
        sys.stdout.write(f"Imported {counts}.\n")
    for line in done.faults:
        sys.stderr.write(f"settlewatch: {line}\n")
    if done.faults:
        raise SystemExit(BAD_USAGE)


@adjudicate.command(
    "correct",
    epilog="Example: settlewatch adjudicate correct will-it-rain --claim Yes "
    '--evidence https://example.org/gauge --by ada --text "The named gauge shows 2 mm."',
)
def correct_command(
    market: Annotated[str, typer.Argument(help="Condition id, slug, Gamma id or question id.")],
    claim: Annotated[str, typer.Option(help="Yes, No, 50-50 or 'not determinable'.")],
    evidence: Annotated[list[str], typer.Option(help="A link; may be repeated. Never fetched.")],
    by: Annotated[str, typer.Option(help="What you want to be called; a pseudonym will do.")],
    text: Annotated[str, typer.Option(help="Why, in up to 4,000 characters.")],
    as_json: JsonOption = False,
) -> None:
    """Send a correction: what the rules require instead, and evidence. Kept, not believed."""
    from jobs.adjudicate_correct import correct  # as above

    with opened_house() as house:
        done = correct(
            house.sessions, house.clock, market, claim=claim, evidence=evidence, by=by, text=text
        )
    if as_json:
        print_json(done)
    else:
        known = "" if done["is_new"] else " (it was known)"
        sys.stdout.write(f"Correction {done['id']} received{known}.\n")


@adjudicate.command(
    "review",
    epilog="Example: settlewatch adjudicate review 3 --status in_adjudication --by ops",
)
def review_command(
    number: Annotated[int, typer.Argument(max=MOST_ID, help="The correction's number.")],
    status: Annotated[str, typer.Option(help="in_adjudication, accepted or declined.")],
    by: Annotated[str, typer.Option(help="Who says so.")],
    reason: Annotated[str | None, typer.Option(help="Up to 1,000 characters.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say where a correction stands; every step stays."""
    from jobs.adjudicate_correct import review  # as above

    with opened_house() as house:
        done = review(house.sessions, house.clock, number, status=status, by=by, reason=reason)
    if as_json:
        print_json(done)
    else:
        sys.stdout.write(f"Correction {number} is {done['status']}.\n")


@adjudicate.command(
    "plan",
    epilog="Examples: settlewatch adjudicate plan --budget 340 --seed 7; "
    "settlewatch adjudicate plan --budget 200 --seed 7 --allocation neyman --from 2026-07-01 "
    "--to 2026-10-01 --json",
)
def plan_command(
    budget: Annotated[
        int, typer.Option(min=1, max=MOST_AUDITED, help="How many markets to audit.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="Of the draw: the same one draws the same.")],
    first: Annotated[
        str | None, typer.Option("--from", help="Settled from this day on. Default: a year ago.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Settled before this day. Default: now.")
    ] = None,
    allocation: Annotated[
        str,
        typer.Option(help="default (3,000 safe for 400 of each risk) or neyman."),
    ] = "default",
    as_json: JsonOption = False,
) -> None:
    """Draw settled, undisputed markets for an audit, and store the plan."""
    from jobs.adjudicate_plan import make_plan, print_plan  # as above

    with opened_house() as house, progress_bar("Reading") as progress:
        done = make_plan(
            house.sessions,
            house.clock,
            budget,
            seed,
            first=first,
            last=last,
            allocation=allocation,
            progress=progress,
        )
    if as_json:
        print_json(done)
    else:
        print_plan(done)


@adjudicate.command("status", epilog="Example: settlewatch adjudicate status --json")
def status_command(as_json: JsonOption = False) -> None:
    """What was asked, what came back, and what it says so far, with intervals."""
    from jobs.adjudicate_status import print_status, status_of  # as above

    with opened_house() as house, house.read_sessions() as session:
        done = status_of(session, house.clock.now())
    if as_json:
        print_json(done)
    else:
        print_status(done)
