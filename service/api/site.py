"""What every route needs, handed over once."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from service.clock import Clock


@dataclass(frozen=True, slots=True)
class Site:
    """The API's surroundings."""

    sessions: sessionmaker[Session]
    clock: Clock
    version: str
    # Shown with every answer, e.g. that the data is a reconstruction.
    notice: str | None
    # Gives the reason why the database's schema does not fit this version, None when it fits.
    readiness: Callable[[], str | None] | None

    @property
    def has_explorers(self) -> bool:
        """Whether transactions can be looked up: a reconstruction's exist on no chain."""
        return self.notice is None
