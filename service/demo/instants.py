"""At which instants the reconstruction looks: when something became known, and just before."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from service.demo.case import Case
from service.demo.steps import Propose

PER_CASE = 12
# Polygon's finality is seconds; a minute later everything of a transaction is known.
AFTER = timedelta(minutes=1)
# Books are looked at before an answer is proposed: its price counts as evidence (-60 to -5 min).
BEFORE = timedelta(minutes=10)
# Of two looks nearer than this the later one serves both.
APART = timedelta(minutes=2)


def replay_instants(cases: Iterable[Case], until: datetime) -> list[datetime]:
    """The instants to stop at, ascending; the last is ``until``."""
    wanted = sorted({i for case in cases for i in case_instants(case) if i < until})
    return [*_thinned([*wanted, until])]


def case_instants(case: Case) -> list[datetime]:
    """One case's instants, at most twelve; the contracts' steps come before the money's points."""
    first = step_instants(case)
    known = [p.at for p in case.price] + [p.at for p in (*case.open_interest, *case.volume)]
    points = [at + AFTER for at in known if at >= case.opened_at]
    rest = [point for point in sorted(set(points)) if all(abs(point - i) >= APART for i in first)]
    return sorted([*first, *rest][:PER_CASE])


def step_instants(case: Case) -> list[datetime]:
    """Just after each step and announcement, and just before each proposal."""
    steps = [step.at + AFTER for step in case.steps]
    if case.announcement is not None:
        steps.append(case.announcement.at + AFTER)
    looks = [step.at - BEFORE for step in case.steps if isinstance(step, Propose)]
    return _thinned(sorted(steps + looks))


def _thinned(instants: list[datetime]) -> list[datetime]:
    kept: list[datetime] = []
    for instant in instants:
        if kept and instant - kept[-1] < APART:
            kept[-1] = instant
        else:
            kept.append(instant)
    return kept
