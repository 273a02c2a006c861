"""Writers to one SQLite file take turns, and a turn that is lost holds nobody up for good."""

import gc
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from service.database import open_engine, open_read_sessions
from service.write_turns import WriteTurns


@pytest.fixture
def file(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (words TEXT)"))
    return engine


def write(engine: Engine, words: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES (:words)"), {"words": words})


def test_a_job_that_never_pauses_lets_the_others_in_between_its_batches(file: Engine) -> None:
    stop, batches = threading.Event(), 0

    def keep_writing() -> None:
        nonlocal batches
        while not stop.is_set():
            with file.begin() as connection:
                connection.execute(text("INSERT INTO notes VALUES ('batch')"))
                batches += 1
                # As long as a batch of scores holds it; the next one begins at once.
                stop.wait(0.02)

    busy = threading.Thread(target=keep_writing)
    busy.start()
    waited = []
    for number in range(5):
        before = batches
        write(file, str(number))
        waited.append(batches - before)
    stop.set()
    busy.join()
    # The one being written when it asked, and one that began while it looked.
    assert max(waited) <= 2


def test_a_failed_or_undone_transaction_gives_its_turn_back(file: Engine) -> None:
    with pytest.raises(OperationalError), file.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))
    with file.connect() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('undone')"))
        connection.invalidate()
    done = threading.Thread(target=write, args=(file, "next"))
    done.start()
    done.join(5)
    assert not done.is_alive()


def test_a_connection_that_is_forgotten_gives_its_turn_back(file: Engine) -> None:
    forgotten = file.connect()
    forgotten.execute(text("INSERT INTO notes VALUES ('never committed')"))
    del forgotten
    gc.collect()
    write(file, "next")


def test_a_reader_waits_for_no_turn(file: Engine) -> None:
    with file.begin() as writing:
        writing.execute(text("INSERT INTO notes VALUES ('unseen')"))
        with open_read_sessions(file)() as session:
            assert session.scalar(text("SELECT count(*) FROM notes")) == 0


def test_a_lock_that_sqlite_refuses_leaves_the_queue(file: Engine) -> None:
    other = open_engine(str(file.url))
    with file.connect() as waiting:
        waiting.exec_driver_sql("PRAGMA busy_timeout=1")
        waiting.rollback()
        with other.begin() as outside:
            outside.execute(text("INSERT INTO notes VALUES ('another process')"))
            with pytest.raises(OperationalError, match="locked"):
                waiting.execute(text("SELECT 1"))
    write(file, "later")


def test_turns_come_in_the_order_they_were_asked_for() -> None:
    turns, order = WriteTurns(), []
    assert turns.take()

    def wait_for(number: int) -> None:
        assert turns.take()
        order.append(number)
        turns.give_back()

    threads = []
    for number in range(8):
        thread = threading.Thread(target=wait_for, args=(number,))
        thread.start()
        threads.append(thread)
        # Asked one after the other: each has to be in the queue before the next one is.
        thread.join(0.02)
    turns.give_back()
    for thread in threads:
        thread.join(5)
    assert order == list(range(8))


def test_a_turn_that_never_comes_back_is_not_waited_for_for_ever() -> None:
    turns = WriteTurns(longest_wait_seconds=0.01)
    assert turns.take()
    assert not turns.take()
    turns.give_back()
    assert turns.take()
