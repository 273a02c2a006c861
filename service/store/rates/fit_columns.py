"""What else a fit is told of a question, each looked up as of an instant: scalar subqueries.

``Market`` and ``Proposal`` (the first one) are the outer query's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute

from models.enums import RequestTermKind
from models.liquidity import BookSnapshot
from models.market import Market, RulesText, RulesVersion, TradingActivity
from models.oracle import Proposal, RequestTerm, Settlement


def rules_then() -> ScalarSelect[str]:
    """The newest rules known when the answer came."""
    return (
        select(RulesText.text)
        .join(RulesVersion, RulesVersion.text_hash == RulesText.hash)
        .where(RulesVersion.market_id == Market.id, RulesVersion.known_at <= Proposal.known_at)
        .order_by(RulesVersion.version.desc())
        .limit(1)
        .correlate(Market, Proposal)
        .scalar_subquery()
    )


def book_then(outcome: int = 0) -> ScalarSelect[int]:
    """The id of an outcome's newest book seen when the answer came."""
    return (
        select(BookSnapshot.id)
        .where(
            BookSnapshot.market_id == Market.id,
            BookSnapshot.outcome_index == outcome,
            BookSnapshot.known_at <= Proposal.known_at,
        )
        .order_by(BookSnapshot.known_at.desc(), BookSnapshot.id.desc())
        .limit(1)
        .correlate(Market, Proposal)
        .scalar_subquery()
    )


def bond_then() -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
    """Bonds set by the managed oracle: the question's own, then the request's. Null: none was.

    The order of ``service.protocol.request_terms``; after both comes what the adapter asked for.
    """
    own = (
        RequestTerm.kind == RequestTermKind.CUSTOM_BOND.value,
        RequestTerm.currency == Proposal.currency,
    )
    of_request = (
        RequestTerm.kind == RequestTermKind.BOND.value,
        RequestTerm.request_timestamp == Proposal.request_timestamp,
    )
    return _term(*own), _term(*of_request)


def _term(*conditions: Any) -> ScalarSelect[Any]:  # noqa: ANN401  # SQL conditions
    return (
        select(RequestTerm.value)
        .where(
            RequestTerm.ancillary_hash == Proposal.ancillary_hash,
            RequestTerm.requester == Proposal.requester,
            RequestTerm.address == Proposal.address,
            RequestTerm.known_at <= Proposal.known_at,
            *conditions,
        )
        .order_by(RequestTerm.known_at.desc(), RequestTerm.log_index.desc())
        .limit(1)
        .correlate(Proposal)
        .scalar_subquery()
    )


def settled_by(at: datetime) -> ScalarSelect[Any]:
    """When the question's last settlement was known, of those known at ``at``."""
    return (
        select(func.max(Settlement.known_at))
        .where(
            Settlement.ancillary_hash == Proposal.ancillary_hash,
            Settlement.requester == Proposal.requester,
            Settlement.known_at <= at,
        )
        .correlate(Proposal)
        .scalar_subquery()
    )


def volume_then() -> ScalarSelect[Any]:
    """The newest traded volume known when the answer came."""
    return volume_by(Proposal.known_at)


def volume_by(at: datetime | InstrumentedAttribute[datetime]) -> ScalarSelect[Any]:
    """The newest traded volume known at ``at``."""
    activity = TradingActivity
    return (
        select(activity.volume)
        .where(
            activity.market_id == Market.id,
            activity.known_at <= at,
            activity.volume.is_not(None),
        )
        .order_by(activity.known_at.desc(), activity.id.desc())
        .limit(1)
        .correlate(Market, Proposal)
        .scalar_subquery()
    )
