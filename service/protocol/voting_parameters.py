"""The parameters of the vote in force at a place in the chain, from the logs that set them.

Source: VotingV2 and Staker, whose constructors log the first values; docs/methodology.md,
"The vote".
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace

from service.protocol.contract_facts import ContractChanged, Word
from service.protocol.ids import parse_address
from service.protocol.log_position import Place

# SPAT is a share with 18 decimals.
SHARE = 10**18


@dataclass(frozen=True, slots=True)
class VotingParameters:
    """What governance has set; ``None`` for what no stored log up to here tells."""

    # UMA in wei that must be voted with, more than which decides.
    gat: int | None = None
    # The share of all stake that must agree, scaled by 1e18.
    spat: int | None = None
    # A request that was rolled more often is deleted.
    max_rolls: int | None = None
    slashing_library: bytes | None = None
    unstake_cooldown_seconds: int | None = None
    # UMA in wei that all stakers together earn a second.
    emission_rate: int | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The parameters whose setting lies before the first indexed block."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is None)


Reader = Callable[[Mapping[str, Word]], dict[str, int | bytes]]

_READERS: Mapping[str, Reader] = {
    "GatAndSpatChanged": lambda w: {"gat": _number(w["gat"]), "spat": _number(w["spat"])},
    "MaxRollsChanged": lambda w: {"max_rolls": _number(w["rolls"])},
    "SlashingLibraryChanged": lambda w: {"slashing_library": parse_address(str(w["library"]))},
    "SetNewUnstakeCoolDown": lambda w: {"unstake_cooldown_seconds": _number(w["seconds"])},
    "SetNewEmissionRate": lambda w: {"emission_rate": _number(w["rate"])},
}
PARAMETER_EVENTS = frozenset(_READERS)


@dataclass(frozen=True, slots=True)
class ParameterHistory:
    """The parameters of one vote contract over its chain."""

    places: tuple[Place, ...] = ()
    # The parameters after the change at the same index.
    values: tuple[VotingParameters, ...] = ()

    def before(self, place: Place) -> VotingParameters:
        """What was in force just before a log."""
        index = bisect_left(self.places, place)
        return self.values[index - 1] if index else VotingParameters()

    @property
    def latest(self) -> VotingParameters:
        """What the newest stored log left in force."""
        return self.values[-1] if self.values else VotingParameters()


def fold_parameters(changes: Iterable[ContractChanged]) -> ParameterHistory:
    """Fold one contract's changes, in chain order, to its parameters; other events are passed."""
    places: list[Place] = []
    values: list[VotingParameters] = []
    current = VotingParameters()
    for change in changes:
        read = _READERS.get(change.name)
        if read is not None:
            current = replace(current, **read(change.words))  # type: ignore[arg-type]  # by name
            places.append(change.at.place)
            values.append(current)
    return ParameterHistory(tuple(places), tuple(values))


def _number(word: Word) -> int:
    return int(str(word))
