"""What one search for groups of voters found, and in how much it looked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.risk.attack.standing_blocs import StandingBloc

BLOCS_VERSION = "blocs-1.1.0"


@dataclass(frozen=True, slots=True)
class BlocFindings:
    """Groups by entity, and the joint pushes a group of each size would have needed."""

    blocs: tuple[StandingBloc, ...]
    entities: int
    requests: int
    # Votes with a small minority.
    informative: int
    # size, pushes (None: none of those tried is enough), most_tried, trials.
    least_pushes: tuple[Mapping[str, int | None], ...]


def power_words(findings: BlocFindings) -> str:
    """What "nothing found" means, in one sentence."""
    if findings.informative == 0:
        return (
            f"None of {findings.requests} votes has a small minority of two entities or more: "
            "no group could have been seen."
        )
    parts = [
        f"{one['size']} entities need about {one['pushes']} joint pushes"
        if one["pushes"] is not None
        else f"{one['size']} entities could not be seen with up to {one['most_tried']} joint pushes"
        for one in findings.least_pushes
    ]
    return (
        f"In {findings.informative} votes with a small minority, of {findings.requests}: "
        + "; ".join(parts)
        + " to be found 19 times in 20. A group that acts once, or always wins, leaves no trace."
    )
