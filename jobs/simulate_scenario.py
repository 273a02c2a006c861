"""``settlewatch simulate SCENARIO``: a simulation with known truth, written as an archive."""

import sys
from pathlib import Path

from jobs.opened_house import print_json
from service.errors import UsageError
from service.simulation.archive import ARCHIVE, TRUTH, VENUE, write_simulation
from service.simulation.run import simulate
from service.simulation.scenario import find_scenario
from service.simulation.truth import NOTICE, summary_of

MOST_WEEKS = 52
MOST_MARKETS = 5_000
MOST_SEED = 2**63 - 1


def scenario_command(  # one parameter an option
    name: str, *, seed: int, weeks: int, markets: int, out: Path, as_json: bool
) -> None:
    """Play a scenario and write its files into a new or empty folder."""
    scenario = find_scenario(name)
    for option, value, most in (
        ("--weeks", weeks, MOST_WEEKS),
        ("--markets", markets, MOST_MARKETS),
    ):
        if not 1 <= value <= most:
            message = f"{option} {value}: give a number in 1..{most}."
            raise UsageError(message)
    if not 0 <= seed <= MOST_SEED:
        message = f"--seed {seed}: give a number in 0..{MOST_SEED}."
        raise UsageError(message)
    _require_empty(out)
    run = simulate(scenario, seed, weeks, markets)
    try:
        files = write_simulation(run, out)
    except OSError as error:
        message = f"{out}: cannot be written ({error.strerror}). Give --out another folder."
        raise UsageError(message) from error
    summary = summary_of(run)
    if as_json:
        print_json(
            {
                **summary,
                "out": str(out),
                "files": len(files),
                "archive": f"{out / ARCHIVE}",
                "venue": f"{out / VENUE}",
                "truth": f"{out / TRUTH}",
                "notice": NOTICE,
            }
        )
        return
    words = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in summary.items())
    sys.stdout.write(
        f"Wrote {out}: {words}.\n"
        f"  {ARCHIVE}/     {len(files)} files of logs: settlewatch import-logs "
        f"{out / ARCHIVE}/*.json.gz\n"
        f"  {VENUE}  what the venue's APIs would say\n"
        f"  {TRUTH}     the labels; nothing of the product reads them\n"
        f"{NOTICE}\n"
    )


def _require_empty(out: Path) -> None:
    try:
        is_taken = out.exists() and (not out.is_dir() or any(out.iterdir()))
    except OSError as error:
        message = f"{out}: cannot be read ({error.strerror}). Give --out another folder."
        raise UsageError(message) from error
    if is_taken:
        message = f"{out}: is there and not an empty folder. Give --out another one."
        raise UsageError(message)
