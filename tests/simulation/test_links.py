"""Who is linked in simulated worlds: a bloc that seals in step, and nobody who is innocent."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.import_logs import import_logs
from jobs.link_wallets import link_wallets
from models.wallet import WalletLink
from models.wallet_enums import LinkBasis
from service.chain.book import mainnet_book
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from service.simulation.archive import write_simulation
from service.simulation.calendar import instant
from service.store.votes.entity_stakes import entities_of
from service.store.wallets.wallet_facts import list_voters
from tests.simulation.runs import archive_files, played


@pytest.fixture
def sessions(tmp_path: Path) -> sessionmaker[Session]:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    ensure_schema(engine)
    return open_sessions(engine)


@pytest.mark.parametrize("name", ["calm", "ambiguous_wave", "blocking_bloc"])
def test_only_a_bloc_that_seals_in_step_is_linked_by_it(
    name: str, tmp_path: Path, sessions: sessionmaker[Session]
) -> None:
    run = played(name)
    write_simulation(run, tmp_path / "run")
    clock = SetClock(instant(run.ends_at))
    result = import_logs(sessions, archive_files(tmp_path / "run"), mainnet_book(), clock)
    assert not result.refused
    link_wallets(sessions, mainnet_book(), ())
    with sessions() as session:
        voters = list_voters(session)
        linked = {
            address
            for row in session.scalars(select(WalletLink))
            if row.basis == LinkBasis.SEALED_TOGETHER
            for address in (row.from_address, row.to_address)
        }
        entities = entities_of(session, voters, clock.now())
    assert len(voters) > 100
    assert linked == set(run.people.bloc)
    # None of it makes two voters one.
    assert entities == {voter: voter for voter in voters}
