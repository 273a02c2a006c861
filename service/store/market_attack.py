"""Where a market stands in the newest assessed round, or what it would be in one alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.market import Market
from models.round_assessment import RoundAssessment
from service.protocol.ids import to_hex
from service.protocol.rounds import round_at
from service.risk.attack_inputs import RoundInputs, missing
from service.risk.parameters import RiskParameters
from service.risk.pushed_answer import PushedAnswer
from service.risk.round_assessment import RoundAssessmentResult, assess_round
from service.store.contracts import load_book
from service.store.round_assessments import newest_by_round
from service.store.round_inputs import open_request_id
from service.store.round_markets import price_markets, to_docket_market


@dataclass(frozen=True, slots=True)
class PlacedMarket:
    """A market's line in the docket of a round's assessment."""

    row: RoundAssessment
    docket: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SupposedMarket:
    """A market as the only one of a round with the terms of one that was assessed."""

    pushed: PushedAnswer
    result: RoundAssessmentResult


def place_market(session: Session, market: Market, now: datetime) -> PlacedMarket | None:
    """The newest round the market is voted on in, else the one it could be brought into."""
    current = round_at(int(now.timestamp()))
    rows = newest_by_round(session, range(current - 1, current + 2))
    wanted, found = to_hex(market.condition_id), []
    for row in rows.values():
        document: Mapping[str, Any] = row.document
        found += [PlacedMarket(row, d) for d in document["docket"] if d["market_id"] == wanted]
    if not found:
        return None
    ranks = {"operative": 2, "superseded": 1}
    return max(found, key=lambda one: (ranks.get(one.docket["role"], 0), one.row.round_id))


def suppose_market(
    session: Session,
    market: Market,
    like: RoundInputs,
    parameters: RiskParameters,
    now: datetime,
) -> SupposedMarket:
    """The market alone in a round with the stake and the terms of another."""
    priced = price_markets(session, [market], load_book(session), parameters, now)[market.id]
    market_id = to_hex(market.condition_id)
    docket = to_docket_market(
        open_request_id(market_id),
        market_id,
        priced,
        priced.pushed,
        operative=True,
        hours_left=None,
    )
    terms = replace(like.terms, is_frozen=False)
    inputs = replace(
        like,
        as_of=now,
        terms=terms,
        requests=(docket,),
        blocs=(),
        disputes=None,
        new_stake_in_commit=missing("the market is in no round"),
    )
    return SupposedMarket(priced.pushed, assess_round(inputs))
