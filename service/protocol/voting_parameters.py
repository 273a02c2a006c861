"""The parameters of the vote in force at a place in the chain, from the logs that set them.

Source: VotingV2 and Staker, whose constructors log the first values; docs/methodology.md,
"The vote".
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from service.protocol.contract_facts import ContractChanged, Word
from service.protocol.ids import parse_address
from service.protocol.log_position import Place
from service.protocol.parameter_readings import ParameterReading

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
    # What getters said was in force before the first change of each.
    initial: VotingParameters = VotingParameters()

    def before(self, place: Place) -> VotingParameters:
        """What was in force just before a log."""
        index = bisect_left(self.places, place)
        return self.values[index - 1] if index else self.initial

    @property
    def latest(self) -> VotingParameters:
        """What the newest stored log left in force."""
        return self.values[-1] if self.values else self.initial


# Which parameter each getter of the contract tells.
_GETTERS: Mapping[str, Callable[[str], dict[str, int | bytes]]] = {
    "gat": lambda value: {"gat": int(value)},
    "spat": lambda value: {"spat": int(value)},
    "maxRolls": lambda value: {"max_rolls": int(value)},
    "unstakeCoolDown": lambda value: {"unstake_cooldown_seconds": int(value)},
    "emissionRate": lambda value: {"emission_rate": int(value)},
    "slashingLibrary": lambda value: {"slashing_library": parse_address(value)},
}


def fold_parameters(
    changes: Iterable[ContractChanged], readings: Iterable[ParameterReading] = ()
) -> ParameterHistory:
    """Fold one contract's changes, in chain order, to its parameters; other events are passed.

    A reading older than a parameter's first change tells what was in force before it. Every log up
    to the newest reading must be among the changes, or an unread one would be passed over.
    """
    read = [(change, _READERS[change.name]) for change in changes if change.name in _READERS]
    initial = _initial(read, readings)
    places: list[Place] = []
    values: list[VotingParameters] = []
    current = initial
    for change, reader in read:
        current = replace(current, **reader(change.words))  # type: ignore[arg-type]  # by name
        places.append(change.at.place)
        values.append(current)
    return ParameterHistory(tuple(places), tuple(values), initial)


def _initial(
    changes: Sequence[tuple[ContractChanged, Reader]], readings: Iterable[ParameterReading]
) -> VotingParameters:
    changed_at: dict[str, int] = {}
    for change, reader in changes:
        for name in reader(change.words):
            changed_at.setdefault(name, change.at.block_number)
    found: dict[str, int | bytes] = {}
    for reading in sorted(readings, key=lambda reading: reading.first_block):
        tell = _GETTERS.get(reading.name)
        for name, value in {} if tell is None else tell(reading.value).items():
            if reading.first_block < changed_at.get(name, reading.first_block + 1):
                found.setdefault(name, value)
    return replace(VotingParameters(), **found)  # type: ignore[arg-type]  # by name


def _number(word: Word) -> int:
    return int(str(word))
