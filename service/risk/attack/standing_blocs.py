"""Groups of voters found in the votes, and which is which from search to search. Pure.

docs/methodology.md, "Standing blocs". Entities are named by their least address, 0x-hex in lower
case. A group reports a pattern and accuses nobody.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from models.attack_enums import BlocKind

# Of all members of either, the share in both: from here on it is the same group.
SAME_GROUP = 0.5


@dataclass(frozen=True, slots=True)
class StandingBloc:
    """A group as a search found it. ``p_value``: how likely so much agreement is by chance."""

    bloc_id: str
    kind: BlocKind
    entities: tuple[str, ...]
    # Of all its entities.
    addresses: tuple[str, ...]
    # In words, for people.
    evidence: tuple[str, ...]
    joint_requests: int
    p_value: float | None = None
    # The entity of each address.
    entity_of: Mapping[str, str] = field(default_factory=dict)
    # Numbers of the tests, as the API prints them.
    tests: Mapping[str, Any] = field(default_factory=dict)
    known_at: datetime | None = None
    model_version: str = ""


def new_bloc_id(kind: BlocKind, entities: Iterable[str]) -> str:
    """The name of a group never seen before: the same members always get the same."""
    said = json.dumps([kind, sorted(entities)])
    return f"{kind.replace('_', '-')}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def carry_ids(found: Sequence[StandingBloc], held: Sequence[StandingBloc]) -> list[StandingBloc]:
    """The groups found, by the names of those held before that they mostly are.

    Each name is given once, to the most alike first; the other groups keep their own.
    """
    alike = sorted(
        (
            (-_overlap(one.entities, other.entities), other.bloc_id, place)
            for place, one in enumerate(found)
            for other in held
            if other.kind is one.kind and _overlap(one.entities, other.entities) >= SAME_GROUP
        ),
    )
    names: dict[int, str] = {}
    for _, bloc_id, place in alike:
        if place not in names and bloc_id not in names.values():
            names[place] = bloc_id
    taken = {bloc.bloc_id for bloc in held}
    carried = []
    for place, one in enumerate(found):
        name = names.get(place, one.bloc_id)
        # A name that another group carries on is not free for the group it first stood for.
        if place not in names and name in taken:
            name = f"{name[:37]}-{place}"
        carried.append(replace(one, bloc_id=name))
    return carried


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    either = set(one) | set(other)
    return len(set(one) & set(other)) / len(either) if either else 0.0


def bloc_document(bloc: StandingBloc) -> dict[str, object]:
    """What is kept of a group beside its columns and members."""
    return {
        "entities": list(bloc.entities),
        "evidence": list(bloc.evidence),
        "tests": dict(bloc.tests),
    }


def bloc_digest(bloc: StandingBloc, model_version: str, *, valid: bool) -> bytes:
    """SHA-256 of all that is said of a group: equal where nothing is new."""
    said = [
        bloc.bloc_id,
        bloc.kind,
        valid,
        bloc.joint_requests,
        repr(bloc.p_value),
        sorted(bloc.entity_of.items()),
        bloc_document(bloc),
        model_version,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()
