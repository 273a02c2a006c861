"""First disputes by entity, and who paid for whom: what bursts and rings are looked for in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.wallet_enums import LinkKind
from service.protocol.ids import to_hex
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.ring_parameters import BurstPriors, RingParameters
from service.risk.signs.ring_signs import FUNDING_BASES, SeenDispute
from service.risk.signs.rings import Funding, Fundings
from service.store.oracle.first_disputes import FirstDispute, first_dispute_at, list_first_disputes
from service.store.votes.entity_stakes import entities_around, entities_of
from service.store.wallets.wallet_links import list_links

_MICRO = Decimal(10**6)
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class RingInputs:
    """Disputes by entity, oldest first; ``paid`` by entity, its funders."""

    seen: tuple[SeenDispute, ...]
    paid: Fundings
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
    around = entities_around(session, addresses, as_of)
    entities = {address: around.get(address, address) for address in addresses}
    # Of an entity that met in a dispute, whoever paid for any of its addresses paid for it.
    theirs = set(entities.values())
    members = entities | {a: entity for a, entity in around.items() if entity in theirs}
    return RingInputs(
        seen=tuple(_to_seen(one, entities, parameters.burst) for one in disputes),
        paid=_paid(session, members, as_of),
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
    session: Session, entities: Mapping[bytes, bytes], as_of: datetime
) -> dict[str, dict[str, Funding]]:
    """Who funded each entity: its stake, its first tokens, or by transfers; entities again."""
    links = [
        link
        for link in list_links(session, entities, as_of, (LinkKind.FUND,))
        if link.basis in FUNDING_BASES and link.holds_at(as_of) and link.target in entities
    ]
    # Two payers of one owner are one payer.
    payers = {link.source for link in links} - entities.keys()
    payer_of = {**entities_of(session, payers, as_of), **entities}
    found: dict[str, dict[str, Funding]] = {}
    for link in links:
        entity, payer = entities[link.target], payer_of[link.source]
        if entity != payer:
            funders = found.setdefault(to_hex(entity), {})
            name = to_hex(payer)
            funding = Funding(float(link.confidence), link.basis)
            held = funders.get(name, funding)
            funders[name] = max(held, funding, key=lambda one: (one.confidence, one.basis))
    return found
