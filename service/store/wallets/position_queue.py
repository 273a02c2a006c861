"""Whose positions are asked for next: those in live questions first, then the longest unseen."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session

from models.enums import MarketState
from models.position import PositionCheck
from models.question_state import QuestionState
from models.voting import Commit, Reveal
from models.wallet import Wallet, WalletLink
from models.wallet_enums import LinkKind, WalletRole
from service.store.upserts import IN_CHUNK, chunks

# The most urgent first.
_URGENCY = (
    (
        MarketState.VOTING,
        MarketState.DISPUTED_ONCE,
        MarketState.REPROPOSED,
        MarketState.ANSWERED,
        MarketState.FLAGGED,
    ),
    (MarketState.PROPOSED,),
)
# An answer is asked for again after this long: of those in live questions, and of the others.
HOT_AGAIN = timedelta(minutes=15)
COLD_AGAIN = timedelta(days=1)
# Rounds of the vote whose voters count as live: the newest and the one before.
_ROUNDS = 2


def list_due_wallets(session: Session, now: datetime, limit: int) -> list[bytes]:
    """Wallets to ask for, the most urgent first, no wallet twice."""
    found: dict[bytes, None] = {}
    for accounts in _live_accounts(session):
        if len(found) >= limit:
            break
        wallets = _with_linked(session, accounts)
        due = _due(session, wallets, now - HOT_AGAIN)
        found.update(dict.fromkeys(due[: limit - len(found)]))
    if len(found) < limit:
        for wallet in _longest_unseen(session, now - COLD_AGAIN, limit):
            if len(found) >= limit:
                break
            found.setdefault(wallet)
    return list(found)


def _live_accounts(session: Session) -> Iterable[set[bytes]]:
    """Accounts in disputes and votes, then voters, then in proposals."""
    disputed, proposed = (_parties(session, states) for states in _URGENCY)
    yield disputed
    yield _recent_voters(session) - disputed
    yield proposed - disputed


def _parties(session: Session, states: Collection[MarketState]) -> set[bytes]:
    columns = (
        QuestionState.operative_proposer,
        QuestionState.operative_disputer,
        QuestionState.first_proposer,
        QuestionState.first_disputer,
    )
    query = select(*columns).where(QuestionState.state.in_(list(states)), QuestionState.is_official)
    return {account for row in session.execute(query) for account in row if account is not None}


def _recent_voters(session: Session) -> set[bytes]:
    found: set[bytes] = set()
    for model in (Commit, Reveal):
        newest = session.scalar(select(func.max(model.round_id)))
        if newest is not None:
            query = select(model.voter, model.caller).where(model.round_id > newest - _ROUNDS)
            found |= {account for row in session.execute(query.distinct()) for account in row}
    return found


def _with_linked(session: Session, accounts: Collection[bytes]) -> list[bytes]:
    """Accounts and what they own by links, the surest first."""
    found = dict.fromkeys(sorted(accounts))
    for part in chunks(sorted(accounts), IN_CHUNK):
        query = (
            select(WalletLink.to_address, func.max(WalletLink.confidence).label("sure"))
            .where(
                WalletLink.from_address.in_(part),
                WalletLink.kind == LinkKind.OWN,
                WalletLink.confidence > 0,
            )
            .group_by(WalletLink.to_address)
            .order_by(func.max(WalletLink.confidence).desc(), WalletLink.to_address)
        )
        found.update(dict.fromkeys(row[0] for row in session.execute(query)))
    return list(found)


def _due(session: Session, wallets: Collection[bytes], before: datetime) -> list[bytes]:
    fresh: set[bytes] = set()
    for part in chunks(sorted(wallets), IN_CHUNK):
        query = select(PositionCheck.wallet).where(
            PositionCheck.wallet.in_(part), PositionCheck.tried_at > before
        )
        fresh |= set(session.scalars(query))
    return [wallet for wallet in wallets if wallet not in fresh]


def _longest_unseen(session: Session, before: datetime, limit: int) -> list[bytes]:
    tried = PositionCheck.tried_at
    query = (
        select(Wallet.address)
        .outerjoin(PositionCheck, PositionCheck.wallet == Wallet.address)
        .where(
            or_(tried.is_(None), tried <= before),
            # Nothing is asked of who only passed by, as the fold of wallets says.
            cast(Wallet.roles, String) != json.dumps([WalletRole.PASSER_BY]),
        )
        .order_by(tried.is_not(None), tried, Wallet.address)
        .limit(limit)
    )
    return list(session.scalars(query))
