"""Query parameters: their limits, and the refusal of any other."""

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.params import Depends as DependsMarker

from service.api.problems import bad_parameter

MAX_LIMIT = 200

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many lines at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=400, description="`next_cursor` of the page before, with the same filters."),
]
Ref = Annotated[
    str,
    Path(
        min_length=1,
        max_length=300,
        description="A market's condition id, slug, Gamma id or (adapter) question id.",
        examples=["will-jesus-christ-return-in-2025"],
    ),
]


def only(*names: str, repeatable: tuple[str, ...] = ()) -> DependsMarker:
    """A dependency that refuses unknown parameters, and known ones given twice, by name."""
    known = frozenset((*names, *repeatable))

    def check(request: Request) -> None:
        seen: set[str] = set()
        for name, _ in request.query_params.multi_items():
            if name not in known:
                takes = ", ".join(sorted(known)) or "none"
                raise bad_parameter(
                    name, f"is not a parameter of this resource (it takes: {takes})"
                )
            if name in seen and name not in repeatable:
                raise bad_parameter(name, "was given more than once")
            seen.add(name)

    return DependsMarker(check)
