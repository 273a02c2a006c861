"""What getters say is kept as long as it is the same, and a contract without one loses nothing."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from eth_hash.auto import keccak
from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.read_parameters import read_parameters
from models.enums import ContractKind
from service.chain.book import read_book
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.protocol.ids import to_checksum
from service.protocol.parameter_readings import ParameterReading
from service.store.oracle.parameter_readings import list_readings
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS

BOOK = read_book(CONTRACTS)
CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
[VOTING] = BOOK.addresses(1, [ContractKind.VOTING_V2])


def says(replay: ReplayNode, name: str, word: str) -> None:
    selector = "0x" + keccak(f"{name}()".encode())[:4].hex()
    replay.getters["0x" + VOTING.hex(), selector] = word


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with ReplayNode.of("00-deployment", "b-first-dispute", "c-dvm-vote", chain_id=1) as node:
        says(node, "gat", f"0x{5_000_000 * 10**18:064x}")
        says(node, "spat", f"0x{65 * 10**16:064x}")
        says(node, "slashingLibrary", "0x" + "00" * 12 + "ab" * 20)
        yield node


def run(sessions: sessionmaker[Session], replay: ReplayNode) -> CycleReport:
    circuit = Circuit("ethereum_rpc", CLOCK, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
    node = Node("ethereum_rpc", 1, [SecretStr(replay.url)], circuit)
    return read_parameters(sessions, (node,), BOOK, CLOCK)


def readings(sessions: sessionmaker[Session]) -> list[ParameterReading]:
    with sessions() as session:
        return list_readings(session, 1)


def test_getters_a_contract_lacks_are_left_out_and_the_others_kept(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    report = run(sessions, replay)
    assert report.degraded == ()
    assert {(r.name, r.value) for r in readings(sessions)} == {
        ("gat", str(5_000_000 * 10**18)),
        ("spat", str(65 * 10**16)),
        ("slashingLibrary", to_checksum(b"\xab" * 20)),
    }


def test_a_value_read_again_lasts_longer_and_a_new_one_is_a_row_of_its_own(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.head = 80
    run(sessions, replay)
    replay.head = 90
    run(sessions, replay)
    says(replay, "spat", f"0x{5 * 10**17:064x}")
    replay.head = 99
    run(sessions, replay)
    spat = [r for r in readings(sessions) if r.name == "spat"]
    assert [(r.first_block, r.last_block) for r in spat] == [(80, 90), (99, 99)]
    assert [r.value for r in spat] == [str(65 * 10**16), str(5 * 10**17)]


def test_a_node_that_lags_takes_no_reading_back(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    run(sessions, replay)
    replay.head = 80
    says(replay, "spat", f"0x{1:064x}")
    run(sessions, replay)
    assert [r.value for r in readings(sessions) if r.name == "spat"] == [str(65 * 10**16)]


def test_a_word_that_is_none_degrades_the_chain_and_keeps_nothing(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    says(replay, "gat", "0x1234")
    report = run(sessions, replay)
    assert len(report.degraded) == 1
    assert "gat" in report.degraded[0]
    assert readings(sessions) == []
