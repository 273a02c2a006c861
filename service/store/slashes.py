"""What resolved requests cost and earned voters."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.chain import Block
from models.voting import Slash
from service.store.fact_reader import dated
from service.store.upserts import IN_CHUNK, chunks
from service.store.vote_records import Contract


@dataclass(frozen=True, slots=True)
class SlashTotal:
    """A request's slashes as far as voters have had them worked out (each does so for himself)."""

    voters: int
    # UMA in wei, both positive.
    lost: int
    earned: int


def get_slash_totals(
    session: Session,
    contract: Contract,
    indices: Collection[int],
    as_of: datetime | None = None,
) -> dict[int, SlashTotal]:
    """The totals by ``resolved_index``; a request nobody was slashed for yet is absent."""
    chain_id, address = contract
    amounts: dict[int, dict[bytes, int]] = defaultdict(lambda: defaultdict(int))
    for part in chunks(sorted(indices), IN_CHUNK):
        query = dated(Slash, as_of).where(
            Block.chain_id == chain_id, Slash.address == address, Slash.resolved_index.in_(part)
        )
        # 256-bit values are text on SQLite: they are added up here.
        for row in session.execute(query.with_only_columns(Slash)).scalars():
            amounts[row.resolved_index][row.voter] += row.amount
    return {
        index: SlashTotal(
            voters=len(by_voter),
            lost=-sum(amount for amount in by_voter.values() if amount < 0),
            earned=sum(amount for amount in by_voter.values() if amount > 0),
        )
        for index, by_voter in amounts.items()
    }
