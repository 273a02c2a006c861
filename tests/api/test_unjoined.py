"""An address tied to so many that it joins nobody is told of: on its voters, a round and blocs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.wallet import WalletLink
from models.wallet_enums import LinkBasis, LinkKind
from service.api.app import create_app
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.entity_groups import MOST_MEMBERS
from service.protocol.ids import parse_address, to_hex
from service.protocol.rounds import RoundTime
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.parameters import load_parameters
from service.store.oracle.contracts import load_book
from service.store.rounds.round_inputs import load_round
from tests.store.round_scenes import WHALE

JOINT = 10_082
AT = datetime.fromtimestamp(RoundTime(JOINT).reveal_starts_at - 60, UTC)
OTHER = "0xb634409e2cdfec7abab9e7fb210b585af6701f17"
OWNER = b"\xaa" * 20
ALONE = "0xfd2aa6b1556c8475cd1e82d27d50e3e83b50ac04"


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def tie(sessions: sessionmaker[Session], count: int) -> None:
    """The owner to two who vote, and to as many that do not as are wanted."""
    others = [(1_000 + number).to_bytes(20, "big") for number in range(count - 2)]
    with sessions.begin() as session:
        session.add_all(
            WalletLink(
                from_address=OWNER,
                to_address=target,
                kind=LinkKind.OWN,
                basis=LinkBasis.DESIGNATED_OWNER,
                confidence=Decimal("0.950"),
                evidence=[],
                known_at=AT,
            )
            for target in (parse_address(WHALE), parse_address(OTHER), *others)
        )


def notes(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        parameters = load_parameters(), load_attack_parameters()
        found = load_round(session, JOINT, load_book(session), *parameters, AT)
    assert found is not None
    return [note for note in found.notes if note.startswith("entities: ")]


def test_an_owner_of_too_many_joins_nobody_and_is_told_of(whole: sessionmaker[Session]) -> None:
    tie(whole, MOST_MEMBERS + 1)
    [note] = notes(whole)
    assert note.startswith(f"entities: {to_hex(OWNER)} is tied to 201 addresses by ownership or")
    assert "2 with 42," in note
    client = TestClient(create_app(whole, SetClock(AT), version="1.2.3"))
    blocs = client.get("/v1/blocs").json()
    words = note.removeprefix("entities: ")
    assert f"concentration, shares: {words}" in blocs["missing"]
    voter = client.get(f"/v1/voters/{WHALE}").json()
    assert len(voter["entity"]["addresses"]) == 1
    assert f"entity: {words}" in voter["missing"]
    assert not any("tied" in one for one in client.get(f"/v1/voters/{ALONE}").json()["missing"])


def test_an_owner_of_as_many_as_a_person_may_have_joins_them(whole: sessionmaker[Session]) -> None:
    tie(whole, MOST_MEMBERS - 1)
    assert notes(whole) == []
    client = TestClient(create_app(whole, SetClock(AT), version="1.2.3"))
    assert len(client.get(f"/v1/voters/{WHALE}").json()["entity"]["addresses"]) == 2
