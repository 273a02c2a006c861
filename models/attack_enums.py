"""The closed vocabularies of signs of a coordinated attack. Standard library only."""

from enum import StrEnum


class SignalFamily(StrEnum):
    """Signs that lean on the same ground; together they count up to one cap.

    docs/methodology.md, "One attack score".
    """

    # Who votes with whom.
    BLOCS = "blocs"
    # Who holds what they push.
    CONFLICTS = "conflicts"
    # Who bought before the proposal, and how.
    FLOW = "flow"
    # Proposers and disputers that meet too often, bursts of disputes.
    RINGS = "rings"
    # Stake that moves during a vote, shares that cross a line.
    STAKE = "stake"
    # Wording that can be read two ways.
    TEXT = "text"


class SignalSubject(StrEnum):
    """What a sign is about; its id is text."""

    # Condition id, 0x-hex.
    MARKET = "market"
    # Voting round, decimal.
    ROUND = "round"
    # The least address of the entity, 0x-hex.
    ENTITY = "entity"
    # A group of entities, by the id of its bloc or ring.
    GROUP = "group"
    # All markets; the id is empty.
    PLATFORM = "platform"


class BlocKind(StrEnum):
    """Why a group of voters is kept as one (docs/methodology.md, "Standing blocs")."""

    # They stood in the minority together more often than chance allows.
    CO_VOTING = "co_voting"
    # They have always voted alike, winning or losing: not a finding, but what a deviation is
    # measured against.
    BASELINE = "baseline"
