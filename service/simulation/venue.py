"""The simulated venue: market listings, money, books and positions, as Polymarket's APIs say them.

A venue file holds what the venue knows (never what is true); the answers are made of it by the
reconstruction's own code, as of the clock of whoever asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from service.demo import steps as taken
from service.demo.answers import Listed, to_book, to_market, to_open_interest, to_resolution
from service.demo.case import Amount, Bonds, Case, Deadline, MoneyPoint, Naming, PricePoint
from service.demo.case_files import Depth
from service.demo.catalogue import LONGEST_PAGE, BadQuery, Query
from service.demo.logs import Places, Subject
from service.demo.price_answers import to_prices
from service.protocol.ids import to_hex
from service.simulation.calendar import DAY, instant
from service.simulation.course import Course
from service.simulation.places import (
    BOND,
    CREATOR,
    FINAL_FEE,
    REWARD,
    Texts,
    polygon_block,
    rules_of,
    title_of,
)
from service.simulation.run import Simulation

_STEPS: Mapping[str, Any] = {
    "open": taken.Open,
    "propose": taken.Propose,
    "dispute": taken.Dispute,
    "vote": taken.Vote,
    "settle": taken.Settle,
    "resolve": taken.Resolve,
    "flag": taken.Flag,
    "override": taken.Override,
}
_DEPTH = Depth.model_construct(
    half_spread=Decimal("0.005"), step=Decimal("0.01"), levels=4, shares=Decimal(2500)
)
_MICRO = 10**6


def venue_document(run: Simulation) -> dict[str, Any]:
    """What the venue knows of a simulation, as JSON."""
    return {
        "notice": "Simulated: no market, person or address of this file exists.",
        "starts_at": run.starts_at,
        "ends_at": run.ends_at,
        "markets": [_market(run, course) for course in run.courses],
        "holdings": [
            {
                "wallet": to_hex(held.wallet),
                "market": held.market,
                "outcome": held.outcome,
                "shares": held.shares,
                "price": held.price,
                "since": held.since,
            }
            for held in run.holdings
        ],
    }


def _market(run: Simulation, course: Course) -> dict[str, Any]:
    market = course.market
    subject = run.texts.subject(market)
    return {
        "number": market.number,
        "title": title_of(market),
        "rules": rules_of(market),
        "topic": market.topic,
        "ancillary": subject.ancillary.decode(),
        "liveness": market.liveness,
        "volume": market.volume,
        "open_interest": market.open_interest,
        "due_at": market.due_at,
        "prices": list(_prices(course)),
        "steps": [
            [int(step.at.timestamp()), step.kind, *_words(step)] for step in course.in_order()
        ],
    }


def _words(step: taken.Step) -> Iterator[dict[str, Any]]:
    words = {
        name: getattr(step, name)
        for name in ("outcome", "by", "request")
        if getattr(step, name, None) is not None
    }
    if words:
        yield words


def _prices(course: Course) -> Iterator[list[float]]:
    """The middle price of Yes: a belief, and after each proposal what it makes people think."""
    market = course.market

    def of_yes(truth: float) -> float:
        return round(truth if market.truth == "Yes" else 1 - truth, 3)

    yield [market.opened_at, of_yes(market.belief)]
    for step in course.in_order():
        at = int(step.at.timestamp())
        if isinstance(step, taken.Propose):
            is_right = step.outcome == market.truth
            truth = min(0.995, market.belief + 0.02) if is_right else max(0.1, market.belief - 0.3)
            yield [at + 120, of_yes(truth)]
        if isinstance(step, taken.Dispute):
            yield [at + 120, of_yes(max(0.1, min(0.95, market.belief - 0.03)))]


@dataclass(frozen=True, slots=True)
class _Held:
    wallet: str
    condition: str
    token: str
    shares: int
    price: float
    since: datetime


class SimulatedVenue:
    """The venue's routes, answered from a venue file."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Build every question once."""
        places = Texts("").places
        self._listed: dict[int, Listed] = {}
        self._spans: dict[int, tuple[datetime, datetime | None]] = {}
        for record in document["markets"]:
            listed = _listed(record, places)
            self._listed[record["number"]] = listed
            self._spans[record["number"]] = _span(listed.case)
        # Catalogue numbers, in order.
        self._order = sorted(self._listed, key=lambda n: int(self._listed[n].gamma_id))
        self._by_condition = {one.condition: one for one in self._listed.values()}
        self._by_token = {token: one for one in self._listed.values() for token in one.tokens}
        self._held = self._holdings(document["holdings"])

    def markets(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/markets/keyset``."""
        closed = _one(query, "closed")
        if closed is None:
            message = "closed must be given"
            raise BadQuery(message)
        is_up = _one(query, "ascending") != "false"
        cursor = _one(query, "after_cursor")
        limit = min(int(_one(query, "limit") or 20), LONGEST_PAGE)
        has_tags = _one(query, "include_tag") == "true"
        page: list[dict[str, Any]] = []
        for listed in self._asked(query, at, is_closed=closed == "true", is_up=is_up):
            number = int(listed.gamma_id)
            if cursor and (number <= int(cursor) if is_up else number >= int(cursor)):
                continue
            row = to_market(listed, at, has_tags=has_tags)
            if row is None or not _fits(row, query):
                continue
            if len(page) == limit:
                return {"markets": page, "next_cursor": page[-1]["id"]}
            page.append(row | {"description": listed.case.rules_paraphrase})
        return {"markets": page}

    def resolutions(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/v2/resolutions``."""
        rows = (to_resolution(listed, at) for listed in self._of(query))
        return {"data": [row for row in rows if row is not None]}

    def open_interest(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/v2/oi``."""
        rows = (to_open_interest(listed, at) for listed in self._of(query))
        return {"data": [row for row in rows if row is not None]}

    def books(self, tokens: Sequence[str], at: datetime) -> list[dict[str, Any]]:
        """``POST /books``."""
        found = (
            to_book(self._by_token[token], token, _DEPTH, at)
            for token in tokens
            if token in self._by_token
        )
        return [book for book in found if book is not None]

    def positions(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/v2/positions`` of a wallet, one page: nobody here holds hundreds."""
        wallet, conditions = _one(query, "user"), _one(query, "condition")
        wanted = None if conditions is None else set(conditions.split(","))
        rows = [
            {
                "proxy_wallet": held.wallet,
                "condition_id": held.condition,
                "token_id": held.token,
                "current_size": held.shares,
                "avg_price": held.price,
            }
            for held in self._held
            if held.since <= at
            and wallet in (None, held.wallet)
            and (wanted is None or held.condition in wanted)
            and self._is_open(held.condition, at)
        ]
        return {"data": rows}

    def prices(self, query: Query, at: datetime) -> dict[str, Any]:
        """``/v2/prices-history`` of one token."""
        listed = self._by_token.get(_one(query, "token_id") or "")
        return {"data": []} if listed is None else to_prices(listed, query, at)

    def _holdings(self, records: Sequence[Mapping[str, Any]]) -> list[_Held]:
        found = []
        for record in records:
            listed = self._listed[record["market"]]
            index = listed.case.market.outcomes.index(record["outcome"])
            found.append(
                _Held(
                    record["wallet"],
                    listed.condition,
                    listed.tokens[index],
                    record["shares"],
                    record["price"],
                    instant(record["since"]),
                )
            )
        return found

    def _is_open(self, condition: str, at: datetime) -> bool:
        paid = self._spans[int(self._by_condition[condition].case.id.rpartition("-")[2])][1]
        return paid is None or at < paid

    def _asked(
        self, query: Query, at: datetime, *, is_closed: bool, is_up: bool
    ) -> Iterator[Listed]:
        wanted = set(query.get("condition_ids", ()))
        for number in self._order if is_up else reversed(self._order):
            opened, paid = self._spans[number]
            listed = self._listed[number]
            was_closed = paid is not None and paid <= at
            is_asked = not wanted or listed.condition in wanted
            if is_asked and opened <= at and was_closed == is_closed:
                yield listed

    def _of(self, query: Query) -> Iterator[Listed]:
        for text in query.get("condition", ()):
            for condition in text.split(","):
                if condition in self._by_condition:
                    yield self._by_condition[condition]


def _listed(record: Mapping[str, Any], places: Places) -> Listed:
    subject = Subject(
        places=places,
        creator=CREATOR,
        ancillary=record["ancillary"].encode(),
        outcomes=("Yes", "No"),
        bond=BOND,
        reward=REWARD,
        final_fee=FINAL_FEE,
        liveness=timedelta(seconds=record["liveness"]),
        address_of=bytes.fromhex,
        block_of=polygon_block,
    )
    steps = [_step(*step) for step in record["steps"]]
    opened, due = steps[0].at, instant(record["due_at"])
    case = Case.model_construct(
        id=f"simulated-{record['number']}",
        kind="invented",
        summary=record["title"],
        invented=("everything",),
        oracle="managed",
        rules_paraphrase=record["rules"],
        market=Naming.model_construct(
            title=record["title"],
            slug=f"simulated-{record['number']}",
            tags=(record["topic"],),
            outcomes=("Yes", "No"),
        ),
        deadline=Deadline.model_construct(at=due),
        terms=Bonds.model_construct(
            bond_usdc=_amount(BOND // _MICRO),
            reward_usdc=_amount(REWARD // _MICRO),
            final_fee_usdc=_amount(FINAL_FEE // _MICRO),
            liveness_seconds=_amount(record["liveness"]),
        ),
        steps=tuple(steps),
        volume=_money(record["volume"], opened, due),
        open_interest=_money(record["open_interest"], opened, due),
        price=tuple(
            PricePoint.model_construct(at=instant(at), yes=Decimal(str(price)))
            for at, price in record["prices"]
        ),
    )
    return Listed(case, subject)


def _step(at: int, kind: str, words: Mapping[str, Any] | None = None) -> taken.Step:
    made: taken.Step = _STEPS[kind].model_construct(at=instant(at), kind=kind, **(words or {}))
    return made


def _amount(value: int) -> Amount:
    return Amount.model_construct(value=Decimal(value))


def _money(total: int, opened: datetime, due: datetime) -> tuple[MoneyPoint, ...]:
    """Half of it at the opening, all of it a day before an answer is due."""
    later = max(opened + timedelta(hours=1), due - timedelta(seconds=DAY))
    points = ((opened, total // 2), (later, total))
    return tuple(MoneyPoint.model_construct(at=at, usdc=Decimal(sum_)) for at, sum_ in points)


def _span(case: Case) -> tuple[datetime, datetime | None]:
    """When it opens, and when it pays out (the steps are possible ones, and in order)."""
    story = case.story_at(case.steps[-1].at)
    return case.opened_at, story.resolved_at if story.payouts is not None else None


def _fits(row: Mapping[str, Any], query: Query) -> bool:
    for name, key in (
        ("slug", "slug"),
        ("id", "id"),
        ("uma_resolution_status", "umaResolutionStatus"),
    ):
        if name in query and row.get(key) not in query[name]:
            return False
    floor = _one(query, "volume_num_min")
    return floor is None or Decimal(row["volume"]) >= Decimal(floor)


def _one(query: Query, name: str) -> str | None:
    values = query.get(name)
    return values[0] if values else None
