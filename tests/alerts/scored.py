"""A scored market in the database, through the store's own door."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.enums import Category, MarketState, Remedy, Support
from models.market import Market, MarketGroup
from service.store.scores.assessments import NewAssessment, add_assessment


def add_market(session: Session, number: int, at: datetime, **changes: object) -> int:
    """A market with made-up ids; returns its row id."""
    group = MarketGroup(gamma_id=f"g{number}", slug=f"group-{number}", title="Group", known_at=at)
    session.add(group)
    session.flush()
    values: dict[str, Any] = {
        "condition_id": number.to_bytes(32, "big"),
        "group_id": group.id,
        "slug": f"market-{number}",
        "title": f"Will it happen, case {number}?",
        "category": Category.OTHER,
        "tags": [],
        "outcomes": ["Yes", "No"],
        "token_ids": [],
        "closed": False,
        "uma_statuses": [],
        "known_at": at,
        "refreshed_at": at,
    }
    market = Market(**(values | changes))
    session.add(market)
    session.flush()
    return market.id


def score(session: Session, market_id: int, at: datetime, **changes: object) -> int:
    """Append an assessment of an open, alarming proposal; returns the assessment's id."""
    request = changes.pop("request_timestamp", 1_700_000_000)
    oracle = changes.pop("oracle_version", "managed")
    values: dict[str, Any] = {
        "as_of": at,
        "model_version": "0.1.0",
        "priors_version": "1",
        "inputs_digest": at.isoformat().encode().ljust(32, b"0")[:32],
        "state": MarketState.PROPOSED,
        "category": Category.OTHER,
        "p_mean": 0.2,
        "p_low": 0.1,
        "p_high": 0.4,
        "open_interest": 1_000_000_000_000,
        "expected_loss": 200_000_000_000,
        "support": Support.ASSUMED,
        "remedy": Remedy.NONE,
        "challenge_ends_at": None,
        "challenge_open": True,
        "document": {
            "chain_state": {"request_ts": request},
            "oracle_version": oracle,
            "drivers": [{"feature": "price_before", "value": 0.1, "contribution_p": 0.15}],
        },
    }
    return add_assessment(session, market_id, NewAssessment(**(values | changes))).id
