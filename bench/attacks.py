"""Seconds for the attack economics of a round of 200 requests and 600 voters, and for a what-if.

And for keeping such a round and asking about it over HTTP. `python -m bench.attacks`. Medians of
five; "CPU" counts processor time. The first call of a process draws what later ones share and is
shown apart.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import numpy as np
from fastapi.testclient import TestClient

from service.api.app import create_app
from service.clock import SetClock, stopwatch
from service.database import ensure_schema, open_engine, open_sessions
from service.risk.attack.attack_inputs import (
    AskLevel,
    Bloc,
    DocketMarket,
    OpenedVotes,
    RoundInputs,
    RoundTerms,
    UmaMarket,
    Voter,
    known,
)
from service.risk.attack.round_assessment import assess_round
from service.risk.attack.round_document import to_round_document
from service.risk.attack.round_packing import pack_round, unpack_round
from service.risk.attack.round_what_if import RoundWhatIf, answer_round_what_if
from service.risk.vote_simulation import Lean
from service.store.scores.round_assessments import NewRoundAssessment, add_round_assessment

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
    opening = in_reveal(inputs)
    packed = pack_round(opening)
    show("assessment while votes are opened", lambda: assess_round(opening))
    show("packing its inputs", lambda: pack_round(opening))
    show("unpacking them", lambda: unpack_round(packed))
    document = json.dumps(to_round_document(assess_round(opening))).encode()
    print(f"stored a round: {len(packed):,} bytes of inputs (once), document {len(document):,}")
    over_http(opening, question)


def in_reveal(inputs: RoundInputs) -> RoundInputs:
    """The same round while votes are opened: every voter has opened nine requests of ten."""
    names = [r.request_id for r in inputs.requests if r.in_round]
    voters = tuple(
        replace(voter, opened={name: round(voter.stake, 2) for name in names[number % 10 :]})
        for number, voter in enumerate(inputs.voters)
    )
    opened = OpenedVotes(0.2 * STAKE, 0.5 * STAKE, 0.01 * STAKE, 0.2 * STAKE, 30.0, 30.0)
    requests = tuple(
        replace(request, opened=opened if request.in_round else None) for request in inputs.requests
    )
    return replace(inputs, phase="reveal", voters=voters, requests=requests)


def over_http(inputs: RoundInputs, question: RoundWhatIf) -> None:
    """A what-if of a stored round as a client sees it, without a socket."""
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        ensure_schema(engine)
        sessions = open_sessions(engine)
        with sessions.begin() as session:
            add_round_assessment(session, _stored(inputs))
        app = create_app(sessions, SetClock(inputs.as_of), version="bench")
        body = {"coalition": list(question.coalition)}
        path = f"/v1/rounds/{inputs.round_id}/what-if"
        with TestClient(app) as client:
            show("what-if over HTTP", lambda: client.post(path, json=body).raise_for_status())
        engine.dispose()


def _stored(inputs: RoundInputs) -> NewRoundAssessment:
    result = assess_round(inputs)
    return NewRoundAssessment(
        round_id=inputs.round_id,
        as_of=inputs.as_of,
        phase=inputs.phase,
        requests=len(inputs.requests),
        logs=0,
        digest=bytes(32),
        dollars_exposed=result.dollars_exposed or 0.0,
        dollars_forceable=result.dollars_forceable,
        raw_attempt=0.0,
        document=to_round_document(result),
        model_version=result.model_version,
        priors_version=result.priors_version,
        inputs=pack_round(inputs),
    )


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
