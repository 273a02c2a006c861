"""Events that concern contracts rather than questions: kept by name, with their words by name.

Also those of Polymarket's second oracle stack (aggregator, reporter), which are linked to requests
by the hash of their rules where the ids allow it.
"""

from collections.abc import Sequence

from models.enums import ContractKind
from service.chain.event import Line, line, words_of
from service.protocol.contract_facts import ContractChanged, Word
from service.protocol.facts import Fact
from service.protocol.ids import ADDRESS_BYTES, HASH_BYTES, to_checksum, to_hex
from service.protocol.log_position import LogPosition

ADAPTERS = (ContractKind.UMA_CTF_ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER)
MANAGED = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
TUNNELS = (ContractKind.ORACLE_CHILD_TUNNEL, ContractKind.ORACLE_ROOT_TUNNEL)
VOTING = ContractKind.VOTING_V2
AGGREGATOR = ContractKind.ORACLE_AGGREGATOR
REPORTER = ContractKind.OO_REPORTER
# Contracts behind a proxy or with roles: any of them may be upgraded or change hands.
GOVERNED = (MANAGED, AGGREGATOR, REPORTER, ContractKind.SIGNED_PROPOSER)
# Their owner alone changes whitelists, the vote's parameters, or which contract plays which part.
OWNED = (ContractKind.ADDRESS_WHITELIST, VOTING, ContractKind.FINDER)
_TRANSACTIONS = "(address target,uint256 value,bytes data)[] transactions"
_EMERGENCY = (
    f"(uint256* id,address* sender,address* caller,uint64 expires,uint256 locked,{_TRANSACTIONS})"
)


def _word(value: object) -> Word:
    match value:
        case bool():
            return value
        case int():
            return str(value)
        case bytes() if len(value) == ADDRESS_BYTES:
            return to_checksum(value)
        case bytes():
            return to_hex(value)
        case str():
            return value
        case list() | tuple():
            return [_word(part) for part in value]
    message = f"a word of type {type(value).__name__} has no JSON form"
    raise ValueError(message)


def _name_of(word: str) -> str:
    return word.rpartition(" ")[2]


def _type_of(word: str) -> str:
    """A word's type without the names inside a tuple: ``(address,uint256,bytes)[]``."""
    kind, _, _ = word.rpartition(" ")
    if not kind.startswith("("):
        return kind
    inner, _, suffix = kind[1:].rpartition(")")
    return f"({','.join(part.split(' ')[0] for part in inner.split(','))}){suffix}"


def _subject_of(value: object) -> bytes | None:
    if isinstance(value, bytes) and len(value) in {ADDRESS_BYTES, HASH_BYTES}:
        return value
    # A governance proposal's number is its id.
    return value.to_bytes(HASH_BYTES, "big") if isinstance(value, int) else None


def _kept(
    kinds: ContractKind | tuple[ContractKind, ...], signature: str, subject: str | None = None
) -> Line:
    """A line whose words are kept by their names; ``subject`` names the one it is about."""
    event, _, _ = signature.partition("(")
    parts = words_of(signature)
    names: Sequence[str] = [_name_of(part) for part in parts]

    def build(at: LogPosition, *values: object) -> Fact:
        words = dict(zip(names, map(_word, values), strict=True))
        about = None if subject is None else _subject_of(values[names.index(subject)])
        return ContractChanged(at, event, about, words)

    return line(kinds, f"{event}({','.join(_type_of(part) for part in parts)})", build)


def _kept_raw(kind: ContractKind, name: str, topic0: str) -> Line:
    """A line for an event of which only the name and the topic0 are published."""

    def build(at: LogPosition, topics: tuple[bytes, ...], data: bytes) -> Fact:
        subject = topics[1] if len(topics) > 1 else None
        words = {"topics": [to_hex(topic) for topic in topics[1:]], "data": to_hex(data)}
        return ContractChanged(at, name, subject, words)

    return Line((kind,), (name,), build, topic0=bytes.fromhex(topic0.removeprefix("0x")))


