"""The stake board of the last seconds: most of what a page of blocs costs is adding it up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.contract_change import ContractChange
from models.voting import Reveal, StakeChange
from models.wallet import WalletLink
from service.store.oracle.contracts import load_book
from service.store.votes.stake_board import StakeBoard, get_stake_board

# A log is told minutes after its block: nobody waits for a board's last seconds.
KEPT = timedelta(seconds=30)
_NEWEST = (
    ContractChange.block_id,
    Reveal.block_id,
    StakeChange.block_id,
    WalletLink.id,
)
# Their values: of newer rows, another board.
_Revision = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShelvedBoard:
    """A board and the time it is of; or why there is none."""

    at: datetime
    board: StakeBoard | str
    revision: _Revision


class StakeShelf:
    """Keeps the newest board; routes run in several threads."""

    def __init__(self) -> None:
        """Empty."""
        self._lock = Lock()
        self._kept: ShelvedBoard | None = None

    def get(self, session: Session, now: datetime) -> ShelvedBoard:
        """The board of now, or of some seconds ago while no new row is stored."""
        revision = tuple(session.scalar(select(func.max(one))) or 0 for one in _NEWEST)
        with self._lock:
            kept = self._kept
        if kept is not None and kept.revision == revision and kept.at <= now < kept.at + KEPT:
            return kept
        found = ShelvedBoard(now, get_stake_board(session, load_book(session), now), revision)
        with self._lock:
            self._kept = found
        return found
