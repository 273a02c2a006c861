"""One search for groups of voters, in the words they are kept in."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.attack_enums import BlocKind
from service.detection.always_together import Baseline, find_baselines
from service.detection.co_voting import CoVoting, Group, find_groups
from service.detection.planting import TRIALS, LeastPushes, least_pushes
from service.risk.attack.standing_blocs import StandingBloc, new_bloc_id
from service.risk.signs.bloc_findings import BlocFindings
from service.risk.signs.vote_matrix import VoteMatrix

# Requests listed beside a group: the newest.
MOST_LISTED = 20


def search_blocs(
    matrix: VoteMatrix,
    addresses: Mapping[str, Sequence[str]],
    seed: int = 0,
    trials: int = TRIALS,
) -> BlocFindings:
    """Groups of a record, baselines too, and what it could not have shown.

    ``addresses``: of each entity. ``trials``: groups planted for each number of pushes tried.
    """
    found = find_groups(matrix, seed)
    blocs = [_of_group(group, found, matrix, addresses) for group in found.groups]
    blocs += [
        _of_baseline(baseline, matrix, addresses) for baseline in find_baselines(matrix, seed)
    ]
    return BlocFindings(
        blocs=tuple(blocs),
        entities=found.entities,
        requests=len(matrix.requests),
        informative=found.informative,
        least_pushes=tuple(
            _line(least) for least in least_pushes(matrix.answers, seed, trials=trials)
        ),
    )


def _line(least: LeastPushes) -> dict[str, int | None]:
    return {
        "size": least.size,
        "pushes": least.pushes,
        "most_tried": least.most_tried,
        "trials": least.trials,
    }


def _of_group(
    group: Group, found: CoVoting, matrix: VoteMatrix, addresses: Mapping[str, Sequence[str]]
) -> StandingBloc:
    pushes = len(group.joint)
    steps = [edge.step for edge in group.edges if edge.step is not None]
    sealed = [step.sealed for step in steps if step.sealed is not None]
    opened = [step.opened for step in steps if step.opened is not None]
    words = [
        (
            f"{len(group.members)} entities gave the same minority answer, two of them or more, in "
            f"{pushes} of {found.informative} votes with a small minority"
        ),
        f"counted pair by pair {group.shared} times, where chance makes {group.expected:.1f}",
        f"reached by {group.p_value:.3f} of shuffled records",
    ]
    for what, found_p in (("sealed", sealed), ("opened", opened)):
        if found_p:
            words.append(
                f"of {len(found_p)} pairs the closest {what} in step with p {min(found_p):.2g}"
            )
    tests = {
        "joint_low": group.low,
        "joint_high": group.high,
        "pair_pushes": group.shared,
        "pair_pushes_expected": group.expected,
        "informative": found.informative,
        "timing_p_values": len(sealed),
        "timing_p_least": min(sealed, default=None),
        "opening_p_values": len(opened),
        "opening_p_least": min(opened, default=None),
        "requests": _listed(matrix, group.joint),
    }
    return _bloc(
        BlocKind.CO_VOTING, group.members, pushes, group.p_value, (words, tests), matrix, addresses
    )


def _of_baseline(
    baseline: Baseline, matrix: VoteMatrix, addresses: Mapping[str, Sequence[str]]
) -> StandingBloc:
    together = len(baseline.together)
    words = [
        (
            f"{len(baseline.members)} entities answered {together} votes alike but for "
            f"{baseline.apart}, where their care explains {baseline.expected_apart:.1f} "
            "differences pair by pair, and sealed or opened them in step"
        ),
    ]
    tests = {"apart": baseline.apart, "pairs_apart_expected": baseline.expected_apart}
    return _bloc(
        BlocKind.BASELINE,
        baseline.members,
        together,
        baseline.p_value,
        (words, tests),
        matrix,
        addresses,
    )


def _bloc(
    kind: BlocKind,
    members: Sequence[int],
    joint: int,
    p_value: float,
    said: tuple[Sequence[str], Mapping[str, object]],
    matrix: VoteMatrix,
    addresses: Mapping[str, Sequence[str]],
) -> StandingBloc:
    entities = tuple(sorted(matrix.entities[member] for member in members))
    entity_of = {address: entity for entity in entities for address in addresses[entity]}
    words, tests = said
    return StandingBloc(
        bloc_id=new_bloc_id(kind, entities),
        kind=kind,
        entities=entities,
        addresses=tuple(sorted(entity_of)),
        evidence=tuple(words),
        joint_requests=joint,
        p_value=float(p_value),
        entity_of=dict(sorted(entity_of.items())),
        tests=tests,
    )


def _listed(matrix: VoteMatrix, columns: Sequence[int]) -> list[dict[str, object]]:
    """The newest of these votes."""
    newest = np.array(columns, dtype=np.intp)[-MOST_LISTED:][::-1]
    return [
        {"request_id": matrix.requests[column], "round_id": int(matrix.round_of[column])}
        for column in newest
    ]
