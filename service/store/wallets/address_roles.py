"""Which records tell of an entity: that of a voter, that of a proposer or disputer, or neither."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.oracle import Dispute, Proposal
from models.voting import Commit, Reveal, StakeChange
from service.store.wallets.linked_wallets import entity_members

_VOTED: tuple[tuple[Any, Any], ...] = (
    (StakeChange, StakeChange.voter),
    (Commit, Commit.voter),
    (Reveal, Reveal.voter),
)
_ACTED: tuple[tuple[Any, Any], ...] = (
    (Proposal, Proposal.proposer),
    (Dispute, Dispute.proposer),
    (Dispute, Dispute.disputer),
)


@dataclass(frozen=True, slots=True)
class AddressRoles:
    """An address of the entity under which each record is found; None where there is none."""

    voter: bytes | None
    actor: bytes | None


def find_roles(session: Session, address: bytes, as_of: datetime) -> AddressRoles:
    """The address itself where it did it, else the least of its entity's that did."""
    members = entity_members(session, address, as_of)
    ordered = [address, *sorted(members - {address})]
    return AddressRoles(
        *(
            next((one for one in ordered if _did(session, parts, one, as_of)), None)
            for parts in (_VOTED, _ACTED)
        )
    )


def _did(
    session: Session, parts: tuple[tuple[Any, Any], ...], address: bytes, as_of: datetime
) -> bool:
    return any(
        session.execute(
            select(model.block_id).where(column == address, model.known_at <= as_of).limit(1)
        ).first()
        is not None
        for model, column in parts
    )
