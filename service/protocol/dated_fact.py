"""A fact with the time of its block: what folds read."""

from dataclasses import dataclass
from datetime import datetime

from service.protocol.facts import Fact


@dataclass(frozen=True, slots=True)
class DatedFact:
    """A fact and the time of its block."""

    fact: Fact
    mined_at: datetime
