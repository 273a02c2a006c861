"""The service as an operator sets it up, with its chains on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from jobs.export import export_rows
from jobs.wiring import House, open_house, run_job
from models.enums import JobOutcome
from service.settings import Settings
from tests.replays import CONTRACTS

INDEXERS = ("check_reorgs", "index_oracle", "index_votes", "fold_facts")


@contextmanager
def live_house(database_url: str, polygon: str, ethereum: str) -> Iterator[House]:
    """A house on an empty database that reads these two nodes through the captures' book."""
    house = open_house(
        Settings(
            database_url=SecretStr(database_url),
            polygon_rpc_urls=(SecretStr(polygon),),
            ethereum_rpc_urls=(SecretStr(ethereum),),
            contracts=CONTRACTS,
        )
    )
    try:
        yield house
    finally:
        house.close()


def index(house: House) -> None:
    """One run of every job that reads a chain, and of the one that folds what they read."""
    for name in INDEXERS:
        result = run_job(house, name)
        assert result.outcome is JobOutcome.OK, result


def exported(house: House) -> dict[str, dict[str, Any]]:
    """Every question as exported, by its id."""
    with house.sessions() as session:
        return {row["question_id"]: row for row in export_rows(session, "questions")}
