"""The list page's form: what a person chose, as a query and back as links."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from models.enums import Category, MarketState
from service.dashboard.words import MICRO
from service.errors import UsageError
from service.store.markets.standings import Sort, StandingQuery

_NAMES = {"state", "category", "min_open_interest", "sort", "cursor"}
_MOST_USDC = 1_000_000_000_000
_CURSOR_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filters of one page of the list."""

    query: StandingQuery
    cursor: str | None
    min_open_interest: str

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        query = self.query
        return bool(query.states or query.category or query.min_open_interest is not None)

    def link(self, cursor: str | None = None) -> str:
        """The list with these filters, from the start or from a cursor on."""
        pairs = [("state", state.value) for state in self.query.states]
        if self.query.category is not None:
            pairs.append(("category", self.query.category.value))
        if self.min_open_interest:
            pairs.append(("min_open_interest", self.min_open_interest))
        if self.query.sort is not Sort.EXPECTED_LOSS:
            pairs.append(("sort", self.query.sort.value))
        if cursor is not None:
            pairs.append(("cursor", cursor))
        return "/?" + urlencode(pairs) if pairs else "/"


def read_filters(parameters: QueryParams) -> Chosen:
    """The chosen filters; an empty field is no filter. :class:`UsageError` names a bad one."""
    given = [(name, value) for name, value in parameters.multi_items() if value != ""]
    for name, _ in given:
        if name not in _NAMES:
            message = f"{name[:100]}: is not a filter of this page"
            raise UsageError(message)
    one = dict(given)
    minimum = one.get("min_open_interest", "")
    return Chosen(
        StandingQuery(
            states=tuple(dict.fromkeys(_state(v) for name, v in given if name == "state")),
            category=_category(one["category"]) if "category" in one else None,
            min_open_interest=_micro(minimum) if minimum else None,
            sort=_sort(one["sort"]) if "sort" in one else Sort.EXPECTED_LOSS,
        ),
        cursor=_cursor(one.get("cursor")),
        min_open_interest=minimum,
    )


def _state(value: str) -> MarketState:
    if value not in set(MarketState):
        raise UsageError("state: is not a state of a market")
    return MarketState(value)


def _category(value: str) -> Category:
    if value not in set(Category):
        raise UsageError("category: is not a category of markets")
    return Category(value)


def _sort(value: str) -> Sort:
    if value not in set(Sort):
        raise UsageError("sort: is not an order of this list")
    return Sort(value)


def _micro(value: str) -> int:
    try:
        usdc = Decimal(value)
    except InvalidOperation as error:
        raise UsageError("min_open_interest: is not an amount in USD") from error
    if not usdc.is_finite() or not 0 <= usdc <= _MOST_USDC:
        raise UsageError("min_open_interest: is not an amount in USD")
    return int(usdc * MICRO)


def _cursor(value: str | None) -> str | None:
    if value is not None and len(value) > _CURSOR_LENGTH:
        raise UsageError("cursor: is not a cursor of this page")
    return value
