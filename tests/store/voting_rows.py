"""Rows of finished votes out of a vote matrix, as indexing would have left them."""

from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from models.chain import Block
from models.voting import Commit, Reveal
from service.protocol.ids import parse_address, parse_hex32
from service.protocol.rounds import RoundTime
from service.risk.signs.vote_matrix import ABSENT, VoteMatrix

VOTING = b"\xe0" * 20
FIRST_ROUND = 10_000
YES, NO = 10**18, 0
FINAL = timedelta(minutes=13)


def end_of(matrix: VoteMatrix, round_id: int | None = None) -> datetime:
    """When the last round, or one by its number in the matrix, is over and final."""
    last = int(matrix.rounds[-1]) if round_id is None else round_id
    return datetime.fromtimestamp(RoundTime(FIRST_ROUND + last).ends_at, UTC) + 2 * FINAL


def add_votes(session: Session, matrix: VoteMatrix) -> None:
    """Sealed and opened votes; round 0 of the matrix is :data:`FIRST_ROUND`, answer 0 is Yes."""
    sealed: dict[datetime, list[dict[str, object]]] = {}
    opened: dict[datetime, list[dict[str, object]]] = {}
    for place, number in enumerate(matrix.rounds):
        time = RoundTime(FIRST_ROUND + int(number))
        columns = np.flatnonzero(matrix.round_of == number)
        for row, entity in enumerate(matrix.entities):
            for column in columns:
                if matrix.answers[row, column] == ABSENT:
                    continue
                fact = _fact(matrix, entity, int(column), time.round_id)
                second = time.starts_at + int(matrix.sealed_at[row, place])
                sealed.setdefault(datetime.fromtimestamp(second, UTC), []).append(fact)
                price = NO if matrix.answers[row, column] else YES
                second = time.reveal_starts_at + int(matrix.opened_at[row, place])
                at = datetime.fromtimestamp(second, UTC)
                opened.setdefault(at, []).append({**fact, "price": price, "tokens": 10**18})
    for model, by_time in ((Commit, sealed), (Reveal, opened)):
        rows = []
        for at, facts in by_time.items():
            block = _add_block(session, at)
            rows += [
                {**fact, "block_id": block, "log_index": index, "known_at": at + FINAL}
                for index, fact in enumerate(facts)
            ]
        session.execute(insert(model), rows)
    session.flush()


def _fact(matrix: VoteMatrix, entity: str, column: int, round_id: int) -> dict[str, object]:
    request = parse_hex32(matrix.requests[column])
    return {
        "transaction_hash": request,
        "address": VOTING,
        "identifier": b"Y" * 32,
        "dvm_time": column,
        "ancillary_hash": request,
        "request_id": request,
        "voter": parse_address(entity),
        "caller": parse_address(entity),
        "round_id": round_id,
    }


def _add_block(session: Session, at: datetime) -> int:
    second = int(at.timestamp())
    block = Block(
        chain_id=1,
        number=second,
        hash=second.to_bytes(32, "big"),
        parent_hash=(second - 1).to_bytes(32, "big"),
        mined_at=at,
    )
    session.add(block)
    session.flush()
    return block.id
