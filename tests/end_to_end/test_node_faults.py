"""Each thing a node does wrong, by itself: a clean run later it has left no trace in the facts."""

import random
from pathlib import Path

import pytest

from jobs.wiring import run_job
from models.enums import JobOutcome
from service.chain import rpc
from tests.end_to_end.content import Content, content, differences
from tests.end_to_end.live_house import INDEXERS, index, live_house
from tests.loopback.faulty_node import FAULTS, STALL_SECONDS, FaultyNode
from tests.loopback.node import ReplayNode

STORIES = ("00-deployment", "a-clean", "b-first-dispute", "c-dvm-vote")


def finish(database_url: str, polygon: str, ethereum: str) -> Content:
    """Two undisturbed cycles, and what is stored after them."""
    with live_house(database_url, polygon, ethereum) as house:
        index(house)
        index(house)
        with house.sessions() as session:
            # Windows end where the faults let them.
            return content(session, without=frozenset({"blocks"}))


def test_no_fault_of_a_node_loses_or_doubles_a_fact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    rng = random.Random(1)  # noqa: S311  # draws, no secrets
    with ReplayNode.of(*STORIES) as polygon, ReplayNode.of(*STORIES, chain_id=1) as ethereum:
        clean = finish(f"sqlite:///{tmp_path / 'clean.db'}", polygon.url, ethereum.url)
        for number, fault in enumerate(FAULTS):
            url = f"sqlite:///{tmp_path / str(number)}.db"
            with (
                subtests.test(fault),
                FaultyNode(polygon, rng) as first,
                FaultyNode(ethereum, rng) as second,
            ):
                first.only = second.only = fault
                with (
                    monkeypatch.context() as patch,
                    live_house(url, first.url, second.url) as house,
                ):
                    patch.setattr(rpc, "TIMEOUT_SECONDS", STALL_SECONDS / 2)
                    for name in INDEXERS:
                        assert run_job(house, name).outcome is not JobOutcome.FAILED
                assert first.served[fault] + second.served[fault] > 0
                assert differences(finish(url, polygon.url, ethereum.url), clean) == []
