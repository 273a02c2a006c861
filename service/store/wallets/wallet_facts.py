"""What facts and readings say of accounts: who proposed, disputed or voted, and who stands behind.

Read whole, for links are folded whole; each table by one query, whatever it holds.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.contract_change import ContractChange
from models.enums import StakeChangeKind
from models.oracle import Dispute, Proposal
from models.voting import Commit, Delegation, Reveal, StakeChange, TokenTransfer
from models.wallet import WalletCreation
from models.wallet_enums import CreationKind, WalletRole
from service.protocol.funding_links import Moved
from service.protocol.ids import parse_address
from service.protocol.log_position import LogPosition
from service.protocol.sealing_links import Sealing
from service.protocol.vote_facts import DelegationChanged, StakeChanged
from service.protocol.wallet_ladder import Creation, Designated, SentVotes, Told
from service.store.oracle.fact_reader import dated, position_of
from service.store.oracle.fact_shapes import fact_of
from service.store.upserts import IN_CHUNK, chunks

DESIGNATED_EVENT = "NewDesignatedVoting"


@dataclass(slots=True)
class Account:
    """An address seen in a part, and since when that is known."""

    known_at: datetime
    roles: set[WalletRole] = field(default_factory=set)


def list_accounts(session: Session, adapters: Collection[bytes]) -> dict[bytes, Account]:
    """Everybody who proposed or disputed an answer for these adapters, or voted on any request."""
    found: dict[bytes, Account] = {}
    wanted = sorted(adapters)
    parts: list[tuple[WalletRole, Any, Any, Any]] = [
        (WalletRole.PROPOSER, Proposal, Proposal.proposer, Proposal.requester.in_(wanted)),
        (WalletRole.DISPUTER, Dispute, Dispute.disputer, Dispute.requester.in_(wanted)),
        *((WalletRole.VOTER, model, model.voter, None) for model in (Commit, Reveal)),
        *(
            (WalletRole.CALLER, model, model.caller, model.caller != model.voter)
            for model in (Commit, Reveal)
        ),
    ]
    for role, model, column, condition in parts:
        query: Select[Any] = select(column, func.min(model.known_at)).group_by(column)
        if condition is not None:
            query = query.where(condition)
        for address, known_at in session.execute(query):
            add_role(found, address, role, known_at)
    return found


def add_role(
    accounts: dict[bytes, Account], address: bytes, role: WalletRole, known_at: datetime
) -> None:
    """Note that an address was seen in a part; the earliest time it was known counts."""
    account = accounts.setdefault(address, Account(known_at))
    account.known_at = min(account.known_at, known_at)
    account.roles.add(role)


def list_delegations(session: Session) -> list[Told]:
    """Both halves of every delegation, in the order of the chain."""
    return list(_told(session, Delegation, dated(Delegation, None)))


def list_stakes(session: Session) -> list[Told]:
    """Every ``Staked``, in the order of the chain."""
    staked = dated(StakeChange, None).where(StakeChange.kind == StakeChangeKind.STAKED)
    return list(_told(session, StakeChange, staked))


def _told(session: Session, model: type[Any], query: Select[Any]) -> Iterator[Told]:
    ordered = query.order_by(Block.chain_id, Block.number, model.log_index)
    for row, chain_id, number, block_hash, mined_at in session.execute(ordered):
        fact = fact_of(row, position_of(row, chain_id, number, block_hash))
        if isinstance(fact, DelegationChanged | StakeChanged):
            yield Told(fact, mined_at, row.known_at)


def list_designated(session: Session) -> list[Designated]:
    """Contracts that stake for an owner, as their factory named them."""
    query = dated(ContractChange, None).where(ContractChange.name == DESIGNATED_EVENT)
    found = []
    for row, chain_id, number, block_hash, mined_at in session.execute(query):
        voter, owner, instance = (
            parse_address(str(row.words[name])) for name in ("voter", "owner", "designatedVoting")
        )
        at = position_of(row, chain_id, number, block_hash)
        found.append(Designated(voter, owner, instance, at, mined_at, row.known_at))
    return sorted(found, key=lambda made: made.at.place)


def list_creations(session: Session, owners: Collection[bytes]) -> list[Creation]:
    """Wallets that factories' logs name, of these owners; a proxy's log names none."""
    found = []
    for part in chunks(sorted(owners), IN_CHUNK):
        query = dated(WalletCreation, None).where(
            WalletCreation.owner.in_(part), WalletCreation.wallet.is_not(None)
        )
        for row, chain_id, number, block_hash, mined_at in session.execute(query):
            at = position_of(row, chain_id, number, block_hash)
            found.append(Creation(row.owner, row.wallet, at, mined_at, row.known_at))
    return sorted(found, key=lambda made: made.at.place)


@dataclass(frozen=True, slots=True)
class Relayed:
    """A call through the relay that a factory answered: the caller's proxy is there."""

    owner: bytes
    factory: bytes
    at: LogPosition
    mined_at: datetime
    known_at: datetime


