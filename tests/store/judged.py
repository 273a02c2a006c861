# the builders take any column by name
"""A market that adjudicators have judged, through the store's own door."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.adjudication_enums import RulesTrack, Verdict
from models.enums import MarketState, Outcome
from models.market import Market
from models.question_state import QuestionState
from service.protocol.prices import YES
from service.store.truth.adjudications import Evidence, NewVerdict, add_verdicts
from service.store.truth.truth_labels import refresh_labels
from tests.store.scenes import ADAPTER, CREATOR, NOW, POLYGON, add_market, question_id_of

THREE = tuple((name, Verdict.NO, True) for name in ("ada", "bo", "cy"))


def judge(
    session: Session, market: Market, verdicts: Sequence[tuple[str, Verdict, bool]] = THREE
) -> None:
    """Verdicts (pseudonym, verdict, blind) known at ``NOW``, and the label they make."""
    judge_all(session, [market], verdicts)


def judge_all(
    session: Session,
    markets: Sequence[Market],
    verdicts: Sequence[tuple[str, Verdict, bool]] = THREE,
) -> None:
    """The same verdicts on each market, fused once."""
    made = [
        NewVerdict(
            market_id=market.id,
            adjudicator=name,
            track=RulesTrack.ORIGINAL,
            verdict=verdict,
            confidence=None,
            is_blind=is_blind,
            evidence=(Evidence("https://example.org/a", None),),
            packet_id=None,
            made_at=NOW - timedelta(hours=1),
        )
        for market in markets
        for name, verdict, is_blind in verdicts
    ]
    add_verdicts(session, made, "round.csv", NOW)
    refresh_labels(session, NOW)


def add_settled(session: Session, number: int, **changes: Any) -> Market:
    """A market that settled to Yes a day ago; undisputed unless told otherwise."""
    market = add_market(session, number)
    values: dict[str, Any] = {
        "chain_id": POLYGON,
        "adapter": ADAPTER,
        "question_id": question_id_of(number),
        "condition_id": market.condition_id,
        "creator": CREATOR,
        "is_official": True,
        "is_partial": False,
        "is_legacy": False,
        "state": MarketState.RESOLVED,
        "resolved": True,
        "paused": False,
        "reset": False,
        "overridden": False,
        "outcome": Outcome.YES,
        "requests": 1,
        "disputes": 0,
        "self_disputes": 0,
        "resets": 0,
        "operative_timestamp": 1,
        "operative_settled_price": YES,
        "first_proposed_price": YES,
        "initialized_at": NOW - timedelta(days=9),
        "first_proposed_at": NOW - timedelta(days=1, hours=2),
        "settled_at": NOW - timedelta(days=1),
    }
    session.add(QuestionState(**{**values, **changes}))
    session.flush()
    return market
