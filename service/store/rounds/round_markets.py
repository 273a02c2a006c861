"""What a market's request is worth to whoever would push its wrong answer, as known at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models.assessment import MarketAssessment
from models.enums import OracleVersion, Outcome
from models.liquidity import BookSnapshot
from models.market import Market
from service.protocol.contracts import ContractBook
from service.protocol.holdings import NO, YES
from service.risk.attack.attack_gain import embarrassment_of
from service.risk.attack.attack_inputs import (
    AskLevel,
    DocketMarket,
    OverrideFeatures,
    Reading,
    known,
    missing,
)
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.attack.pushed_answer import PushedAnswer, choose_pushed
from service.risk.inputs import MarketInputs
from service.risk.parameters import RiskParameters
from service.store.latest import latest_by_market
from service.store.money.exposures import newest_assessments
from service.store.scores.inputs import load_inputs

_SECOND = 2
_MICRO = 1_000_000
_NO_MARKET = "the catalogue does not list the market"


@dataclass(frozen=True, slots=True)
class PricedMarket:
    """A market as an attack on it would find it; None of it for one that is not listed."""

    market: Market
    inputs: MarketInputs
    pushed: PushedAnswer
    # Of the pushed answer; None where neither of the market's books was read in time.
    book: "WrongBook | None"
    book_reason: str


@dataclass(frozen=True, slots=True)
class WrongBook:
    """The book of one answer, cheapest ask first, best bid; prices in 0..1, shares."""

    asks: tuple[AskLevel, ...]
    best_bid: float | None
    price: float | None


def price_markets(
    session: Session,
    markets: Sequence[Market],
    book: ContractBook,
    parameters: RiskParameters,
    at: datetime,
) -> dict[int, PricedMarket]:
    """Each market by its id; a fixed number of queries, whatever their number."""
    if not markets:
        return {}
    ids = [market.id for market in markets]
    told = load_inputs(session, markets, book, at)
    scores = newest_assessments(session, ids, at)
    books = latest_by_market(session, BookSnapshot, ids, at, BookSnapshot.outcome_index)
    found = {}
    for market, inputs in zip(markets, told, strict=True):
        current = inputs.current_proposal or inputs.first_proposal
        pushed = choose_pushed(
            _truth(scores.get(market.id)),
            inputs.price_before_proposal,
            None if current is None else current.outcome,
            min(inputs.disputes, _SECOND),
            parameters,
        )
        read, reason = _wrong_book(market.id, pushed.wrong, books, parameters, at)
        found[market.id] = PricedMarket(market, inputs, pushed, read, reason)
    return found


def to_docket_market(
    request_id: str,
    market_id: str | None,
    priced: PricedMarket | None,
    pushed: PushedAnswer,
    *,
    operative: bool,
    hours_left: float | None,
    in_round: bool = True,
    **opened: Any,  # noqa: ANN401  # ``opened`` alone, where votes are being opened
) -> DocketMarket:
    """One request with its market's money, as far as there is any."""
    found = None if priced is None else priced.book
    return DocketMarket(
        request_id=request_id,
        operative=operative,
        open_interest=_money(priced, "open_interest"),
        volume=_money(priced, "volume"),
        price=_price(priced, None if found is None else found.price),
        best_bid=_price(priced, None if found is None else found.best_bid),
        asks=None if found is None else found.asks,
        honest_error=pushed.honest_error,
        hours_left=hours_left,
        override=_override(priced),
        market_id=market_id,
        in_round=in_round,
        belief=_belief(pushed),
        **opened,
    )


def _money(priced: PricedMarket | None, name: str) -> Reading:
    if priced is None:
        return missing(_NO_MARKET)
    value = getattr(priced.inputs, name)
    if value is None:
        return missing(f"no source has given the {name.replace('_', ' ')}")
    return known(value / _MICRO)


def _belief(pushed: PushedAnswer) -> Reading:
    if pushed.belief is None:
        return missing(f"no score says; the answer is taken from {pushed.ground}")
    return known(min(pushed.belief, 1.0))


def _price(priced: PricedMarket | None, value: float | None) -> Reading:
    if priced is None:
        return missing(_NO_MARKET)
    if value is not None:
        return known(value)
    return missing("that side of the book is empty" if priced.book else priced.book_reason)


def _override(priced: PricedMarket | None) -> OverrideFeatures:
    if priced is None:
        return OverrideFeatures()
    gated = priced.inputs.oracle_version is OracleVersion.MANAGED_RESOLVER
    priors = load_attack_parameters().remedy
    return OverrideFeatures(
        embarrassment=embarrassment_of(_price_before(priced), priors), resolver_gated=gated
    )


def _price_before(priced: PricedMarket) -> float | None:
    """Of the pushed answer, before the first proposal."""
    of_yes = priced.inputs.price_before_proposal
    if of_yes is None:
        return None
    return of_yes if priced.pushed.wrong is Outcome.YES else 1 - of_yes


def _truth(score: MarketAssessment | None) -> tuple[float, float, float] | None:
    """P(T) of Yes, No and 50-50 as a stored score has it."""
    told: Any = None if score is None else score.document.get("truth_belief")
    if not isinstance(told, dict):
        return None
    values = tuple(told.get(name) for name in ("Yes", "No", "50-50"))
    if not all(isinstance(value, int | float) for value in values):
        return None
    yes, no, half = (float(value) for value in values if value is not None)
    return yes, no, half


def _wrong_book(
    market_id: int,
    wrong: Outcome,
    books: Mapping[tuple[int, int], BookSnapshot],
    parameters: RiskParameters,
    at: datetime,
) -> tuple[WrongBook | None, str]:
    """The pushed answer's own book; else the other one's, whose bids are asks of this one."""
    index = YES if wrong is Outcome.YES else NO
    limit = parameters.book_age_seconds
    reason = "no book was read"
    for outcome in (index, 1 - index):
        snapshot = books.get((market_id, outcome))
        if snapshot is None:
            continue
        if (at - snapshot.known_at).total_seconds() > limit:
            reason = f"the newest book is older than {limit:g} s"
            continue
        return _read_book(snapshot, mirrored=outcome != index), ""
    return None, reason


def _read_book(snapshot: BookSnapshot, *, mirrored: bool) -> WrongBook:
    bid, ask = snapshot.best_bid, snapshot.best_ask
    levels = snapshot.asks
    if mirrored:
        bid, ask = _mirror(snapshot.best_ask), _mirror(snapshot.best_bid)
        levels = [[f"{1 - Decimal(price):f}", size] for price, size in snapshot.bids]
    asks = tuple(AskLevel(float(price), float(size)) for price, size in levels)
    middle = None if bid is None or ask is None else float((bid + ask) / 2)
    if middle is None and ask is not None:
        middle = float(ask)
    return WrongBook(
        tuple(sorted(asks, key=lambda level: level.price)),
        None if bid is None else float(bid),
        middle,
    )


def _mirror(price: Decimal | None) -> Decimal | None:
    return None if price is None else 1 - price
