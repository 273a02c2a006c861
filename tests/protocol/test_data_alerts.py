"""Facts that somebody has to look at, and those nobody has to."""

import pytest

from models.data_enums import DataIssueKind
from models.enums import ContractKind
from service.protocol.contract_facts import ContractChanged
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.data_alerts import DataAlert, find_data_alerts
from service.protocol.facts import (
    Fact,
    PriceDisputed,
    PriceProposed,
    PriceRequested,
    QuestionInitialized,
    RequestKey,
)
from service.protocol.ids import YES_OR_NO_QUERY, to_checksum
from service.protocol.log_position import LogPosition

MANAGED, OPEN, ADAPTER, REPORTER, STRANGER, CREATOR = (bytes([n] * 20) for n in range(1, 7))
BOOK = ContractBook(
    (
        ContractEntry(137, MANAGED, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, 0),
        ContractEntry(137, OPEN, ContractKind.OPTIMISTIC_ORACLE_V2, 0),
        ContractEntry(137, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 0, to_block=50),
        ContractEntry(137, REPORTER, ContractKind.OO_REPORTER, 0),
        ContractEntry(137, CREATOR, ContractKind.QUESTION_CREATOR, 0),
    )
)


def position(block: int, address: bytes) -> LogPosition:
    return LogPosition(137, block, block.to_bytes(32, "big"), 0, bytes(32), address)


def requested(requester: bytes, oracle: bytes = MANAGED, block: int = 1) -> PriceRequested:
    key = RequestKey(requester, YES_OR_NO_QUERY, 0, bytes(32))
    return PriceRequested(position(block, oracle), key, b"", bytes(20), 0, 0)


def changed(name: str, **words: str) -> ContractChanged:
    return ContractChanged(position(1, MANAGED), name, None, words)


def alerts(*facts: Fact) -> list[DataAlert]:
    return list(find_data_alerts(facts, BOOK))


def test_an_unknown_requester_is_one_alert_however_often_it_asks() -> None:
    found = alerts(requested(STRANGER), requested(STRANGER, block=2))
    assert [alert.kind for alert in found] == [DataIssueKind.UNKNOWN_REQUESTER]
    assert found[0].at.block_number == 1
    assert to_checksum(STRANGER) in found[0].reason


def test_the_key_of_an_unknown_requester_is_the_same_whichever_request_is_read() -> None:
    assert alerts(requested(STRANGER))[0].key == alerts(requested(STRANGER, block=7))[0].key


def test_a_proposal_or_a_dispute_names_an_unknown_requester_too() -> None:
    """All that the lazy mode reads of a request."""
    key, at = requested(STRANGER).key, position(1, MANAGED)
    proposal = PriceProposed(at, key, b"", bytes(20), 0, 0, bytes(20))
    dispute = PriceDisputed(at, key, b"", bytes(20), bytes(20), 0, bytes(32))
    keys = {alerts(fact)[0].key for fact in (proposal, dispute, requested(STRANGER))}
    assert len(keys) == 1
    assert len(alerts(proposal, dispute)) == 1


@pytest.mark.parametrize("requester", [ADAPTER, REPORTER])
def test_requesters_of_the_book_are_no_news(requester: bytes) -> None:
    assert alerts(requested(requester)) == []


def test_a_requester_is_unknown_after_the_last_block_the_book_gives_it() -> None:
    assert len(alerts(requested(ADAPTER, block=51))) == 1


def test_anybody_may_ask_the_permissionless_oracle() -> None:
    assert alerts(requested(STRANGER, oracle=OPEN)) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Upgraded", DataIssueKind.CONTRACT_UPGRADED),
        ("RoleGranted", DataIssueKind.ROLE_CHANGED),
        ("RemovedAdmin", DataIssueKind.ROLE_CHANGED),
        ("DefaultProposerWhitelistUpdated", DataIssueKind.WHITELIST_REPLACED),
        ("GatAndSpatChanged", DataIssueKind.PARAMETER_CHANGED),
        ("AllowedBondRangeUpdated", DataIssueKind.PARAMETER_CHANGED),
        ("VotingContractMigrated", DataIssueKind.CONTRACT_MIGRATED),
        ("OwnershipTransferred", DataIssueKind.ROLE_CHANGED),
        ("InterfaceImplementationChanged", DataIssueKind.CONTRACT_MIGRATED),
    ],
)
def test_a_change_of_a_contract_is_an_alert_of_its_kind(name: str, kind: DataIssueKind) -> None:
    assert [alert.kind for alert in alerts(changed(name))] == [kind]


@pytest.mark.parametrize("name", ["AddedToWhitelist", "RemovedFromWhitelist", "WithdrawnRewards"])
def test_what_happens_every_day_is_no_alert(name: str) -> None:
    assert alerts(changed(name)) == []


def test_an_alert_says_the_role_s_name_and_the_words_of_the_log() -> None:
    role = "0x92a19c77d2ea87c7f81d50c74403cb2f401780f3ad919571121efe2bdb427eb1"
    (alert,) = alerts(changed("RoleGranted", role=role, account="0xabc"))
    assert "managed_optimistic_oracle_v2" in alert.reason
    assert "role RESOLVER_ROLE, account 0xabc" in alert.reason


def opened(prices: str, creator: bytes = CREATOR) -> QuestionInitialized:
    text = (
        f"q: title: Will it?, description: It may. res_data: {prices}. Where p1 corresponds to No, "
        "p2 to Yes, p3 to unknown/50-50."
    ).encode()
    at = position(1, ADAPTER)
    return QuestionInitialized(at, bytes(32), 7, creator, bytes(32), text, bytes(20), 0, 0)


def test_a_text_whose_answers_have_other_prices_than_the_adapter_pays_is_an_alert() -> None:
    (alert,) = alerts(opened("p1: 1, p2: 0, p3: 0.5"))
    assert alert.kind is DataIssueKind.PAYS_AGAINST_TEXT
    assert "would pay the other side" in alert.reason


def test_a_text_that_pays_as_written_and_a_stranger_s_text_are_no_news() -> None:
    assert alerts(opened("p1: 0, p2: 1, p3: 0.5")) == []
    assert alerts(opened("p1: 1, p2: 0, p3: 0.5", creator=STRANGER)) == []
