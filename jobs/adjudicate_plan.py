"""``settlewatch adjudicate plan``: draw and store an audit of undisputed markets."""

import sys
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.instants import parse_instant
from jobs.transactions import in_transaction
from service.clock import Clock
from service.errors import UsageError
from service.risk.truth.audit_plan import (
    Allocation,
    allocate,
    draw,
    load_audit_priors,
    stratify,
)
from service.store.truth.audit_plans import NewPlan, add_plan, list_candidates

_YEAR = timedelta(days=365)
_LARGEST_SEED = 2**63 - 1


def make_plan(
    sessions: sessionmaker[Session],
    clock: Clock,
    budget: int,
    seed: int,
    *,
    first: str | None,
    last: str | None,
    allocation: str,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, object]:
    """Stratify the frame, spread the budget, draw, store; the plan as ``--json`` prints it."""
    if allocation not in set(Allocation):
        raise UsageError(f"--allocation: {allocation!r} is not known. Choose default or neyman.")
    if not 0 <= seed <= _LARGEST_SEED:
        raise UsageError(f"--seed: {seed} is too large; at most {_LARGEST_SEED}.")
    now = clock.now()
    frame_to = now if last is None else parse_instant("--to", last)
    frame_from = frame_to - _YEAR if first is None else parse_instant("--from", first)
    if frame_from >= frame_to:
        raise UsageError("--from: it must lie before --to.")
    priors = load_audit_priors()
    with sessions() as session:
        candidates = list_candidates(session, frame_from, frame_to, progress)
    if not candidates:
        raise UsageError(
            "--from, --to: no undisputed market of the catalogue settled in that time. "
            "Import or index its settlements first."
        )
    strata = allocate(stratify(candidates, priors), budget, Allocation(allocation), priors)
    plan = NewPlan(seed, budget, frame_from, frame_to, strata, draw(strata, seed))
    number = in_transaction(
        sessions, lambda session: add_plan(session, plan, candidates, priors, now)
    )
    return {
        "plan": number,
        "seed": seed,
        "budget": budget,
        "allocation": allocation,
        "frame_from": frame_from.isoformat(),
        "frame_to": frame_to.isoformat(),
        "population": len(candidates),
        "drawn": len(plan.drawn),
        "strata": [
            {
                "name": stratum.name,
                "size": stratum.size,
                "weight": stratum.size / len(candidates),
                "assumed_rate": stratum.assumed_rate,
                "drawn": stratum.planned,
            }
            for stratum in strata
        ],
    }


def print_plan(plan: dict[str, object]) -> None:
    """A plan in words."""
    sys.stdout.write(
        f"Plan {plan['plan']}: {plan['drawn']} of {plan['population']} undisputed markets settled "
        f"from {plan['frame_from']} to {plan['frame_to']} (seed {plan['seed']}).\n"
    )
    strata = plan["strata"]
    assert isinstance(strata, list)  # noqa: S101  # as make_plan gives it
    for stratum in strata:
        sys.stdout.write(f"  {stratum['name']:<18} {stratum['drawn']:>6} of {stratum['size']}\n")
    sys.stdout.write(f"Next: settlewatch adjudicate export --plan {plan['plan']} --out round.csv\n")
