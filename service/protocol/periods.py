"""What held for a contract in which blocks: a pure fold over its own logs.

Sources: VotingV2, ManagedOptimisticOracleV2, AddressWhitelist, UmaCtfAdapter ``Auth`` and
OpenZeppelin's AccessControl and ERC1967 (docs/data-dictionary.md, "Contract periods").
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from eth_hash.auto import keccak

from models.data_enums import PeriodKind
from service.protocol.contract_facts import ContractChanged
from service.protocol.ids import HASH_BYTES, to_hex

# What a parameter is called, by the event and the word that set it.
_PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "GatAndSpatChanged": {"gat": "gat", "spat": "spat"},
    "SlashingLibraryChanged": {"library": "slashing_library"},
    "MaxRollsChanged": {"rolls": "max_rolls"},
    "MaxRequestsPerRoundChanged": {"requests": "max_requests_per_round"},
    "SetNewEmissionRate": {"rate": "emission_rate"},
    "SetNewUnstakeCoolDown": {"seconds": "unstake_cooldown_seconds"},
    "VotingContractMigrated": {"contract": "migrated_to"},
    "DefaultProposerWhitelistUpdated": {"whitelist": "default_proposer_whitelist"},
    "RequesterWhitelistUpdated": {"whitelist": "requester_whitelist"},
    "MinimumDisputeWindowUpdated": {"seconds": "minimum_dispute_window_seconds"},
    "DefaultLivenessUpdated": {"seconds": "default_liveness_seconds"},
    "AllowedBondRangeUpdated": {"minimum": "minimum_bond", "maximum": "maximum_bond"},
    "RoleAdminChanged": {"new": "role_admin"},
}
# The word that tells what a parameter is of.
_SUBJECTS = {"AllowedBondRangeUpdated": "currency", "RoleAdminChanged": "role"}
# Members come and go one by one: what they are, the word that names them, whether they come.
_MEMBERS: Mapping[str, tuple[PeriodKind, str, bool]] = {
    "RoleGranted": (PeriodKind.ROLE_HOLDER, "account", True),
    "RoleRevoked": (PeriodKind.ROLE_HOLDER, "account", False),
    "NewAdmin": (PeriodKind.ADMIN, "newAdmin", True),
    "RemovedAdmin": (PeriodKind.ADMIN, "removedAdmin", False),
    "AddedToWhitelist": (PeriodKind.WHITELIST_MEMBER, "added", True),
    "RemovedFromWhitelist": (PeriodKind.WHITELIST_MEMBER, "removed", False),
}
UPGRADED = "Upgraded"
# The events this fold reads; every other event of a contract begins and ends nothing.
FOLDED_EVENTS = frozenset({UPGRADED, *_PARAMETERS, *_MEMBERS})

# A role is the keccak of its constant's name; the administrator of all roles is zero.
ROLE_NAMES: Mapping[str, str] = {
    to_hex(bytes(HASH_BYTES)): "DEFAULT_ADMIN_ROLE",
    **{
        to_hex(keccak(name.encode())): name
        for name in (
            "CONFIG_ADMIN_ROLE",
            "REQUEST_MANAGER_ROLE",
            "RESOLVER_ROLE",
            "RESOLVER_ADMIN_ROLE",
        )
    },
}


@dataclass(frozen=True, slots=True)
class Held:
    """What a period is about, beside its contract."""

    kind: PeriodKind
    name: str
    subject: str
    value: str


@dataclass(frozen=True, slots=True)
class End:
    """The log that ended a period."""

    block: int
    log_index: int
    at: datetime
    transaction_hash: bytes


@dataclass(frozen=True, slots=True)
class Period:
    """One row of what held, from the log that began it."""

    held: Held
    from_block: int
    from_log_index: int
    from_at: datetime
    transaction_hash: bytes
    end: End | None = None


def fold_periods(changes: Iterable[tuple[ContractChanged, datetime]]) -> tuple[Period, ...]:
    """The periods of one contract, from its changes in chain order with their blocks' times.

    A value that is set again as it is goes on; one that ends without a known beginning has none.
    """
    done: list[Period] = []
    open_: dict[Held, Period] = {}
    for change, at in changes:
        end = End(change.at.block_number, change.at.log_index, at, change.at.transaction_hash)
        begun = tuple(_begun(change))
        ended = _ended(change, begun, open_)
        done.extend(replace(open_.pop(held), end=end) for held in ended)
        for held in begun:
            start = Period(held, end.block, end.log_index, at, end.transaction_hash)
            open_.setdefault(held, start)
    rows = (*done, *open_.values())
    return tuple(sorted(rows, key=lambda p: (p.from_block, p.from_log_index, p.held.name)))


def _begun(change: ContractChanged) -> Iterator[Held]:
    if change.name == UPGRADED:
        kind = PeriodKind.IMPLEMENTATION
        yield Held(kind, kind.value, "", _text(change, "implementation"))
    elif change.name in _PARAMETERS:
        for word, name in _PARAMETERS[change.name].items():
            value = _text(change, word)
            if change.name == "RoleAdminChanged":
                value = role_name(value)
            yield Held(PeriodKind.PARAMETER, name, _subject(change), value)
    elif change.name in _MEMBERS and _MEMBERS[change.name][2]:
        yield _member(change)


def _ended(
    change: ContractChanged, begun: tuple[Held, ...], open_: Mapping[Held, Period]
) -> list[Held]:
    if change.name in _MEMBERS:
        gone = () if begun else (_member(change),)
        return [held for held in gone if held in open_]
    replaced = {(held.kind, held.name, held.subject) for held in begun}
    return [
        held
        for held in open_
        if (held.kind, held.name, held.subject) in replaced and held not in begun
    ]


def _member(change: ContractChanged) -> Held:
    kind, word, _ = _MEMBERS[change.name]
    name = role_name(_text(change, "role")) if kind is PeriodKind.ROLE_HOLDER else kind.value
    return Held(kind, name, "", _text(change, word))


def _subject(change: ContractChanged) -> str:
    word = _SUBJECTS.get(change.name)
    if word is None:
        return ""
    text = _text(change, word)
    return role_name(text) if word == "role" else text


def role_name(role: str) -> str:
    """A role's name in the contract's source, or the role itself where that is not known."""
    return ROLE_NAMES.get(role, role)


def _text(change: ContractChanged, word: str) -> str:
    return str(change.words[word])
