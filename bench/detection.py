"""What the detectors see of simulated attacks: every scenario end to end, from several seeds.

`make detection`. Each run writes a simulation's logs and the venue's answers, lets the real jobs
see them look by look, and counts what they page. The table goes between the markers of
docs/methodology.md ("What the detectors see of simulated attacks"); the same runs give the same
table, and how many fit into the time depends on the machine. What the searches for blocs and bursts
see alone is printed with it, from few runs: the document's tables of both are of many more
(bench/blocs.py, bench/bursts.py).
"""

import argparse
import logging
import multiprocessing
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

import structlog

from jobs.detection_run import missing_detectors, run_detection
from service.clock import stopwatch
from service.detection.bloc_power import CASES, measure_power, power_table
from service.risk.signs.burst_power import study_all, to_markdown
from service.risk.signs.ring_parameters import load_ring_parameters
from service.simulation.detection_table import detection_table, put_between
from service.simulation.measures import RunMeasure
from service.simulation.run import simulate
from service.simulation.scenario import SCENARIOS, find_scenario

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "methodology.md"
BEGIN = "<!-- detection: written by `make detection` -->"
END = "<!-- /detection -->"
# Scores of rounds and rings page from the fifth week on: fewer weeks would measure less.
WEEKS, MARKETS, SEEDS = 5, 50, 3
# What settles between two looks is seen by none, whatever the seed: one run shows that.
ONCE = frozenset({"whitelist_capture", "short_dispute_window"})
# All has to end within half an hour: no run is begun that the longest of its size would overrun.
MINUTES = 25.0
# The one chooses its forty among those that fall due within four days, the other pushes one vote in
# seven.
MARKETS_OF = {"round_of_40": 80, "blocking_bloc": 120}
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
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of each scenario at most")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="no run begins too late")
    parser.add_argument("--scenario", action="append", choices=sorted(SCENARIOS))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--print", action="store_true", help="only print, whatever is run")
    options = parser.parse_args()
    work = to_do(options.scenario or SCENARIOS, options.seeds)
    elapsed = stopwatch()
    measures = play(work, options.processes, options.minutes * 60)
    table = detection_table(
        sorted(measures, key=lambda m: (m.scenario, m.seed)), missing_detectors()
    )
    print(table)
    print(f"{len(measures)} of {len(work)} runs in {elapsed():.0f} s", file=sys.stderr)
    is_whole = options.scenario is None and {m.scenario for m in measures} == set(SCENARIOS)
    if is_whole and not options.print:
        text = DOCUMENT.read_text("utf-8")
        DOCUMENT.write_text(put_between(text, BEGIN, END, table), "utf-8")


def to_do(scenarios: Iterable[str], seeds: int) -> list[tuple[str, int]]:
    """Every run, those of the first seed first; of each seed the longest first."""
    runs = [
        (name, seed) for name in scenarios for seed in range(1, 1 + (1 if name in ONCE else seeds))
    ]
    return sorted(runs, key=lambda one: (one[1], one[0] not in MARKETS_OF, one[0]))


def play(work: Sequence[tuple[str, int]], processes: int, seconds: float) -> list[RunMeasure]:
    """What fits into so many seconds; the searches alone, which take little, come last."""
    elapsed, waiting = stopwatch(), list(work)
    begun: dict[Future[RunMeasure], tuple[str, float]] = {}
    found: list[RunMeasure] = []
    # Seconds, by markets a week.
    longest: dict[int, float] = {}
    # An executor's processes may have processes of their own, as one of the jobs does.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        while waiting or begun:
            while waiting and len(begun) < processes:
                name, seed = waiting.pop(0)
                if elapsed() + longest.get(MARKETS_OF.get(name, MARKETS), 0.0) <= seconds:
                    begun[pool.submit(measure_one, (name, seed))] = name, elapsed()
            if not begun:
                break
            done, _ = wait(begun, return_when=FIRST_COMPLETED)
            for one in done:
                name, since = begun.pop(one)
                size = MARKETS_OF.get(name, MARKETS)
                longest[size] = max(longest.get(size, 0.0), elapsed() - since)
                found.append(one.result())
        for study in [pool.submit(work) for work in (blocs_alone, bursts_alone)]:
            print(f"{study.result()}\n")
    return found


if __name__ == "__main__":
    main()