def list_relayed(session: Session, owners: Collection[bytes]) -> list[Relayed]:
    """The first successful relayed call of each of these owners to each contract."""
    found: dict[tuple[bytes, bytes], Relayed] = {}
    for part in chunks(sorted(owners), IN_CHUNK):
        query = (
            dated(WalletCreation, None)
            .where(
                WalletCreation.owner.in_(part),
                WalletCreation.kind == CreationKind.PROXY_RELAYED,
                WalletCreation.succeeded,
            )
            .order_by(Block.number, WalletCreation.log_index)
        )
        for row, chain_id, number, block_hash, mined_at in session.execute(query):
            at = position_of(row, chain_id, number, block_hash)
            call = Relayed(row.owner, row.target, at, mined_at, row.known_at)
            found.setdefault((row.owner, row.target), call)
    return list(found.values())


def list_sent_votes(session: Session) -> list[SentVotes]:
    """Who sent votes for whom, first and last."""
    spans: dict[tuple[bytes, bytes], list[tuple[datetime, datetime]]] = defaultdict(list)
    for model in (Commit, Reveal):
        times = (
            func.min(Block.mined_at),
            func.min(model.known_at),
            func.max(Block.mined_at),
            func.max(model.known_at),
        )
        query = (
            select(model.caller, model.voter, *times)
            .join(Block, Block.id == model.block_id)
            .where(model.caller != model.voter)
            .group_by(model.caller, model.voter)
        )
        for caller, voter, first, first_known, last, last_known in session.execute(query):
            spans[caller, voter] += [(first, first_known), (last, last_known)]
    return [SentVotes(*pair, *min(times), *max(times)) for pair, times in sorted(spans.items())]


def list_moved(session: Session) -> list[Moved]:
    """Every stored transfer of the vote's token, in the order of the chain."""
    query = dated(TokenTransfer, None).order_by(Block.number, TokenTransfer.log_index)
    return [
        Moved(
            row.sender,
            row.recipient,
            row.amount,
            position_of(row, chain_id, number, block_hash),
            mined_at,
            row.known_at,
        )
        for row, chain_id, number, block_hash, mined_at in session.execute(query)
    ]


def list_sealings(session: Session) -> list[Sealing]:
    """The first sealed vote of every voter in every round."""
    place = (
        func.row_number()
        .over(
            partition_by=(Commit.voter, Commit.round_id), order_by=(Block.number, Commit.log_index)
        )
        .label("place")
    )
    first = (
        select(Commit.block_id, Commit.log_index, place)
        .join(Block, Block.id == Commit.block_id)
        .subquery()
    )
    query = dated(Commit, None).join(
        first,
        (first.c.block_id == Commit.block_id)
        & (first.c.log_index == Commit.log_index)
        & (first.c.place == 1),
    )
    return [
        Sealing(
            row.voter,
            row.caller,
            row.round_id,
            position_of(row, chain_id, number, block_hash),
            mined_at,
            row.known_at,
        )
        for row, chain_id, number, block_hash, mined_at in session.execute(query)
    ]


def list_voters(session: Session) -> dict[bytes, datetime]:
    """Everybody who sealed or opened a vote or for whom somebody staked; since when it is known."""
    found: dict[bytes, datetime] = {}
    for model in (Commit, Reveal, StakeChange):
        query = select(model.voter, func.min(model.known_at)).group_by(model.voter)
        for voter, known_at in session.execute(query):
            found[voter] = min(known_at, found.get(voter, known_at))
    return found
