"""Where a market stands in a round, what it would be in one alone, and whether it is paid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import Block
from models.dvm_request_state import DvmRequestState
from models.enums import Outcome
from models.market import Market
from models.oracle import Payout
from models.round_assessment import RoundAssessment
from service.protocol.ids import to_hex
from service.protocol.prices import outcome_of_payouts
from service.protocol.rounds import round_at
from service.risk.attack.attack_inputs import RoundInputs, missing
from service.risk.attack.pushed_answer import PushedAnswer
from service.risk.attack.round_assessment import RoundAssessmentResult, assess_round
from service.risk.parameters import RiskParameters
from service.store.oracle.contracts import load_book
from service.store.rounds.round_inputs import open_request_id
from service.store.rounds.round_markets import price_markets, to_docket_market
from service.store.scores.round_assessments import newest_by_round, newest_of_round


@dataclass(frozen=True, slots=True)
class PlacedMarket:
    """A market's line in the docket of a round's assessment."""

    row: RoundAssessment
    docket: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Payment:
    """What a market's tokens pay: no vote changes that any more."""

    paid_at: datetime
    numerators: tuple[int, ...]
    chain_id: int
    transaction_hash: bytes

    @property
    def outcome(self) -> Outcome | None:
        """None where they pay none of Yes, No and 50-50."""
        return outcome_of_payouts(self.numerators)


@dataclass(frozen=True, slots=True)
class SupposedMarket:
    """A market as the only one of a round with the terms of one that was assessed."""

    pushed: PushedAnswer
    result: RoundAssessmentResult


def place_market(session: Session, market: Market, now: datetime) -> PlacedMarket | None:
    """The newest round the market is voted on in, else the one it could be brought into."""
    current = round_at(int(now.timestamp()))
    rows = newest_by_round(session, range(current - 1, current + 2))
    return _place(market, rows.values())


def last_place(session: Session, market: Market, paid_at: datetime) -> PlacedMarket | None:
    """The last round a paid market was voted on in, as assessed last before it was paid."""
    state = DvmRequestState
    query = select(state.first_round, state.last_round).where(
        state.question_id == market.uma_question_id, state.adapter == market.adapter
    )
    rounds = {
        round_id
        for first, last in session.execute(query)
        if first is not None and last is not None
        for round_id in range(first, last + 1)
    }
    rows = (newest_of_round(session, one, paid_at) for one in sorted(rounds))
    return _place(market, [row for row in rows if row is not None])


def _place(market: Market, rows: Iterable[RoundAssessment]) -> PlacedMarket | None:
    wanted, found = to_hex(market.condition_id), []
    for row in rows:
        document: Mapping[str, Any] = row.document
        found += [PlacedMarket(row, d) for d in document["docket"] if d["market_id"] == wanted]
    ranks = {"operative": 2, "superseded": 1}
    return max(
        found,
        key=lambda one: (ranks.get(one.docket["role"], 0), one.row.round_id),
        default=None,
    )


def get_payment(session: Session, market: Market, now: datetime) -> Payment | None:
    """What the market was paid, as known at a time; ``None`` while its tokens do not pay."""
    query = (
        select(Payout, Block)
        .join(Block, Block.id == Payout.block_id)
        .where(Payout.condition_id == market.condition_id, Payout.known_at <= now)
        .order_by(Block.number, Payout.log_index)
    )
    found = session.execute(query.limit(1)).first()
    if found is None:
        return None
    payout, block = found
    numerators = tuple(int(number) for number in payout.numerators)
    return Payment(block.mined_at, numerators, block.chain_id, payout.transaction_hash)


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
