"""Whether the final answer will differ from the first proposal. docs/methodology.md, "Labels"."""

from service.risk.situation import SETTLED, Situation
from service.risk.states import Course


def flip_chances(course: Course, s: Situation) -> tuple[float | None, float | None]:
    """P(F_outcome), P(F_early); None where the facts at hand do not decide it.

    A flip is not a wrong payout: most flips correct an error.
    """
    t = course.transitions
    if s.state in SETTLED and s.answer is not None:
        if s.first is None:
            return None, None
        flipped = s.first is not s.answer
        return float(flipped), (0.0 if flipped or s.stage == 0 else None)
    if t is None:
        return None, None
    if course.later is not None:
        later = course.later.total
        correct = 1 - t.a1w - t.a1e
        outcome = t.a1w * t.d1w * (1 - later) + correct * t.d1c * later
        return float(outcome.mean()), float((t.a1e * t.d1e).mean())
    wrong, early = t.a1w * t.d1w, t.a1e * t.d1e
    right = (1 - t.a1w - t.a1e) * t.d1c
    total = wrong + early + right
    final = course.path.total
    outcome = (wrong * (1 - final) + right * final) / total
    return float(outcome.mean()), float((early / total).mean())
