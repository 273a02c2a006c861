"""What the detectors see of simulated attacks: every scenario end to end, from several seeds.

`make detection`. Each run writes a simulation's logs and the venue's answers, lets the real jobs
see them look by look, and counts what they page. The table goes between the markers of
docs/methodology.md ("What the detectors see of simulated attacks"); the same seeds give the same
table. What the searches for blocs and bursts see alone is printed with it, from few runs: the
document's tables of both are of many more (bench/blocs.py, bench/bursts.py).
"""

import argparse
import logging
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import structlog

from jobs.detection_run import missing_detectors, run_detection
from service.clock import stopwatch
from service.detection.bloc_power import CASES, measure_power, power_table
from service.risk.burst_power import study_all, to_markdown
from service.risk.ring_parameters import load_ring_parameters
from service.simulation.detection_table import detection_table, put_between
from service.simulation.measures import RunMeasure
from service.simulation.run import simulate
from service.simulation.scenario import SCENARIOS, find_scenario

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "methodology.md"
BEGIN = "<!-- detection: written by `make detection` -->"
END = "<!-- /detection -->"
# Scores of rounds and rings page from the fifth week on: fewer weeks would measure less.
WEEKS, MARKETS, SEEDS = 5, 50, 1
# The one chooses its forty among those that fall due within four days, the other pushes one vote in
# seven.
MARKETS_OF = {"round_of_40": 80, "blocking_bloc": 120}
# Calm weeks are what false pages are counted in.
CALM_TIMES = 3
BLOC_RUNS, BURST_RUNS = 4, 10
_BLOC_CASES = ("no bloc", "6 wallets, 30 pushes")


def measure_one(work: tuple[str, int]) -> RunMeasure:
    """One scenario from one seed."""
    name, seed = work
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    elapsed = stopwatch()
    with tempfile.TemporaryDirectory(prefix="settlewatch-detection-") as folder:
        a_week = MARKETS_OF.get(name, MARKETS)
        found = run_detection(simulate(find_scenario(name), seed, WEEKS, a_week), Path(folder))
    print(f"{elapsed():6.0f} s  {found}", file=sys.stderr, flush=True)
    return found


def blocs_alone() -> str:
    """The search for blocs on random records without and with one."""
    cases = [case for case in CASES if case[0] in _BLOC_CASES]
    return power_table(measure_power(BLOC_RUNS, 1, cases))


def bursts_alone() -> str:
    """The search for bursts in random weeks without and with one."""
    priors = load_ring_parameters().burst
    return to_markdown(study_all(priors, BURST_RUNS), priors.weekly_false_alarms)


def main() -> None:
    """Run everything, print the table and write it where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of each scenario")
    parser.add_argument("--scenario", action="append", choices=sorted(SCENARIOS))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--print", action="store_true", help="only print, whatever is run")
    options = parser.parse_args()
    work = [
        (name, seed)
        for name in options.scenario or SCENARIOS
        for seed in range(1, options.seeds * (CALM_TIMES if name == "calm" else 1) + 1)
    ]
    # Longest first, so that no process waits for the other.
    work.sort(key=lambda one: (one[0] != "round_of_40", one))
    elapsed = stopwatch()
    # An executor's processes may have processes of their own, as one of the jobs does.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=context) as pool:
        found = pool.map(measure_one, work)
        alone = [pool.submit(study) for study in (blocs_alone, bursts_alone)]
        measures = list(found)
        for study in alone:
            print(f"{study.result()}\n")
    table = detection_table(
        sorted(measures, key=lambda m: (m.scenario, m.seed)), missing_detectors()
    )
    print(table)
    print(f"{len(work)} runs in {elapsed():.0f} s", file=sys.stderr)
    is_whole = options.scenario is None and options.seeds == SEEDS
    if is_whole and not options.print:
        text = DOCUMENT.read_text("utf-8")
        DOCUMENT.write_text(put_between(text, BEGIN, END, table), "utf-8")


if __name__ == "__main__":
    main()
