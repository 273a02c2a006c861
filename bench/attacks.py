"""Seconds for the attack economics of a round of 200 requests and 600 voters, and for a what-if.

`python -m bench.attacks`. Medians of five; "CPU" counts processor time. The first call of a process
draws what later ones share and is shown apart.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from service.clock import stopwatch
from service.risk.attack_inputs import (
    AskLevel,
    Bloc,
    DocketMarket,
    RoundInputs,
    RoundTerms,
    UmaMarket,
    Voter,
    known,
)
from service.risk.round_assessment import assess_round
from service.risk.round_what_if import RoundWhatIf, answer_round_what_if
from service.risk.vote_simulation import Lean

REQUESTS, VOTERS, RUNS = 200, 600, 5
STAKE = 24e6
SHARES = (0.05, 0.1, 0.2, 0.3, 0.36, 0.5, 0.55, 0.6, 0.66, 0.7)
LEANS = (Lean(0.02, 20), Lean(0.15, 6), Lean(0.45, 4))


def main() -> None:
    """Measure and print."""
    inputs = invented_round(np.random.default_rng(7))
    question = RoundWhatIf(extra_stake=8e6, coalition=("bloc 0.5", "v3"))
    print(f"{'':<44}{'first':>8}{'median':>9}{'CPU':>8}  seconds")
    show("assessment, 10 blocs, 3 hypothetical ones", lambda: assess_round(inputs))
    show("what-if", lambda: answer_round_what_if(inputs, question))


def show(name: str, call: Callable[[], object]) -> None:
    """One line: the first call, the median of the next five, and its processor time."""
    first, *rest = [timed(call) for _ in range(RUNS + 1)]
    spans, used = zip(*rest, strict=True)
    median, cpu = statistics.median(spans), statistics.median(used)
    print(f"{name:<44}{first[0]:>8.3f}{median:>9.3f}{cpu:>8.3f}")


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    watch, used = stopwatch(), time.process_time()
    call()
    return watch(), time.process_time() - used


def invented_round(rng: np.random.Generator) -> RoundInputs:
    """Markets of all sizes, 40 of them open; voters by Pareto; ten blocs with holdings."""
    requests = tuple(_market(number, rng) for number in range(REQUESTS))
    stakes = rng.pareto(1.1, VOTERS) + 0.01
    stakes *= STAKE / stakes.sum()
    voters = tuple(Voter(f"v{number}", float(stake)) for number, stake in enumerate(stakes))
    held = {r.request_id: 0.05 * (r.open_interest.value or 0.0) for r in requests[::3]}
    return RoundInputs(
        round_id=10_330,
        as_of=datetime(2026, 7, 23, 6, 0, tzinfo=UTC),
        phase="commit",
        phase_end=datetime(2026, 7, 24, 0, 0, tzinfo=UTC),
        terms=RoundTerms(
            known(STAKE), known(0.65), known(5e6), known(0.001), known(4), known(0.92)
        ),
        uma=UmaMarket(known(1.0), known(8e6), known(0.06), known(0.0), known(0.0)),
        requests=requests,
        voters=voters,
        blocs=tuple(Bloc(f"bloc {share}", share * STAKE, holdings=held) for share in SHARES),
    )


def _market(number: int, rng: np.random.Generator) -> DocketMarket:
    volume, price = float(np.exp(rng.normal(12, 2.2))), float(rng.uniform(0.02, 0.4))
    asks = tuple(
        AskLevel(min(0.99, price * (1 + level / 10)), float(rng.uniform(0, volume / 50)))
        for level in range(20)
    )
    return DocketMarket(
        request_id=f"r{number}",
        operative=number % 10 != 0,
        open_interest=known(0.07 * volume),
        volume=known(volume),
        price=known(price),
        best_bid=known(max(0.0, price - 0.02)),
        asks=asks,
        honest_error=LEANS[number % 3],
        hours_left=12.0,
        in_round=number < 0.8 * REQUESTS,
    )


if __name__ == "__main__":
    main()
