"""How much of all stake voted in the rounds of the last 30 days."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.voting import Reveal
from service.protocol.rounds import ROUND_SECONDS
from service.protocol.tally import RoundTerms, freeze_round
from service.protocol.vote_outcome import VoteRecords
from service.store.vote_records import Contract

# 30 days of rounds.
ROUNDS = 30 * 86_400 // ROUND_SECONDS


def rounds_before(
    session: Session, contract: Contract, current: int, as_of: datetime
) -> list[tuple[int, bytes]]:
    """The rounds of the last 30 days with opened votes, each with its most voted request."""
    chain_id, address = contract
    query = (
        select(Reveal.round_id, Reveal.request_id, func.count())
        .join(Block, Block.id == Reveal.block_id)
        .where(
            Block.chain_id == chain_id,
            Reveal.address == address,
            Reveal.round_id.between(current - ROUNDS, current - 1),
            Reveal.known_at <= as_of,
        )
        .group_by(Reveal.round_id, Reveal.request_id)
    )
    most: dict[int, tuple[int, bytes]] = {}
    for round_id, request_id, count in session.execute(query):
        most[round_id] = max(most.get(round_id, (0, b"")), (count, request_id))
    return [(round_id, most[round_id][1]) for round_id in sorted(most)]


def mean_turnout(
    session: Session,
    contract: Contract,
    rounds: Sequence[tuple[int, bytes]],
    records: VoteRecords,
    as_of: datetime,
) -> float | None:
    """Mean share of the frozen stake that was opened; None where no round tells."""
    chain_id, address = contract
    shares: list[float] = []
    for round_id, request_id in rounds:
        first = records.first_reveals.get(round_id)
        terms = (
            None
            if first is None
            else freeze_round(round_id, first, records.ledger, records.parameters)
        )
        if not isinstance(terms, RoundTerms) or terms.stake == 0:
            continue
        query = (
            select(Reveal.tokens)
            .join(Block, Block.id == Reveal.block_id)
            .where(
                Block.chain_id == chain_id,
                Reveal.address == address,
                Reveal.request_id == request_id,
                Reveal.round_id == round_id,
                Reveal.known_at <= as_of,
            )
        )
        opened = sum(int(tokens) for tokens in session.scalars(query))
        shares.append(min(1.0, opened / terms.stake))
    return sum(shares) / len(shares) if shares else None
