"""Tokens sent to voters, read by the voters' topics alone, and the links that come of it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.index_votes import index_votes
from jobs.link_wallets import link_wallets
from jobs.read_wallets import read_wallets_of_chains
from models.enums import ContractKind
from models.voting import StakeChange, TokenTransfer
from models.wallet import Wallet, WalletLink, WalletScan
from models.wallet_enums import LinkBasis, WalletRole
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import to_hex
from service.protocol.wallet_links import HUB_DEGREE
from service.store.wallets.position_queue import list_due_wallets
from service.store.wallets.wallet_links import list_links
from tests.jobs.test_read_wallets import as_node
from tests.loopback.chain_node import NOON, node_of
from tests.loopback.node import ReplayNode
from tests.replays.encoded import EncodedChain, event_of
from tests.store.wallet_scenes import START, UMA, VOTING

TOKEN = b"\xdd" * 20
FIRST = 100_000
BOOK = ContractBook(
    (
        ContractEntry(1, VOTING, ContractKind.VOTING_V2, FIRST),
        ContractEntry(1, TOKEN, ContractKind.VOTING_TOKEN, FIRST),
    )
)
ALICE, BOB, FUNDER, STRANGER = (bytes([n]) * 20 for n in (1, 2, 8, 9))
CLOCK = SetClock(NOON.replace(month=6))


def a_chain() -> EncodedChain:
    """One account sends two their first tokens; they send some to and fro, stake and vote."""
    chain = EncodedChain(START, chain_id=1, first_block=FIRST)
    transfer = event_of(ContractKind.VOTING_TOKEN, "Transfer")
    staked = event_of(ContractKind.VOTING_V2, "Staked")
    for sender, recipient in (
        (FUNDER, ALICE),
        (FUNDER, BOB),
        (STRANGER, FUNDER),
        (ALICE, BOB),
        (BOB, ALICE),
        (ALICE, BOB),
        (STRANGER, STRANGER),
    ):
        chain.send((TOKEN, transfer, (sender, recipient, 200 * UMA)))
    for voter in (ALICE, BOB):
        chain.send((VOTING, staked, (voter, voter, 150 * UMA, 150 * UMA, 0, 300 * UMA)))
    return chain


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with as_node(a_chain()) as node:
        node.chain_id = 1
        yield node


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    # SQL is not the point here: tests/store/test_wallet_folds.py runs it on both databases.
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    ensure_schema(engine)
    yield open_sessions(engine)
    engine.dispose()


def read(sessions: sessionmaker[Session], replay: ReplayNode) -> CycleReport:
    node = node_of(replay)
    assert index_votes(sessions, (node,), BOOK, CLOCK, lookback=10**9).degraded == ()
    link_wallets(sessions, BOOK, ())
    report = read_wallets_of_chains(sessions, (node,), BOOK, (), CLOCK)
    link_wallets(sessions, BOOK, ())
    return report


def confidences(sessions: sessionmaker[Session], basis: LinkBasis) -> dict[bytes, Decimal]:
    with sessions() as session:
        links = list_links(session, [ALICE, BOB], CLOCK.now())
    return {link.target: link.confidence for link in links if link.basis is basis}


def test_only_transfers_to_voters_are_asked_for_and_kept(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    report = read(sessions, replay)
    assert report.degraded == ()
    assert report.counts["transfers_added"] == 5
    with sessions() as session:
        kept = session.scalars(select(TokenTransfer.recipient)).all()
        assert set(kept) == {ALICE, BOB}
        assert {scan.owner for scan in session.scalars(select(WalletScan))} == {ALICE, BOB}
    # Read up to the head, there is nothing to read again.
    assert read(sessions, replay).counts.get("transfers_added", 0) == 0
    assert confidences(sessions, LinkBasis.TRANSFERS) == {
        ALICE: Decimal("0.850"),
        BOB: Decimal("0.850"),
    }


def test_a_first_funder_links_once_it_is_known_to_send_little(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    read(sessions, replay)
    assert confidences(sessions, LinkBasis.FIRST_FUNDED) == {}
    with sessions() as session:
        wallet = session.get(Wallet, FUNDER)
        assert wallet is not None
        assert wallet.roles == [WalletRole.PASSER_BY]
        assert FUNDER not in list_due_wallets(session, CLOCK.now(), 100)
    # As an account it is asked for now.
    read(sessions, replay)
    sure = Decimal("0.633")
    assert confidences(sessions, LinkBasis.FIRST_FUNDED) == {ALICE: sure, BOB: sure}
    with sessions() as session:
        assert session.get_one(Wallet, FUNDER).roles == [WalletRole.FUNDER]
        assert FUNDER in list_due_wallets(session, CLOCK.now(), 100)


def test_a_first_funder_that_sends_to_the_world_links_nobody(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.sent[to_hex(FUNDER)] = HUB_DEGREE + 1
    read(sessions, replay)
    read(sessions, replay)
    assert confidences(sessions, LinkBasis.FIRST_FUNDED) == {}
    # Nor is it anybody: no wallet is derived of it and no position asked for.
    with sessions() as session:
        linked = select(WalletLink).where(WalletLink.from_address == FUNDER)
        assert session.scalars(linked).all() == []
        assert session.get(Wallet, FUNDER) is not None
        assert FUNDER not in list_due_wallets(session, CLOCK.now(), 100)


def test_links_of_older_transfers_are_known_when_both_are_known_to_vote(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    """The last to stake does so after the third transfer."""
    read(sessions, replay)
    with sessions() as session:
        third = session.scalar(select(func.max(TokenTransfer.known_at)))
        both = session.scalar(select(func.max(StakeChange.known_at)))
        assert third is not None
        assert both is not None
        assert third < both
        assert list_links(session, [ALICE], both - timedelta(seconds=1)) == []
        assert len(list_links(session, [ALICE], both)) == 2
