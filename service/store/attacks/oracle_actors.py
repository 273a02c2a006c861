"""What an address did on the oracle: proposals, disputes, how they ended, by its entity."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.chain import Block
from models.enums import Outcome
from models.market import Market
from models.oracle import Dispute, Proposal, Settlement
from models.question_state import QuestionState
from service.protocol.prices import outcome_of
from service.store.truth.wrong_payouts import list_wrong_payouts
from service.store.upserts import IN_CHUNK, chunks
from service.store.wallets.linked_wallets import entity_members


@dataclass(frozen=True, slots=True)
class DisputeCounts:
    """Disputed answers by how the vote (or whoever settled) ended them."""

    # The settled price is not the one proposed.
    won: int
    lost: int
    # Not settled in what is stored.
    open: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.won + self.lost + self.open


@dataclass(frozen=True, slots=True)
class KnownDispute:
    """One dispute an entity was part of."""

    chain_id: int
    disputed_at: datetime
    proposer: bytes
    disputer: bytes
    proposed_price: int
    settled_price: int | None
    transaction_hash: bytes
    log_index: int
    condition_id: bytes | None
    title: str | None


@dataclass(frozen=True, slots=True)
class OracleActor:
    """An entity's record, as known at a time."""

    addresses: tuple[bytes, ...]
    proposals: int
    # Of its proposals that others disputed (won: the disputer was right), and of its disputes.
    disputed: DisputeCounts
    disputes: DisputeCounts
    # It disputed its own proposals; in neither of the above.
    self_disputes: int
    recent: tuple[KnownDispute, ...]
    # Markets with a settled truth label that paid what it had proposed, and those paid wrong.
    labelled: int
    wrong: int

    @property
    def is_known(self) -> bool:
        """Whether it ever proposed or disputed."""
        return bool(self.proposals or self.disputed.total or self.disputes.total) or bool(
            self.self_disputes
        )


def get_oracle_actor(
    session: Session, address: bytes, as_of: datetime, most_recent: int
) -> OracleActor:
    """The record of an address and those surely of the same owner; a few queries, all by index."""
    members = entity_members(session, address, as_of)
    proposals = session.scalar(
        select(func.count())
        .select_from(Proposal)
        .where(Proposal.proposer.in_(members), Proposal.known_at <= as_of)
    )
    mine = _disputes(session, members, as_of)
    own = [one for one in mine if one.proposer in members and one.disputer in members]
    against = [one for one in mine if one.proposer in members and one.disputer not in members]
    made = [one for one in mine if one.disputer in members and one.proposer not in members]
    labelled, wrong = _wrong_answers(session, members, as_of)
    return OracleActor(
        addresses=tuple(sorted(members)),
        proposals=proposals or 0,
        disputed=_counts(against),
        disputes=_counts(made),
        self_disputes=len(own),
        recent=tuple(mine[:most_recent]),
        labelled=labelled,
        wrong=wrong,
    )


def _counts(disputes: Collection[KnownDispute]) -> DisputeCounts:
    settled = [one for one in disputes if one.settled_price is not None]
    won = sum(one.settled_price != one.proposed_price for one in settled)
    return DisputeCounts(won, len(settled) - won, len(disputes) - len(settled))


def _disputes(session: Session, members: Collection[bytes], as_of: datetime) -> list[KnownDispute]:
    """All disputes an entity was part of, newest first, each with its request's settlement."""
    settled_in = aliased(Block)
    settled = and_(
        Settlement.ancillary_hash == Dispute.ancillary_hash,
        Settlement.requester == Dispute.requester,
        Settlement.request_timestamp == Dispute.request_timestamp,
        Settlement.address == Dispute.address,
        Settlement.known_at <= as_of,
        exists(
            select(settled_in.id).where(
                settled_in.id == Settlement.block_id, settled_in.chain_id == Block.chain_id
            )
        ),
    )
    query = (
        select(Dispute, Block.chain_id, Block.mined_at, Settlement.price, Market)
        .join(Block, Block.id == Dispute.block_id)
        .outerjoin(Settlement, settled)
        .outerjoin(
            QuestionState,
            and_(
                QuestionState.chain_id == Block.chain_id,
                QuestionState.adapter == Dispute.requester,
                QuestionState.question_id == Dispute.ancillary_hash,
            ),
        )
        .outerjoin(Market, Market.condition_id == QuestionState.condition_id)
        .where(
            or_(Dispute.proposer.in_(members), Dispute.disputer.in_(members)),
            Dispute.known_at <= as_of,
        )
        .order_by(Block.mined_at.desc(), Dispute.log_index.desc())
    )
    rows: Any = session.execute(query)
    return [
        KnownDispute(
            chain_id=chain_id,
            disputed_at=mined_at,
            proposer=row.proposer,
            disputer=row.disputer,
            proposed_price=row.proposed_price,
            settled_price=price,
            transaction_hash=row.transaction_hash,
            log_index=row.log_index,
            condition_id=None if market is None else market.condition_id,
            title=None if market is None else market.title,
        )
        for row, chain_id, mined_at, price, market in rows
    ]


def _wrong_answers(
    session: Session, members: Collection[bytes], as_of: datetime
) -> tuple[int, int]:
    """Of markets that paid what the entity had proposed: those with a settled label, and wrong."""
    labels = list_wrong_payouts(session, as_of)
    labelled = wrong = 0
    for part in chunks(sorted(labels), IN_CHUNK):
        query = (
            select(Market.id, QuestionState.outcome, Proposal.proposed_price)
            .join(QuestionState, QuestionState.condition_id == Market.condition_id)
            .join(
                Proposal,
                and_(
                    Proposal.ancillary_hash == QuestionState.question_id,
                    Proposal.requester == QuestionState.adapter,
                ),
            )
            .where(
                Market.id.in_(part),
                Proposal.proposer.in_(members),
                Proposal.known_at <= as_of,
                QuestionState.outcome.is_not(None),
            )
            .distinct()
        )
        for market_id, outcome, price in session.execute(query):
            if outcome is not None and outcome_of(price) is Outcome(outcome):
                labelled += 1
                wrong += labels[market_id]
    return labelled, wrong
