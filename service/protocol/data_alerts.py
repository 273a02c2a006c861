"""Facts that change what the other facts mean: news for whoever runs the service, no errors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.data_enums import DataIssueKind
from models.enums import ContractKind
from service.protocol.ancillary import read_ancillary
from service.protocol.contract_facts import ContractChanged
from service.protocol.contracts import ContractBook
from service.protocol.facts import (
    Fact,
    PriceDisputed,
    PriceProposed,
    PriceRequested,
    QuestionInitialized,
)
from service.protocol.ids import to_checksum, to_hex
from service.protocol.log_position import LogPosition
from service.protocol.periods import role_name
from service.protocol.prices import pays_as_written

# Each names its requester; the lazy mode does not read the first.
_OF_REQUESTS = (PriceRequested, PriceProposed, PriceDisputed)
# Who may ask the managed oracle without anybody having to look at it.
REQUESTERS = frozenset(
    {
        ContractKind.UMA_CTF_ADAPTER,
        ContractKind.NEG_RISK_UMA_CTF_ADAPTER,
        ContractKind.UMA_SPORTS_ORACLE,
        ContractKind.OO_REPORTER,
    }
)
# Whitelist members and governance steps are too many, or only announce one of these.
_KINDS = {
    "Upgraded": DataIssueKind.CONTRACT_UPGRADED,
    "RoleGranted": DataIssueKind.ROLE_CHANGED,
    "RoleRevoked": DataIssueKind.ROLE_CHANGED,
    "RoleAdminChanged": DataIssueKind.ROLE_CHANGED,
    "NewAdmin": DataIssueKind.ROLE_CHANGED,
    "RemovedAdmin": DataIssueKind.ROLE_CHANGED,
    "OwnershipTransferred": DataIssueKind.ROLE_CHANGED,
    "InterfaceImplementationChanged": DataIssueKind.CONTRACT_MIGRATED,
    "DefaultProposerWhitelistUpdated": DataIssueKind.WHITELIST_REPLACED,
    "RequesterWhitelistUpdated": DataIssueKind.WHITELIST_REPLACED,
    "VotingContractMigrated": DataIssueKind.CONTRACT_MIGRATED,
    "GatAndSpatChanged": DataIssueKind.PARAMETER_CHANGED,
    "SlashingLibraryChanged": DataIssueKind.PARAMETER_CHANGED,
    "MaxRollsChanged": DataIssueKind.PARAMETER_CHANGED,
    "MaxRequestsPerRoundChanged": DataIssueKind.PARAMETER_CHANGED,
    "SetNewEmissionRate": DataIssueKind.PARAMETER_CHANGED,
    "SetNewUnstakeCoolDown": DataIssueKind.PARAMETER_CHANGED,
    "MinimumDisputeWindowUpdated": DataIssueKind.PARAMETER_CHANGED,
    "DefaultLivenessUpdated": DataIssueKind.PARAMETER_CHANGED,
    "AllowedBondRangeUpdated": DataIssueKind.PARAMETER_CHANGED,
}
DATA_ALERTS = frozenset(
    {
        DataIssueKind.UNKNOWN_REQUESTER,
        DataIssueKind.UNKNOWN_ADAPTER,
        DataIssueKind.PAYS_AGAINST_TEXT,
        DataIssueKind.MODEL_STALE,
        DataIssueKind.MODEL_DRIFTED,
        *_KINDS.values(),
    }
)


@dataclass(frozen=True, slots=True)
class DataAlert:
    """One thing to look at, with the log that says it."""

    kind: DataIssueKind
    at: LogPosition
    # The same thing has the same key, however often its log is read.
    key: str
    reason: str


def find_data_alerts(decoded: Iterable[Fact], book: ContractBook) -> Iterator[DataAlert]:
    """The data alerts among facts; an unknown requester is named once, by the first fact of it."""
    known: set[tuple[int, bytes, bytes]] = set()
    for fact in decoded:
        if type(fact) is ContractChanged:
            kind = _KINDS.get(fact.name)
            if kind is not None:
                yield _of_contract(fact, kind, book)
        elif type(fact) is QuestionInitialized:
            if _pays_against_text(fact, book):
                yield _of_text(fact)
        elif isinstance(fact, _OF_REQUESTS):
            asked = (fact.at.chain_id, fact.at.address, fact.key.requester)
            if asked not in known:
                known.add(asked)
                if _is_unknown(fact, book):
                    yield _of_requester(fact)


def _of_contract(fact: ContractChanged, kind: DataIssueKind, book: ContractBook) -> DataAlert:
    at = fact.at
    role = book.kind_of(at.chain_id, at.address)
    words = ", ".join(f"{name} {_shown(name, word)}" for name, word in fact.words.items())
    place = "contract" if role is None else role.value
    return DataAlert(
        kind,
        at,
        f"{at.chain_id}:{to_hex(at.block_hash)}:{at.log_index}",
        f"{place} {to_checksum(at.address)}: {fact.name} ({words})",
    )


def _shown(name: str, word: object) -> str:
    # Roles are hashes of names people know.
    return role_name(str(word)) if name in {"role", "previous", "new"} else str(word)


def _pays_against_text(fact: QuestionInitialized, book: ContractBook) -> bool:
    """Whether one of Polymarket's own texts gives its answers other prices than the adapter pays.

    Anybody may open a question; strangers' texts are nobody's news.
    """
    if not book.is_trusted_creator(fact.at.chain_id, fact.creator):
        return False
    answers = read_ancillary(fact.ancillary_data).answers
    return bool(answers) and not pays_as_written(answers)


def _of_text(fact: QuestionInitialized) -> DataAlert:
    question = to_hex(fact.question_id)
    return DataAlert(
        DataIssueKind.PAYS_AGAINST_TEXT,
        fact.at,
        f"{fact.at.chain_id}:{to_checksum(fact.at.address)}:{question}",
        f"the text of question {question} gives its answers other prices than the adapter pays by: "
        "a correct answer by the text would pay the other side",
    )


def _is_unknown(fact: PriceRequested | PriceProposed | PriceDisputed, book: ContractBook) -> bool:
    at = fact.at
    roles = book.kinds_at(at.chain_id, at.address, at.block_number)
    if ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2 not in roles:
        # Anybody may ask the others.
        return False
    asking = book.kinds_at(at.chain_id, fact.key.requester, at.block_number)
    return REQUESTERS.isdisjoint(asking)


def _of_requester(fact: PriceRequested | PriceProposed | PriceDisputed) -> DataAlert:
    oracle, requester = to_checksum(fact.at.address), to_checksum(fact.key.requester)
    return DataAlert(
        DataIssueKind.UNKNOWN_REQUESTER,
        fact.at,
        f"{fact.at.chain_id}:{oracle}:{requester}",
        f"the managed oracle {oracle} was asked by {requester}, which the contract book does not "
        "know: its requests are stored and belong to no question",
    )
