"""What the structural signs read of one voting round, as it was known at a time.

Stake in whole UMA, shares in 0..1, entities by one of their addresses. docs/methodology.md,
"Structural signs".
"""

from dataclasses import dataclass

from models.attack_enums import SignalSubject
from service.risk.signs.attack_signs import SignEvidence


@dataclass(frozen=True, slots=True)
class Inflow:
    """Stake that one voter added while votes of the round could be sealed."""

    voter: str
    stake: float
    evidence: SignEvidence


@dataclass(frozen=True, slots=True)
class EntityStake:
    """An entity's or a group's stake and, from earlier runs, which lines it was above."""

    # An entity by its least staking voter or the address it was told by, a group by its id.
    entity_id: str
    stake: float
    addresses: int = 1
    # Names of the signs that stood before: a line is left at 2 points below it.
    standing: frozenset[str] = frozenset()
    # The newest ``Staked`` log of each address.
    evidence: tuple[SignEvidence, ...] = ()
    kind: SignalSubject = SignalSubject.ENTITY
    # The entity whose part it is by now, and with which its stake is told.
    joined_to: str | None = None
    # Of a group, its entity with most stake, by what of it is in the group.
    led_by: "EntityStake | None" = None


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one entity opened for one answer of one request."""

    entity_id: str
    stake: float
    evidence: SignEvidence


@dataclass(frozen=True, slots=True)
class OpenedAnswer:
    """One answer of a request and the opened votes behind it."""

    answer: str
    ballots: tuple[Ballot, ...]

    @property
    def stake(self) -> float:
        """All opened stake behind the answer."""
        return sum(ballot.stake for ballot in self.ballots)

    @property
    def entities(self) -> int:
        """How many entities are behind the answer."""
        return len({ballot.entity_id for ballot in self.ballots})


@dataclass(frozen=True, slots=True)
class Holdout:
    """A hand of which something is not behind the leading answer: opened otherwise, or absent.

    ``stake``: of its addresses that are not behind the answer; ``total``: of all of them.
    """

    # As ``EntityStake.entity_id``.
    holder: str
    stake: float
    total: float
    # Those that are not behind the answer.
    addresses: int
    kind: SignalSubject = SignalSubject.ENTITY


@dataclass(frozen=True, slots=True)
class WatchedRequest:
    """One request of the round, with its votes so far."""

    request_id: str
    # All stake and the share that must agree, as frozen for the round.
    stake: float
    spat: float
    answers: tuple[OpenedAnswer, ...]
    # Stake of entities that sealed a vote and may still open it, as far as it is known.
    sealed: float
    # Entities that sealed a vote and have not opened it, or never did.
    sealed_entities: int
    # Entities that sealed a vote, opened or not.
    voted_entities: int
    # Sealed votes whose stake no log tells.
    sealed_unknown: int = 0
    # Condition id, 0x-hex; None where the request is of no stored market.
    market: str | None = None
    # The largest hands by all their stake; none before any vote is opened.
    holdouts: tuple[Holdout, ...] = ()

    # The most that one standing group has opened for the leading answer.
    group_behind: float = 0.0

    @property
    def leader(self) -> OpenedAnswer | None:
        """The answer with most opened stake; None before any vote is opened."""
        return max(self.answers, key=lambda answer: answer.stake, default=None)


@dataclass(frozen=True, slots=True)
class WatchedRound:
    """One round: while it runs, or just after its end."""

    round_id: int
    is_over: bool
    # Seconds until votes can no longer be opened; None while votes are still being sealed.
    reveal_seconds_left: int | None
    # All stake now and the share that must agree; None: no stored log tells.
    stake: float | None
    spat: float | None
    # Mean turnout, as a share of stake, of the last 30 days; None: too few rounds tell.
    turnout: float | None = None
    # Requests put to a vote in it, whether or not a vote was opened.
    requests_in_vote: int = 0
    inflows: tuple[Inflow, ...] = ()
    entities: tuple[EntityStake, ...] = ()
    # Those with terms frozen for the round.
    requests: tuple[WatchedRequest, ...] = ()

    @property
    def block_share(self) -> float | None:
        """The share of stake that, held back, blocks an answer at the mean turnout."""
        if self.turnout is None or self.spat is None or self.turnout <= self.spat:
            return None
        return self.turnout - self.spat
