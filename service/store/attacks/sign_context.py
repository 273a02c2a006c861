"""What joined signs are made of: bursts that stand, rights that changed, groups that can force."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.attack_signal import AttackSignal
from models.chain import Block
from models.contract_change import ContractChange
from service.protocol.asset_prices import Unavailable
from service.protocol.ids import parse_address, to_hex
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.context_signs import ForcingBloc, RightsChange
from service.store.money.asset_prices import get_uma_price
from service.store.scores.round_assessments import newest_of_round
from service.store.votes.entity_stakes import staked_logs
from service.store.votes.round_voters import ALONE

# Of all markets, of a category, of a cluster (docs/methodology.md, "Bursts of disputes").
BURSTS = (
    "category_dispute_burst",
    "cluster_dispute_burst",
    "dispute_burst",
    "sure_dispute_burst",
)
# A burst that was told longer ago is history.
_BURST_SPAN = timedelta(hours=72)
_BEFORE = timedelta(days=7)
RIGHTS = (
    "AddedToWhitelist",
    "CustomProposerWhitelistUpdated",
    "DefaultProposerWhitelistUpdated",
    "GatAndSpatChanged",
    "InterfaceImplementationChanged",
    "NewAdmin",
    "OwnershipTransferred",
    "RemovedAdmin",
    "RemovedFromWhitelist",
    "RequesterWhitelistUpdated",
    "RoleGranted",
    "RoleRevoked",
    "Upgraded",
)
_MOST_CHANGES = 200
_ACCOUNTS = ("account", "added", "newAdmin", "removed", "removedAdmin")


def standing_bursts(session: Session, as_of: datetime) -> list[AttackSignal]:
    """The bursts of disputes that stand and were told in the last three days."""
    newest = (
        select(func.max(AttackSignal.id))
        .where(
            AttackSignal.signal.in_(BURSTS),
            AttackSignal.known_at <= as_of,
        )
        .group_by(AttackSignal.subject_kind, AttackSignal.subject, AttackSignal.signal)
    )
    query = select(AttackSignal).where(
        AttackSignal.id.in_(newest),
        AttackSignal.log_lr > 0,
        AttackSignal.known_at >= as_of - _BURST_SPAN,
    )
    return list(session.scalars(query.order_by(AttackSignal.id)))


def rights_before(
    session: Session, bursts: Sequence[AttackSignal], as_of: datetime
) -> list[RightsChange]:
    """Rights that changed in the week before the first of these bursts, newest first."""
    if not bursts:
        return []
    begun = min(row.known_at for row in bursts)
    query = (
        select(ContractChange, Block.chain_id)
        .join(Block, Block.id == ContractChange.block_id)
        .where(
            ContractChange.name.in_(RIGHTS),
            ContractChange.known_at > begun - _BEFORE,
            ContractChange.known_at <= min(begun, as_of),
        )
        .order_by(ContractChange.known_at.desc(), ContractChange.log_index.desc())
        .limit(_MOST_CHANGES)
    )
    return [
        RightsChange(
            row.name,
            next((str(row.words[name]) for name in _ACCOUNTS if name in row.words), None),
            SignEvidence(row.name, chain_id, to_hex(row.transaction_hash), row.log_index),
        )
        for row, chain_id in session.execute(query)
    ]


def forcing_blocs(session: Session, round_id: int, as_of: datetime) -> list[ForcingBloc]:
    """The detected groups that can force a round, by its newest assessment."""
    assessed = newest_of_round(session, round_id, as_of)
    if assessed is None:
        return []
    quoted = get_uma_price(session, as_of)
    assumed = load_attack_parameters().default["uma_price_usd"].value
    price = assumed if isinstance(quoted, Unavailable) else float(quoted.price_usd)
    document: dict[str, Any] = dict(assessed.document)
    members = {str(one["id"]): one["voters"] for one in document.get("entities", [])}
    return [
        _bloc(session, bloc, members, price, as_of)
        for bloc in document["blocs"]
        if bloc["can_force"]
    ]


def _bloc(
    session: Session,
    bloc: dict[str, Any],
    members: Mapping[str, Sequence[str]],
    price_usd: float,
    as_of: datetime,
) -> ForcingBloc:
    """``members``: the addresses of each entity that has more than its own."""
    worth = bloc["best"]["worth"]
    names = [name for entity in bloc["entities"] for name in members.get(entity, [entity])]
    staked = staked_logs(session, [parse_address(name) for name in sorted(set(names))], as_of)
    return ForcingBloc(
        bloc_id=str(bloc["id"]),
        share=float(bloc["share"]),
        stake_value_usd=float(bloc["stake_uma"]) * price_usd,
        worth_usd=float(worth["mean"]),
        low_usd=float(worth["p05"]),
        high_usd=float(worth["p95"]),
        requests=len(bloc["best"]["requests"]),
        addresses=len(set(names)),
        is_alone=str(bloc["id"]).startswith(ALONE),
        evidence=tuple(staked.values()),
    )
