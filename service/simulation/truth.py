"""What is true in a simulation, for whoever measures: no part of the product reads it.

Written beside the archive, never in it.
"""

from collections import Counter
from typing import Any

from service.protocol.ids import to_hex
from service.simulation.attack_plan import AttackPlan
from service.simulation.course import Course
from service.simulation.run import Simulation
from service.simulation.scenario import AttackKind

NOTICE = (
    "Labels of a simulation with known truth. A detector that passes here has passed here: it is "
    "no evidence about the world."
)


def truth_document(run: Simulation) -> dict[str, Any]:
    """Every market with its true answer, and the attack with whom and what it is made of."""
    return {
        "notice": NOTICE,
        "scenario": run.scenario.name,
        "summary": run.scenario.summary,
        "seed": run.seed,
        "weeks": run.weeks,
        "starts_at": run.starts_at,
        "ends_at": run.ends_at,
        "attack": None if run.plan is None else _attack(run, run.plan),
        "markets": [_market(run, course) for course in run.courses],
        "votes": [
            {
                "request_id": to_hex(ask.request.request_id),
                "market": ask.question.market,
                "request": ask.question.request,
                "operative": ask.question.operative,
                "round_id": ask.request.round_id,
                "roll_count": ask.request.roll_count,
                "price": None if ask.request.price is None else str(ask.request.price),
                "is_deleted": ask.request.is_deleted,
                "right": ask.question.right,
                "pushed": ask.question.pushed,
            }
            for ask in run.asks
        ],
    }


def summary_of(run: Simulation) -> dict[str, Any]:
    """A simulation in a few numbers."""
    disputes = Counter(course.disputes for course in run.courses)
    return {
        "scenario": run.scenario.name,
        "seed": run.seed,
        "weeks": run.weeks,
        "markets": len(run.courses),
        "disputed": sum(count for number, count in disputes.items() if number),
        "disputed_twice": disputes[2],
        "votes": len(run.asks),
        "rolled": sum(ask.request.roll_count > 0 for ask in run.asks),
        "deleted": sum(ask.request.is_deleted for ask in run.asks),
        "settled_wrong": sum(_is_wrong(course) for course in run.courses),
        "attacked": 0 if run.plan is None else len(run.plan.approached),
        "attack_won": sum(_is_wrong(run.courses[n]) for n in _targets(run)),
    }


def _targets(run: Simulation) -> tuple[int, ...]:
    return () if run.plan is None else run.plan.targets


def _is_wrong(course: Course) -> bool:
    return course.settled is not None and course.settled != course.market.truth


def _market(run: Simulation, course: Course) -> dict[str, Any]:
    subject = run.texts.subject(course.market)
    return {
        "number": course.market.number,
        "condition_id": to_hex(subject.condition),
        "question_id": to_hex(subject.question),
        "truth": course.market.truth,
        "settled": course.settled,
        "settled_at": course.settled_at,
        "is_wrong": _is_wrong(course),
        "was_overridden": course.was_overridden,
        "clarity": course.market.clarity,
        "disputes": course.disputes,
    }


def _attack(run: Simulation, plan: AttackPlan) -> dict[str, Any]:
    numbers = plan.approached
    if plan.kind is AttackKind.BLOCK:
        numbers = tuple(sorted({a.question.market for a in run.asks if a.question.pushed}))
    courses = [run.courses[number] for number in numbers]
    rounds = sorted({a.request.round_id for a in run.asks if a.question.market in set(numbers)})
    return {
        "kind": plan.kind,
        "starts_at": plan.starts_at,
        # The first of its markets to pay out, after which a warning about it helps less.
        "first_settled_at": min((c.settled_at for c in courses if c.settled_at), default=None),
        "last_settled_at": max((c.settled_at for c in courses if c.settled_at), default=None),
        "rounds": rounds,
        "requests": [
            to_hex(a.request.request_id) for a in run.asks if a.question.market in set(numbers)
        ],
        "conditions": [to_hex(run.texts.subject(c.market).condition) for c in courses],
        "targets": [
            to_hex(run.texts.subject(run.courses[n].market).condition) for n in plan.targets
        ],
        "addresses": [to_hex(address) for address in plan.addresses],
        "pushes": [
            {"request_id": to_hex(r), "round_id": i, "voters": [to_hex(v) for v in who]}
            for r, i, who in run.pushes
        ],
        "won": sum(_is_wrong(run.courses[n]) for n in plan.targets),
    }
