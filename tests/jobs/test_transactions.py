"""Two writers on PostgreSQL that want the same rows in opposite orders: both finish."""

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from jobs.import_logs import ImportResult, import_logs
from jobs.transactions import in_transaction
from models.base import Base
from models.chain import Block
from models.oracle import AncillaryText
from service.chain.book import read_book
from service.clock import SystemClock
from service.database import open_engine, open_sessions
from service.store.upserts import insert_or_ignore
from tests.jobs.encoded_store import store
from tests.jobs.test_eras import OLD, Legacy
from tests.postgresql import postgresql_database
from tests.replays import CONTRACTS, SCENARIOS, path_of

FIRST, SECOND = b"\x01" * 32, b"\x02" * 32
PATIENCE_SECONDS = 30


@pytest.fixture
def server_engine(postgresql_url: str) -> Iterator[Engine]:
    with postgresql_database(postgresql_url) as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def on_server(server_engine: Engine) -> sessionmaker[Session]:
    return open_sessions(server_engine)


def add_text(session: Session, text_hash: bytes) -> None:
    insert_or_ignore(session, AncillaryText, [{"hash": text_hash, "data": b"q"}])


def texts(sessions: sessionmaker[Session]) -> list[bytes]:
    """In the order of their insertion."""
    with sessions() as session:
        return list(session.scalars(select(AncillaryText.hash).order_by(text("ctid"))))


def counts(sessions: sessionmaker[Session]) -> dict[str, int | None]:
    with sessions() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }


def test_two_transactions_that_block_each_other_both_finish(
    on_server: sessionmaker[Session],
) -> None:
    both_hold_one = threading.Barrier(2)
    attempts: list[bytes] = []

    def write(first: bytes, then: bytes) -> None:
        def work(session: Session) -> None:
            attempts.append(first)
            add_text(session, first)
            if attempts.count(first) == 1:
                both_hold_one.wait(PATIENCE_SECONDS)
            add_text(session, then)

        in_transaction(on_server, work)

    orders = [(FIRST, SECOND), (SECOND, FIRST)]
    threads = [threading.Thread(target=write, args=order) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert len(attempts) > len(threads)
    assert sorted(texts(on_server)) == [FIRST, SECOND]


def test_an_import_that_loses_to_another_writer_is_made_again_whole(
    on_server: sessionmaker[Session],
) -> None:
    book, file = read_book(CONTRACTS), path_of(SCENARIOS[0])
    alone = import_logs(on_server, [file], book, SystemClock())
    order, rows = texts(on_server), counts(on_server)
    assert len(order) > 1
    with on_server.begin() as session:
        session.execute(delete(Block))
        session.execute(delete(AncillaryText))

    results: list[ImportResult] = []

    def run() -> None:
        results.append(import_logs(on_server, [file], book, SystemClock()))

    importing = threading.Thread(target=run)

    def work(session: Session) -> None:
        # The import, which waits first, is the one to find the deadlock and to be undone.
        session.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        add_text(session, order[-1])
        if importing.ident is None:
            importing.start()
            wait_for_a_waiting_writer(on_server)
        add_text(session, order[0])

    in_transaction(on_server, work)
    importing.join(PATIENCE_SECONDS)
    assert [result.counts for result in results] == [alone.counts]
    assert counts(on_server) == rows


def wait_for_a_waiting_writer(sessions: sessionmaker[Session]) -> None:
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(PATIENCE_SECONDS * 100):
        with sessions() as session:
            if session.scalar(query):
                return
        time.sleep(0.01)
    pytest.fail("the import never waited")


def test_what_is_no_deadlock_is_tried_once(sessions: sessionmaker[Session]) -> None:
    attempts: list[int] = []

    def work(session: Session) -> None:
        attempts.append(1)
        session.execute(text("SELECT * FROM no_such_table"))

    with pytest.raises(DBAPIError):
        in_transaction(sessions, work)
    assert len(attempts) == 1


@pytest.mark.parametrize("step", [1, -1])
def test_the_texts_of_a_capture_are_stored_in_one_order_whatever_the_order_of_its_logs(
    on_server: sessionmaker[Session], step: int
) -> None:
    chain = Legacy().chain
    for data in (b"a", b"b", b"c", b"d")[::step]:
        Legacy(chain, text=data, chosen=data * 32).initialize()
    store(on_server, chain, OLD)
    assert len(texts(on_server)) == 4
    assert texts(on_server) == sorted(texts(on_server))
