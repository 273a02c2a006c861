"""Who has how much at stake: the newest stake of every voter, added up by linked addresses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import StakeChangeKind
from models.voting import StakeChange
from service.protocol.ids import to_hex
from service.protocol.wallet_links import merge_entities
from service.risk.signs.attack_signs import SignEvidence
from service.store.votes.vote_records import Contract
from service.store.wallets.wallet_links import sure_links_around


@dataclass(frozen=True, slots=True)
class HeldStake:
    """One entity's stake in wei, and the newest ``Staked`` log of each of its addresses."""

    entity_id: bytes
    stake: int
    addresses: tuple[bytes, ...]
    evidence: tuple[SignEvidence, ...]


def entities_of(session: Session, voters: Collection[bytes], as_of: datetime) -> dict[bytes, bytes]:
    """The entity of each voter by its least address; an unlinked voter is its own."""
    merged = entities_around(session, voters, as_of)
    return {voter: merged.get(voter, voter) for voter in voters}


def entities_around(
    session: Session, addresses: Collection[bytes], as_of: datetime
) -> dict[bytes, bytes]:
    """The entity of each address that sure links join to one of these, itself among them."""
    return merge_entities(sure_links_around(session, addresses, as_of))


def held_by_entity(
    session: Session,
    contract: Contract,
    stakes: Mapping[bytes, int],
    entities: Mapping[bytes, bytes],
    as_of: datetime,
) -> list[HeldStake]:
    """These stakes by entity, largest first."""
    members: dict[bytes, list[bytes]] = {}
    for voter in stakes:
        members.setdefault(entities.get(voter, voter), []).append(voter)
    logs = staked_logs(session, set(stakes), as_of, contract)
    held = [
        HeldStake(
            entity,
            sum(stakes[voter] for voter in voters),
            tuple(sorted(voters)),
            tuple(logs[voter] for voter in sorted(voters) if voter in logs),
        )
        for entity, voters in members.items()
    ]
    return sorted(held, key=lambda one: (-one.stake, one.entity_id))


def staked_logs(
    session: Session,
    voters: Collection[bytes],
    as_of: datetime,
    contract: Contract | None = None,
) -> dict[bytes, SignEvidence]:
    """The newest ``Staked`` log of each of these voters, of one contract or of any."""
    query = (
        select(
            StakeChange.voter, Block.chain_id, StakeChange.transaction_hash, StakeChange.log_index
        )
        .join(Block, Block.id == StakeChange.block_id)
        .where(
            StakeChange.kind == StakeChangeKind.STAKED,
            StakeChange.voter.in_(sorted(voters)),
            StakeChange.known_at <= as_of,
        )
        .order_by(Block.number, StakeChange.log_index)
    )
    if contract is not None:
        chain_id, address = contract
        query = query.where(Block.chain_id == chain_id, StakeChange.address == address)
    return {
        voter: SignEvidence("Staked", chain, to_hex(transaction), index)
        for voter, chain, transaction, index in session.execute(query)
    }
