"""The reconstructed venue: which cases an API route answers with, as of an instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from service.demo.answers import Listed, to_book, to_market, to_open_interest, to_resolution
from service.demo.case import Case
from service.demo.case_files import World
from service.demo.encoder import encode_steps
from service.demo.ledger import Ledger
from service.demo.price_answers import to_prices
from service.demo.subjects import to_subject
from service.protocol.contracts import ContractBook

LONGEST_PAGE = 100
MOST_CONDITIONS = 20

Query = Mapping[str, Sequence[str]]


class BadQuery(Exception):  # an answer of the venue, not a fault of ours
    """A query the real API answers with 400 or 422."""


class Catalogue:
    """All cases, and the answers they amount to."""

    def __init__(self, cases: Sequence[Case], world: World, book: ContractBook) -> None:
        """Encode every case once; answers are made per question."""
        self._listed = sorted(
            (Listed(case, to_subject(case, world, book)) for case in cases),
            key=lambda listed: int(listed.gamma_id),
        )
        self._depth = world.book
        self.ledger = Ledger(
            world,
            (
                (f"{listed.case.id}/{index}", transaction)
                for listed in self._listed
                for index, transaction in enumerate(encode_steps(listed.subject, listed.case.steps))
            ),
        )

    def condition_of(self, case: Case) -> bytes:
        """The condition id of a case's market."""
        return next(x.subject.condition for x in self._listed if x.case.id == case.id)

    def markets(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/markets/keyset``: ordered by id; the cursor is the id after which to go on."""
        limit = min(int(_one(query, "limit") or 20), LONGEST_PAGE)
        after = int(_one(query, "after_cursor") or -1)
        rows = [
            row
            for listed in self._listed
            if int(listed.gamma_id) > after
            and (row := to_market(listed, at, has_tags=_one(query, "include_tag") == "true"))
            and _is_asked_for(row, query)
        ]
        page: dict[str, Any] = {"markets": rows[:limit]}
        if len(rows) > limit:
            page["next_cursor"] = rows[limit - 1]["id"]
        return page

    def resolutions(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/v2/resolutions``: one row a condition asked for."""
        wanted = _conditions(query)
        if not wanted:
            message = "exactly one of question_id, condition, event_id is required"
            raise BadQuery(message)
        rows = (to_resolution(listed, at) for listed in self._of(wanted))
        return {"data": [row for row in rows if row is not None]}

    def open_interest(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/v2/oi``: only the conditions whose figure is known."""
        rows = (to_open_interest(listed, at) for listed in self._of(_conditions(query)))
        return {"data": [row for row in rows if row is not None]}

    def books(self, tokens: Sequence[str], at: datetime) -> list[dict[str, Any]]:
        """``POST /books``: unknown and closed tokens are left out."""
        found = (
            to_book(listed, token, self._depth, at)
            for token in tokens
            for listed in self._listed
            if token in listed.tokens
        )
        return [book for book in found if book is not None]

    def positions(self, query: Query, at: datetime) -> dict[str, Any]:  # noqa: ARG002  # a route
        """``/v2/positions``: no case says who held what, and its people have no wallets."""
        return {"data": []}

    def prices(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/v2/prices-history`` of one token."""
        token = _one(query, "token_id")
        for listed in self._listed:
            if token in listed.tokens:
                return to_prices(listed, query, at)
        return {"data": []}

    def _of(self, conditions: frozenset[str]) -> list[Listed]:
        return [listed for listed in self._listed if listed.condition in conditions]


def _is_asked_for(row: Mapping[str, Any], query: Query) -> bool:
    # The real default differs by route and version; like the client we accept only what is said.
    closed = _one(query, "closed")
    if closed is None:
        message = "closed must be given"
        raise BadQuery(message)
    if row["closed"] != (closed == "true"):
        return False
    for name, key in (
        ("condition_ids", "conditionId"),
        ("slug", "slug"),
        ("id", "id"),
        ("uma_resolution_status", "umaResolutionStatus"),
    ):
        if name in query and row.get(key) not in query[name]:
            return False
    floor = _one(query, "volume_num_min")
    # A market whose volume nobody recorded is not one without volume.
    return floor is None or "volume" not in row or Decimal(row["volume"]) >= Decimal(floor)


def _conditions(query: Query) -> frozenset[str]:
    wanted = frozenset(part for text in query.get("condition", ()) for part in text.split(","))
    if len(wanted) > MOST_CONDITIONS:
        message = f"condition: at most {MOST_CONDITIONS} ids"
        raise BadQuery(message)
    return wanted


def _one(query: Query, name: str) -> str | None:
    values = query.get(name)
    return values[0] if values else None