LINES = (
    # Who may do what, and which code runs.
    _kept(GOVERNED, "RoleGranted(bytes32* role,address* account,address* sender)", "account"),
    _kept(GOVERNED, "RoleRevoked(bytes32* role,address* account,address* sender)", "account"),
    _kept(GOVERNED, "RoleAdminChanged(bytes32* role,bytes32* previous,bytes32* new)", "role"),
    _kept(OWNED, "OwnershipTransferred(address* previousOwner,address* newOwner)", "newOwner"),
    _kept(
        ContractKind.FINDER,
        "InterfaceImplementationChanged(bytes32* interfaceName,address* newImplementation)",
        "interfaceName",
    ),
    _kept(GOVERNED, "Upgraded(address* implementation)", "implementation"),
    _kept(ADAPTERS, "NewAdmin(address* admin,address* newAdmin)", "newAdmin"),
    _kept(ADAPTERS, "RemovedAdmin(address* admin,address* removedAdmin)", "removedAdmin"),
    # Adapter v1's words for the same.
    _kept(ADAPTERS, "AuthorizedUser(address* usr)", "usr"),
    _kept(ADAPTERS, "DeauthorizedUser(address* usr)", "usr"),
    _kept(ADAPTERS, "NewFinderAddress(address oldFinder,address newFinder)", "newFinder"),
    _kept(ContractKind.ADDRESS_WHITELIST, "AddedToWhitelist(address* added)", "added"),
    _kept(ContractKind.ADDRESS_WHITELIST, "RemovedFromWhitelist(address* removed)", "removed"),
    # The managed oracle's parameters.
    _kept(MANAGED, "DefaultProposerWhitelistUpdated(address* whitelist)", "whitelist"),
    _kept(MANAGED, "RequesterWhitelistUpdated(address* whitelist)", "whitelist"),
    _kept(MANAGED, "MinimumDisputeWindowUpdated(uint256 seconds)"),
    _kept(MANAGED, "DefaultLivenessUpdated(uint256 seconds)"),
    _kept(
        MANAGED,
        "AllowedBondRangeUpdated(address* currency,uint256 minimum,uint256 maximum)",
        "currency",
    ),
    _kept(MANAGED, "PayoutDeferred(address* account,address* currency,uint256 amount)", "account"),
    _kept(
        ContractKind.SIGNED_PROPOSER,
        "ProposalExecuted(address* proposer,address* oracle,address* requester,bytes32 identifier,"
        "uint256 timestamp,int256 proposedPrice,uint256 totalBond,uint256 payment)",
        "proposer",
    ),
    # The vote's parameters.
    _kept(VOTING, "GatAndSpatChanged(uint128 gat,uint64 spat)"),
    _kept(VOTING, "SlashingLibraryChanged(address library)"),
    _kept(VOTING, "MaxRollsChanged(uint32 rolls)"),
    _kept(VOTING, "MaxRequestsPerRoundChanged(uint32 requests)"),
    _kept(VOTING, "VotingContractMigrated(address contract)"),
    _kept(VOTING, "SetNewEmissionRate(uint128 rate)"),
    _kept(VOTING, "SetNewUnstakeCoolDown(uint64 seconds)"),
    _kept(VOTING, "WithdrawnRewards(address* voter,address* delegate,uint128 amount)", "voter"),
    # Governance.
    _kept(ContractKind.GOVERNOR_V2, f"NewProposal(uint256* id,{_TRANSACTIONS})", "id"),
    _kept(ContractKind.GOVERNOR_V2, "ProposalExecuted(uint256* id,uint256 index)", "id"),
    _kept(ContractKind.GOVERNOR_V2, "EmergencyExecution(address* target,uint256 value,bytes data)"),
    _kept(ContractKind.EMERGENCY_PROPOSER, f"EmergencyTransactionsProposed{_EMERGENCY}", "id"),
    _kept(ContractKind.EMERGENCY_PROPOSER, f"EmergencyProposalExecuted{_EMERGENCY}", "id"),
    # Contracts that stake for an owner: anybody may name any owner and voter.
    _kept(
        ContractKind.DESIGNATED_VOTING_FACTORY,
        "NewDesignatedVoting(address* voter,address* owner,address* designatedVoting)",
        "designatedVoting",
    ),
    # The bridge's migration of 2025.
    _kept(
        TUNNELS,
        "ResolvedLegacyRequest(bytes32* identifier,uint256 time,bytes ancillaryData,int256 price,"
        "bytes32* requestHash,bytes32* legacyRequestHash)",
        "requestHash",
    ),
    # Neg-risk markets and the sports oracle's terms.
    _kept(
        ContractKind.NEG_RISK_OPERATOR,
        "MarketPrepared(bytes32* marketId,uint256 feeBips,bytes data)",
        "marketId",
    ),
    _kept(
        ContractKind.NEG_RISK_ADAPTER,
        "MarketPrepared(bytes32* marketId,address* oracle,uint256 feeBips,bytes data)",
        "marketId",
    ),
    _kept(
        ContractKind.NEG_RISK_ADAPTER,
        "QuestionPrepared(bytes32* marketId,bytes32* questionId,uint256 index,bytes data)",
        "questionId",
    ),
    _kept(ContractKind.UMA_SPORTS_ORACLE, "BondUpdated(bytes32* gameId,uint256* bond)", "gameId"),
    _kept(
        ContractKind.UMA_SPORTS_ORACLE,
        "LivenessUpdated(bytes32* gameId,uint256* seconds)",
        "gameId",
    ),
    # Polymarket's second stack.
    _kept(
        AGGREGATOR,
        "OutcomeProposed(bytes32* requestId,bytes32 resultHash,uint256[] payouts)",
        "requestId",
    ),
    _kept(
        AGGREGATOR,
        "ResultReported(bytes32* requestId,address* reporter,bytes32 resultHash,uint256 reports)",
        "requestId",
    ),
    _kept(AGGREGATOR, "ResultDisputed(bytes32* requestId,address* disputer)", "requestId"),
    _kept(AGGREGATOR, "ArbitrationTriggered(bytes32* requestId)", "requestId"),
    _kept(
        AGGREGATOR,
        "RequestResolved(bytes32* requestId,bytes32 resultHash,address* resolver)",
        "requestId",
    ),
    _kept_raw(
        AGGREGATOR,
        "ReporterConflict",
        "0x6dfa2acc6f02c2512d0bea4c4ab45f5f781fe2abb365a6eb04ab2b2ddcd66402",
    ),
    _kept_raw(
        REPORTER,
        "RequestRerequested",
        "0x1697ba06de6a0e2a38dc4c609ab93189957850e912bf756d09d120dd72bf3a71",
    ),
    _kept(
        REPORTER,
        "RequestRegistered(bytes32* requestId,address* requester,bytes32* identifier,"
        "bytes requestRules,uint64 opensAt,uint64 closesAt)",
        "requestId",
    ),
    _kept(
        REPORTER, "RequestResolved(bytes32* requestId,uint256* timestamp,int256 price)", "requestId"
    ),
    _kept(
        REPORTER,
        "RequestRulesUpdated(bytes32* requestId,uint256* timestamp,address* updater,bytes rules)",
        "requestId",
    ),
)
