"""Groups of voters and single voters over the API."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models.bloc import BlocSearch
from models.chain import Block
from models.enums import StakeChangeKind
from models.voting import Reveal, StakeChange
from models.wallet import WalletLink
from models.wallet_enums import LinkBasis, LinkKind
from service.api.app import create_app
from service.api.bloc_schemas import Blocs, VoterDetail
from service.api.wallets import CAUTION
from service.clock import SetClock
from service.database import open_engine, open_read_sessions
from service.detection.voting_worlds import World, draw_world
from service.protocol.ids import to_checksum
from service.protocol.rounds import RoundTime
from service.store.attacks.blocs import add_blocs, add_search
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW
from tests.store.test_blocs import group
from tests.store.voting_rows import add_votes, end_of

EARLIER = NOW - timedelta(days=1)


@pytest.fixture
def kept(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        add_blocs(session, [group([16, 32]), group([48, 64]), group([80, 96])], "blocs-1", EARLIER)
        add_search(
            session,
            BlocSearch(
                entities=6,
                requests=40,
                informative=12,
                groups=3,
                document={
                    "least_pushes": [{"size": 6, "pushes": 11, "most_tried": 40, "trials": 20}],
                    "power": "6 entities need about 11 joint pushes",
                },
                model_version="blocs-1",
                known_at=EARLIER,
            ),
        )


def ask(client: TestClient, **params: str) -> Blocs:
    answer = client.get("/v1/blocs", params=params)
    assert answer.status_code == 200, answer.text
    return Blocs.model_validate_json(answer.content)


@pytest.mark.usefixtures("kept")
def test_groups_come_page_by_page_with_what_could_not_be_seen(client: TestClient) -> None:
    first = ask(client, limit="2")
    assert first.next_cursor is not None
    second = ask(client, limit="2", cursor=first.next_cursor)
    assert (len(first.data), len(second.data), second.next_cursor) == (2, 1, None)
    assert len({bloc.bloc_id for bloc in [*first.data, *second.data]}) == 3
    assert first.caution == CAUTION
    assert first.search is not None
    assert [(one.size, one.pushes) for one in first.search.least_pushes] == [(6, 11)]
    assert [len(entity.addresses) for entity in first.data[0].entities] == [2, 2]
    # Nobody's stake is stored.
    assert first.concentration is None
    assert "concentration, shares: " in first.missing[0]


@pytest.mark.usefixtures("kept")
def test_each_time_is_told_what_was_known_by_then(client: TestClient) -> None:
    before = ask(client, as_of=(EARLIER - timedelta(hours=1)).isoformat())
    assert (before.data, before.search) == ([], None)
    assert any("find_blocs" in one for one in before.missing)


def test_what_cannot_be_used_is_a_problem(client: TestClient) -> None:
    for path in ("/v1/blocs?limit=0", "/v1/blocs?cursor=AAAA", "/v1/blocs?kind=x"):
        answer = client.get(path)
        assert answer.status_code == 422, path
        assert answer.headers["content-type"] == "application/problem+json"
    unknown = client.get("/v1/voters/0x" + "12" * 20)
    assert unknown.status_code == 404
    assert "neither staked nor voted" in unknown.json()["detail"]
    assert client.get("/v1/voters/0x12").status_code == 422


def test_a_voters_rounds_add_up(sessions: sessionmaker[Session]) -> None:
    matrix = draw_world(
        World(voters=9, requests=12, error=0.3, round_size=4), np.random.default_rng(2)
    )
    with sessions.begin() as session:
        add_votes(session, matrix)
    client = TestClient(create_app(sessions, SetClock(end_of(matrix)), version="1"))
    found = VoterDetail.model_validate_json(client.get(f"/v1/voters/{matrix.entities[3]}").content)
    assert len(found.rounds) == 3
    assert found.requests == 12
    assert found.missed == (matrix.answers[3] == -1).sum()
    with_most = against = 0
    for column in range(12):
        heads = Counter(matrix.answers[matrix.answers[:, column] >= 0, column].tolist())
        (top, count), *rest = heads.most_common(2)
        mine = matrix.answers[3, column]
        if mine >= 0 and not (rest and rest[0][1] == count):
            with_most, against = with_most + (mine == top), against + (mine != top)
    assert found.agreement is not None
    assert found.agreement.votes == with_most + against
    assert found.agreement.share == pytest.approx(with_most / (with_most + against))
    assert found.agreement.p05 <= found.agreement.share <= found.agreement.p95


def test_votes_sealed_at_the_same_time_are_no_delegation(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    one, other, bases = b"\x01" * 20, b"\x02" * 20, [*LinkBasis]
    with sessions.begin() as session:
        chain = Chain(session, 1)
        block = chain.block(NOW - timedelta(days=1))
        chain.add(block, StakeChange, bytes(20), kind=StakeChangeKind.STAKED, voter=one, amount=1)
        for basis in bases:
            session.add(
                WalletLink(
                    from_address=one,
                    to_address=other,
                    kind=LinkKind.VOTE,
                    basis=basis,
                    confidence=Decimal("0.150"),
                    evidence=[],
                    known_at=EARLIER,
                )
            )
    answer = client.get(f"/v1/voters/{to_checksum(one)}")
    found = VoterDetail.model_validate_json(answer.content)
    control = {"delegation", "designated_voter", "voted_for"}
    assert {link.basis for link in found.delegations} == control
    assert {link.basis for link in found.links} == {basis.value for basis in bases} - control


@pytest.fixture
def recorded(whole_chain_url: str) -> Iterator[tuple[Session, TestClient, datetime]]:
    engine = open_engine(whole_chain_url)
    sessions = open_read_sessions(engine)
    with sessions() as session:
        last = session.scalar(select(func.max(Reveal.round_id)))
        assert last is not None
        # The reveal phase of the last recorded round.
        at = datetime.fromtimestamp(RoundTime(last).ends_at - 60, UTC)
        yield session, TestClient(create_app(sessions, SetClock(at), version="1")), at
    engine.dispose()


def test_a_recorded_voter_has_its_stake_its_rank_and_its_history(
    recorded: tuple[Session, TestClient, datetime],
) -> None:
    session, client, at = recorded
    newest = {
        row.voter: row.voter_stake
        for row, _ in session.execute(
            select(StakeChange, Block.number)
            .join(Block, Block.id == StakeChange.block_id)
            .where(StakeChange.voter_stake.is_not(None), StakeChange.known_at <= at)
            .order_by(Block.number, StakeChange.log_index)
        )
    }
    largest = max(newest, key=lambda voter: newest[voter] or 0)
    answer = client.get(f"/v1/voters/{to_checksum(largest)}")
    found = VoterDetail.model_validate_json(answer.content)
    assert found.stake is not None
    assert (found.stake.rank, found.address) == (1, to_checksum(largest))
    assert 0 < found.stake.share < 1
    assert found.entity is not None
    assert (found.entity.confidence == "1.000") == (len(found.entity.addresses) == 1)
    assert found.stake_history[-1].kind == "staked"
    assert found.rounds[0].round_id >= found.rounds[-1].round_id
    blocs = Blocs.model_validate_json(client.get("/v1/blocs").content)
    assert blocs.concentration is not None
    assert blocs.concentration.by_address.top1 == pytest.approx(found.stake.share)
    by_entity = blocs.concentration.by_entity
    assert by_entity.entities <= blocs.concentration.by_address.entities
    # No group stands.
    assert blocs.concentration.by_group == by_entity
