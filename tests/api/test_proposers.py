"""What proposers and disputers did, over the API."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from jobs.detect_rings import detect_rings
from models.wallet import WalletLink
from models.wallet_enums import LinkBasis, LinkKind
from service.api.app import create_app
from service.api.proposer_schemas import ProposerDetail
from service.api.wallets import CAUTION
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.ids import to_checksum, to_hex
from service.protocol.prices import NO, YES
from service.store.oracle.question_states import fold_questions
from tests.jobs.test_detect_rings import add_dispute, add_history, fold
from tests.store.chain_scenes import Chain
from tests.store.judged import judge
from tests.store.rate_scenes import BOOK
from tests.store.scenes import NOW, add_market, question_id_of, ref_of

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
BAIT, HOOK = bytes([7] * 20), bytes([9] * 20)
LATER = NOW + 20 * DAY


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    # What is read runs on both databases in tests/store/test_oracle_actors.py.
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    ensure_schema(engine)
    yield open_sessions(engine)
    engine.dispose()


@pytest.fixture
def client(sessions: sessionmaker[Session]) -> Iterator[TestClient]:
    app = create_app(sessions, SetClock(LATER), version="1")
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def ask(client: TestClient, address: bytes, **params: str) -> ProposerDetail:
    answer = client.get(f"/v1/proposers/{to_hex(address)}", params=params)
    assert answer.status_code == 200, answer.text
    return ProposerDetail.model_validate(answer.json())


def test_disputes_are_counted_by_how_they_ended(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        for number, price in ((1, NO), (2, YES), (3, None)):
            add_dispute(session, number, NOW, proposer=7, disputer=9)
            if price is not None:
                chain = Chain(session, number)
                chain.height += 500
                chain.settle(NOW - 3 * HOUR, NOW + 3 * DAY, price)
        add_dispute(session, 4, NOW, proposer=7, disputer=7)
        fold(session)

    proposer, disputer = ask(client, BAIT), ask(client, HOOK)

    lost = proposer.proposals_disputed
    assert (lost.total, lost.disputer_won, lost.proposer_won, lost.unsettled) == (3, 1, 1, 1)
    assert disputer.disputes == lost
    assert (proposer.self_disputes, disputer.self_disputes) == (1, 0)
    assert {line.role for line in proposer.recent_disputes} == {"proposer", "both"}
    assert {line.market for line in disputer.recent_disputes} == {ref_of(n) for n in (1, 2, 3)}
    assert proposer.wrong_answers.share is None
    assert proposer.wrong_answers.reason is not None
    assert proposer.caution == CAUTION
    assert proposer.exposure == f"/v1/wallets/{to_checksum(BAIT)}/exposure"
    # Settlements come three days later.
    before = ask(client, BAIT, as_of=f"{NOW + DAY:%Y-%m-%dT%H:%M:%SZ}").proposals_disputed
    assert (before.total, before.unsettled) == (3, 3)


def test_a_dispute_between_addresses_of_one_owner_is_its_own(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_dispute(session, 1, NOW, proposer=7, disputer=9)
        session.add(
            WalletLink(
                from_address=BAIT,
                to_address=HOOK,
                kind=LinkKind.OWN,
                basis=LinkBasis.CREATED,
                confidence=Decimal("0.99"),
                valid_from=None,
                valid_to=None,
                evidence=[],
                known_at=NOW,
            )
        )
        fold(session)

    found = ask(client, HOOK)

    assert (found.self_disputes, found.disputes.total) == (1, 0)
    assert found.addresses == [to_checksum(BAIT), to_checksum(HOOK)]
    assert found.entity_id == to_checksum(BAIT)
    assert [one.confidence for one in found.links] == ["0.990"]


def test_answers_paid_wrong_have_an_interval(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1)
        chain = Chain(session, 1)
        chain.initialize(NOW - 9 * DAY)
        chain.propose(NOW - 9 * DAY, NOW - 8 * DAY, YES, proposer=BAIT)
        chain.settle(NOW - 9 * DAY, NOW - 7 * DAY, YES)
        chain.pay(NOW - 6 * DAY, ["1", "0"])
        fold_questions(session, [question_id_of(1)], BOOK)
        # Three blind adjudicators say No.
        judge(session, market)

    found = ask(client, BAIT).wrong_answers

    assert (found.labelled, found.paid_wrong) == (1, 1)
    assert found.share is not None
    assert found.share.p05 < 0.75 == found.share.mean < found.share.p95


def test_rings_are_shown_with_their_transactions(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_history(session)
        for number in range(8):
            at = NOW - 24 * DAY + number * 3 * DAY
            add_dispute(session, 200 + number, at, proposer=7, disputer=9)
        fold(session)
    detect_rings(sessions, SetClock(NOW))

    found = ask(client, HOOK)

    (ring,) = found.rings
    assert "disputed" in ring.words
    assert len({one.transaction for one in ring.evidence}) == 8
    assert found.signs == []


def test_who_never_acted_on_the_oracle_is_not_found(client: TestClient) -> None:
    answer = client.get("/v1/proposers/0x" + "AB" * 20)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "neither proposed nor disputed" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["0x12", "hello", "0x" + "zz" * 20])
def test_what_is_no_address_is_refused(client: TestClient, address: str) -> None:
    assert client.get(f"/v1/proposers/{address}").status_code == 422
