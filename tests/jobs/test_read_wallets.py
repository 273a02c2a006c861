"""What a node says of wallets: code, owners and deployments, of those that matter only."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.index_oracle import index_oracle
from jobs.link_wallets import link_wallets
from jobs.read_wallets import read_wallets_of_chains
from models.oracle import Proposal
from models.wallet import WalletCreation, WalletReading, WalletScan
from models.wallet_enums import CreationKind
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.ids import address_word, to_hex
from service.store.wallets.wallet_links import list_links
from tests.loopback.chain_node import NOON, node_of
from tests.loopback.node import ReplayNode
from tests.replays.encoded import EncodedChain
from tests.store.wallet_scenes import (
    BEACON,
    BOOK,
    DEPOSIT_FACTORY,
    DISPUTER,
    PROPOSER,
    RECIPES,
    SAFE_FACTORY,
    a_wallets_chain,
    wallet_of,
)

CLOCK = SetClock(NOON.replace(month=6))


def as_node(chain: EncodedChain) -> ReplayNode:
    blocks = {
        block.number: {
            "number": hex(block.number),
            "hash": to_hex(block.hash),
            "parentHash": to_hex(block.parent_hash),
            "timestamp": hex(int(block.mined_at.timestamp())),
        }
        for block in chain.blocks
    }
    logs = [
        {
            "address": to_hex(log.at.address),
            "topics": [to_hex(topic) for topic in log.topics],
            "data": to_hex(log.data),
            "blockNumber": hex(log.at.block_number),
            "blockHash": to_hex(log.at.block_hash),
            "transactionHash": to_hex(log.at.transaction_hash),
            "logIndex": hex(log.at.log_index),
            "removed": False,
        }
        for log in chain.logs
    ]
    return ReplayNode(137, blocks, logs)


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with as_node(a_wallets_chain()) as node:
        yield node


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    # SQL is not the point here: tests/store/test_wallet_folds.py runs it on both databases.
    engine: Engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    ensure_schema(engine)
    yield open_sessions(engine)
    engine.dispose()


def says(replay: ReplayNode, contract: bytes, signature: str, answer: bytes, words: bytes) -> None:
    data = to_hex(keccak(signature.encode())[:4] + words)
    replay.getters[to_hex(contract), data] = to_hex(answer)


def read(sessions: sessionmaker[Session], replay: ReplayNode) -> CycleReport:
    node = node_of(replay)
    indexed = index_oracle(sessions, (node,), BOOK, CLOCK, lookback=10**9)
    assert indexed.degraded == ()
    link_wallets(sessions, BOOK, RECIPES)
    report = read_wallets_of_chains(sessions, (node,), BOOK, RECIPES, CLOCK)
    link_wallets(sessions, BOOK, RECIPES)
    return report


def confidence(sessions: sessionmaker[Session], wallet: bytes) -> list[Decimal]:
    with sessions() as session:
        return [link.confidence for link in list_links(session, [wallet], CLOCK.now())]


def test_code_and_owner_at_the_head_make_a_derived_wallet_sure(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    safe = wallet_of(PROPOSER)
    replay.codes = {to_hex(safe): "0x6080", to_hex(wallet_of(DISPUTER)): "0x6080"}
    owners = encode(["address[]"], [[to_hex(PROPOSER)]])
    says(replay, safe, "getOwners()", owners, b"")
    says(replay, safe, "getThreshold()", encode(["uint256"], [1]), b"")
    changed = encode(["address[]"], [["0x" + "77" * 20]])
    says(replay, wallet_of(DISPUTER), "getOwners()", changed, b"")
    says(replay, wallet_of(DISPUTER), "getThreshold()", encode(["uint256"], [1]), b"")
    report = read(sessions, replay)
    assert report.degraded == ()
    # Two accounts with four wallets each; what only its log will name is not known yet.
    assert (report.counts["readings"], report.counts["readings_changed"]) == (10, 10)
    assert confidence(sessions, safe) == [Decimal("0.990")]
    assert set(confidence(sessions, wallet_of(DISPUTER))) == {Decimal("0.500")}
    assert confidence(sessions, wallet_of(PROPOSER, BEACON)) == [Decimal("0.700")]


def test_a_contract_has_no_wallets_and_an_account_with_delegated_code_has(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.codes = {to_hex(PROPOSER): "0x6080", to_hex(DISPUTER): "0xef0100" + "11" * 20}
    read(sessions, replay)
    assert confidence(sessions, wallet_of(PROPOSER)) == []
    assert confidence(sessions, wallet_of(DISPUTER, BEACON)) == [Decimal("0.700")]


def test_a_wallet_is_read_again_only_after_a_while(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    read(sessions, replay)
    again = read(sessions, replay)
    # The one wallet that came with its log.
    assert again.counts["readings"] == 1
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(WalletReading)) == 11


def test_only_deployments_for_accounts_that_matter_are_asked_for_and_kept(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    report = read(sessions, replay)
    with sessions() as session:
        [found] = session.scalars(select(WalletCreation))
        assert found.kind == CreationKind.DEPOSIT_DEPLOYED
        assert (found.owner, found.address) == (DISPUTER, DEPOSIT_FACTORY)
        scanned = {scan.owner for scan in session.scalars(select(WalletScan))}
        assert scanned == {PROPOSER, DISPUTER}
        # The reader of the oracle asked for none of the factories' logs.
        assert session.scalar(select(func.count()).select_from(Proposal)) == 2
    assert report.counts["deployments_added"] == 1
    assert confidence(sessions, b"\xaa" * 20) == [Decimal("0.990")]
    assert read(sessions, replay).counts.get("deployments_added", 0) == 0


def test_nothing_is_read_where_a_factory_derives_otherwise(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    probe = address_word(bytes(19) + b"\x01")
    says(replay, SAFE_FACTORY, "computeProxyAddress(address)", b"\0" * 12 + b"\x99" * 20, probe)
    report = read(sessions, replay)
    [line] = report.degraded
    assert line.startswith("polygon_rpc: wallets are derived otherwise: safe: computeProxyAddress")
    assert report.counts == {}
    right = wallet_of(bytes(19) + b"\x01")
    says(replay, SAFE_FACTORY, "computeProxyAddress(address)", b"\0" * 12 + right, probe)
    assert read(sessions, replay).degraded == ()
