"""Facts and rows: the way to the table and back loses nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import RequestTermKind
from models.lifecycle_enums import GameChangeKind, SportsMarketChangeKind
from models.log_fact import LogFact
from models.wallet_enums import CreationKind
from service.chain.archive import read_archive
from service.chain.book import read_book
from service.chain.decode import decode_logs
from service.protocol import facts, sports_facts
from service.protocol.facts import Fact
from service.protocol.log_position import BlockHeader, LogPosition
from service.protocol.wallet_facts import WalletCreated
from service.store.oracle.blocks import add_blocks
from service.store.oracle.fact_shapes import NO_TEXT, TABLES, fact_of
from service.store.oracle.facts import add_facts
from tests.replays import CONTRACTS, SCENARIOS, path_of

AT = LogPosition(137, 1, b"\x01" * 32, 0, b"\x02" * 32, b"\x03" * 20)
ID, WHO, LARGE = b"\x04" * 32, b"\x05" * 20, 2**256 - 1


def of_other_eras() -> Iterator[Fact]:
    """Facts that no capture holds."""
    yield facts.ResolutionAsked(AT, ID, WHO, 7, ID, b"text")
    for kind in RequestTermKind:
        yield facts.RequestTermsChanged(AT, kind, ID, WHO, ID, ID, b"text", value=LARGE)
    yield facts.RulesUpdated(AT, ID, WHO, ID, ID, b"text", b"\xff\x00rules")
    yield sports_facts.GameCreated(AT, ID, 1, ID, b"text", 7)
    yield sports_facts.GameChanged(AT, ID, GameChangeKind.SETTLED, LARGE, 0)
    yield sports_facts.SportsMarketCreated(AT, ID, ID, ID, 2, 1, LARGE)
    yield sports_facts.SportsMarketChanged(AT, ID, SportsMarketChangeKind.RESOLVED, (1, LARGE))
    yield WalletCreated(AT, CreationKind.DEPOSIT_DEPLOYED, WHO, WHO, ID, WHO)
    yield WalletCreated(AT, CreationKind.PROXY_RELAYED, WHO, target=WHO, succeeded=False)


def captured() -> Iterator[Fact]:
    """One fact of each kind that the captures hold."""
    seen: set[type] = set()
    for name in ("00-deployment", *SCENARIOS):
        for capture in read_archive(path_of(name)):
            for fact in decode_logs(capture.logs, read_book(CONTRACTS)).facts:
                if type(fact) not in seen:
                    seen.add(type(fact))
                    yield replace(fact, at=AT)


EXAMPLES = [*captured(), *of_other_eras()]


def test_every_fact_has_a_table_and_an_example() -> None:
    assert set(TABLES) == set(get_args(Fact)) == {type(fact) for fact in EXAMPLES}


@pytest.mark.parametrize("fact", EXAMPLES, ids=lambda fact: type(fact).__name__)
def test_a_fact_read_back_is_the_fact_that_was_stored(session: Session, fact: Fact) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    block_ids = add_blocks(session, [BlockHeader(137, 1, AT.block_hash, bytes(32), now)])
    assert add_facts(session, [fact], block_ids, lambda _: now) == 1

    [row] = session.scalars(select(TABLES[type(fact)]))
    assert isinstance(row, LogFact)
    assert fact_of(row, AT) == _without_text(fact)


def _without_text(fact: Any) -> Any:
    """A fact as it is read back: its text lies in a table of its own."""
    return replace(fact, ancillary_data=NO_TEXT) if hasattr(fact, "ancillary_data") else fact
