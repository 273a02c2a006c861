"""Decoding: real logs in full, hostile ones without a crash or a silent loss."""

from typing import get_args

from eth_abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import ContractKind
from service.chain.archive import read_archive
from service.chain.book import mainnet_book, read_book
from service.chain.decode import decode_logs
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.protocol import facts, sports_facts
from service.protocol.contract_facts import ContractChanged
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.log_position import LogPosition
from service.protocol.wallet_facts import WalletCreated
from tests.replays import CONTRACTS, SCENARIOS, path_of

ADDRESS = bytes(19) + b"\x07"
TOPICS = sorted({topic for _, topic in EVENTS})
KINDS = sorted({kind for kind, _ in EVENTS})


def position(address: bytes = ADDRESS) -> LogPosition:
    return LogPosition(137, 1, bytes(32), 0, bytes(32), address)


def book_of(kind: ContractKind) -> ContractBook:
    return ContractBook((ContractEntry(137, ADDRESS, kind, 0),))


@settings(max_examples=500)
@given(
    kind=st.sampled_from(KINDS),
    topics=st.lists(st.binary(min_size=32, max_size=32), max_size=3),
    topic0=st.sampled_from(TOPICS) | st.binary(min_size=32, max_size=32),
    data=st.binary(max_size=600),
)
def test_random_words_are_counted_somewhere_and_never_crash(
    kind: ContractKind, topics: list[bytes], topic0: bytes, data: bytes
) -> None:
    log = RawLog(position(), (topic0, *topics), data)
    result = decode_logs([log], book_of(kind))
    ends = len(result.facts) + len(result.undecodable)
    assert ends + result.outside_book + result.unknown_topic == 1


def test_a_log_without_topics_is_of_unknown_topic() -> None:
    result = decode_logs([RawLog(position(), (), b"")], book_of(ContractKind.UMA_CTF_ADAPTER))
    assert result.unknown_topic == 1


def test_an_address_topic_with_dirty_padding_is_undecodable() -> None:
    dispute = next(e for e in EVENTS.values() if e.name == "DisputePrice")
    topics = (dispute.topic0, b"\x01" * 32, bytes(32), bytes(32))
    result = decode_logs(
        [RawLog(position(), topics, bytes(200))], book_of(ContractKind.OPTIMISTIC_ORACLE_V2)
    )
    assert len(result.undecodable) == 1


def test_the_same_topic_means_different_things_on_adapter_and_operator() -> None:
    # QuestionFlagged of the operator shares its topic0 with the adapter's.
    flagged = next(t for (_, t), e in EVENTS.items() if e.name == "QuestionFlagged")
    log = RawLog(position(), (flagged, bytes(32)), b"")
    [on_adapter] = decode_logs([log], book_of(ContractKind.UMA_CTF_ADAPTER)).facts
    [on_operator] = decode_logs([log], book_of(ContractKind.NEG_RISK_OPERATOR)).facts
    assert isinstance(on_adapter, facts.QuestionChanged)
    assert isinstance(on_operator, facts.NegRiskChanged)
    assert decode_logs([log], book_of(ContractKind.VOTING_V2)).unknown_topic == 1


def test_every_event_of_the_real_contracts_is_decoded() -> None:
    book = read_book(CONTRACTS)
    kinds: set[type] = set()
    for name in ("00-deployment", *SCENARIOS):
        for capture in read_archive(path_of(name)):
            result = decode_logs(capture.logs, book)
            assert result.undecodable == []
            kinds |= {type(fact) for fact in result.facts}
    # The captured contracts are of one era, and their administrators changed no request's terms.
    elsewhere = {
        facts.ResolutionAsked,
        facts.RequestTermsChanged,
        facts.RulesUpdated,
        *get_args(sports_facts.SportsFact),
        # No wallet was made on them.
        WalletCreated,
    }
    assert kinds | elsewhere == set(get_args(facts.Fact))


def test_the_target_of_a_governance_call_is_kept_with_its_checksum() -> None:
    proposed = next(e for e in EVENTS.values() if e.name == "NewProposal")
    who = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    data = encode(proposed.data_types, [[(who, 7, b"\x01\x02")]])
    log = RawLog(position(), (proposed.topic0, bytes(31) + b"\x05"), data)
    [fact] = decode_logs([log], book_of(ContractKind.GOVERNOR_V2)).facts
    assert isinstance(fact, ContractChanged)
    assert fact.words == {"id": "5", "transactions": [[who, "7", "0x0102"]]}


def test_the_shipped_book_names_each_address_once_a_role_and_block() -> None:
    entries = mainnet_book().entries
    keys = [(e.chain_id, e.address, e.kind, e.from_block) for e in entries]
    assert len(keys) == len(set(keys))
