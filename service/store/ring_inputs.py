"""First disputes by entity, and who paid for whom: what bursts and rings are looked for in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.wallet_enums import LinkKind
from service.protocol.ids import to_hex
from service.risk.attack_signs import SignEvidence
from service.risk.ring_parameters import BurstPriors, RingParameters
from service.risk.ring_signs import SeenDispute
from service.store.entity_stakes import entities_of
from service.store.first_disputes import FirstDispute, first_dispute_at, list_first_disputes
from service.store.wallet_links import list_links

_MICRO = Decimal(10**6)
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class RingInputs:
    """Disputes by entity, oldest first; ``paid`` by entity, its funders with confidence."""

    seen: tuple[SeenDispute, ...]
    paid: Mapping[str, Mapping[str, float]]
    # Hours since the epoch: since when disputes are stored, and now.
    first: float
    as_of: float


def to_hours(at: datetime) -> float:
    """Hours since the Unix epoch."""
    return at.timestamp() / _HOUR


def load_ring_inputs(
    session: Session, as_of: datetime, parameters: RingParameters
) -> RingInputs | None:
    """What was known at a time; None while no dispute is stored."""
    begin = first_dispute_at(session)
    if begin is None:
        return None
    since = max(begin - timedelta(seconds=1), as_of - timedelta(days=parameters.ring.days))
    disputes = list_first_disputes(session, since, as_of)
    addresses = {address for one in disputes for address in (one.proposer, one.disputer)}
    entities = entities_of(session, addresses, as_of)
    return RingInputs(
        seen=tuple(_to_seen(one, entities, parameters.burst) for one in disputes),
        paid=_paid(session, addresses, entities, as_of),
        first=to_hours(since),
        as_of=to_hours(as_of),
    )


def _to_seen(
    one: FirstDispute, entities: Mapping[bytes, bytes], priors: BurstPriors
) -> SeenDispute:
    return SeenDispute(
        at=to_hours(one.disputed_at),
        proposer=to_hex(entities[one.proposer]),
        disputer=to_hex(entities[one.disputer]),
        event=one.event,
        market=to_hex(one.condition_id),
        category=None if one.category is None else one.category.value,
        is_sure=_is_sure(one, priors),
        evidence=SignEvidence(
            "DisputePrice", one.chain_id, to_hex(one.transaction_hash), one.log_index
        ),
    )


def _is_sure(one: FirstDispute, priors: BurstPriors) -> bool | None:
    price, interest = one.proposed_price, one.open_interest
    if price is None or interest is None:
        return None
    is_large = interest / _MICRO > Decimal(str(priors.open_interest_usd))
    return is_large and price > Decimal(str(priors.high_price))


def _paid(
    session: Session,
    addresses: Collection[bytes],
    entities: Mapping[bytes, bytes],
    as_of: datetime,
) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for link in list_links(session, addresses, as_of):
        if link.kind is not LinkKind.FUND or not link.holds_at(as_of):
            continue
        if link.target not in entities:
            continue
        funders = found.setdefault(to_hex(entities[link.target]), {})
        funder = to_hex(entities.get(link.source, link.source))
        funders[funder] = max(funders.get(funder, 0.0), float(link.confidence))
    return found
