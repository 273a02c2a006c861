"""The recorded stories told again by real EVM nodes and read live, reorganisations included."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.end_to_end.live_house import exported, index, live_house
from tests.loopback.emitter import EmittedChain
from tests.replays import SCENARIOS, read_replay
from tests.replays.expected import as_expected, trimmed
from tests.replays.votes import exported_votes, revealed_votes, rolled_requests

DEPLOYMENT = "00-deployment"
# j is told apart, for it takes parts of itself back; k is not from real contracts.
STORIES = tuple(name for name in SCENARIOS if name[0] not in "jk")
POLYGON, ETHEREUM = "137", "1"

Chains = dict[str, EmittedChain]


@pytest.fixture
def chains() -> Iterator[Chains]:
    """Two fresh nodes on which everything is deployed and nothing has happened."""
    deployment = read_replay(DEPLOYMENT)["chains"]
    with ExitStack() as stack:
        made = {}
        for chain, capture in deployment.items():
            first = capture["blocks"][0]
            made[chain] = stack.enter_context(EmittedChain.of(int(chain), first))
            made[chain].follow(capture)
        yield made


def tell(chains: Chains, name: str) -> dict[str, Any]:
    """Let both nodes follow a story; its document."""
    document = read_replay(name)
    for chain, capture in document["chains"].items():
        chains[chain].follow(capture)
    return document


def check(rows: dict[str, dict[str, Any]], expected: dict[str, Any]) -> None:
    found = {q["questionID"]: as_expected(rows[q["questionID"]]) for q in expected.values()}
    assert found == {q["questionID"]: trimmed(q) for q in expected.values()}


def test_every_recorded_log_comes_out_of_the_node_as_it_was_recorded(chains: Chains) -> None:
    def words(log: dict[str, Any]) -> dict[str, Any]:
        own = {"blockHash", "transactionHash"}
        return {key: value for key, value in log.items() if key not in own}

    logs: dict[str, list[Any]] = {c: [] for c in chains}
    for name in STORIES:
        for chain, capture in tell(chains, name)["chains"].items():
            logs[chain] += capture["logs"]
    for chain, emitted in chains.items():
        first = hex(int(logs[chain][0]["blockNumber"], 16))
        found = emitted.node.ask("eth_getLogs", {"fromBlock": first, "toBlock": "latest"})
        assert [words(log) for log in found] == [words(log) for log in logs[chain]]


def test_each_story_read_live_ends_in_the_state_the_contracts_reported(
    chains: Chains, database_url: str, subtests: pytest.Subtests
) -> None:
    urls = [chains[chain].node.url for chain in (POLYGON, ETHEREUM)]
    told = 0
    with live_house(database_url, *urls) as house:
        for name in STORIES:
            expected = tell(chains, name)["expected"]
            told += len(expected)
            with ExitStack() as final:
                for chain in chains.values():
                    final.enter_context(chain.finalized())
                index(house)
            with subtests.test(name):
                rows = exported(house)
                check(rows, expected)
                assert len(rows) == told


def test_votes_read_live_are_the_reveals_the_node_gave(chains: Chains, database_url: str) -> None:
    stories = [tell(chains, name) for name in STORIES]
    with ExitStack() as stack:
        for chain in chains.values():
            stack.enter_context(chain.finalized())
        urls = [chains[chain].node.url for chain in (POLYGON, ETHEREUM)]
        house = stack.enter_context(live_house(database_url, *urls))
        index(house)
        rows = list(exported(house).values())
    logs = [log for story in stories for log in story["chains"][ETHEREUM]["logs"]]
    votes = revealed_votes(logs)
    assert exported_votes(rows) == votes
    requests = {r["parent_request_id"]: r for row in rows for r in row["dvm_requests"]}
    assert {key for key, r in requests.items() if r["rolled"]} == rolled_requests(logs)
    assert {key: requests[key]["last_round"] for key in votes} == {
        key: max(round_id for _, round_id, _, _ in revealed) for key, revealed in votes.items()
    }


def test_each_view_of_a_chain_that_is_rolled_back_ends_in_its_own_state(
    chains: Chains, database_url: str, subtests: pytest.Subtests
) -> None:
    urls = [chains[chain].node.url for chain in (POLYGON, ETHEREUM)]
    with live_house(database_url, *urls) as house:
        for view in read_replay("j-reorg")["views"]:
            chains[POLYGON].follow(view["capture"])
            with chains[POLYGON].finalized(), chains[ETHEREUM].finalized():
                index(house)
            with subtests.test(view["label"]):
                rows = exported(house)
                check(rows, view["expected"])
                assert len(rows) == len(view["expected"])


def test_what_a_reorganisation_empties_is_as_if_it_had_never_been(
    chains: Chains, database_url: str
) -> None:
    urls = [chains[chain].node.url for chain in (POLYGON, ETHEREUM)]
    before, after = read_replay("j-reorg")["views"][:2]
    with live_house(database_url, *urls) as house:
        for view in (before, after):
            chains[POLYGON].follow(view["capture"])
            with chains[POLYGON].finalized():
                index(house)
            check(exported(house), view["expected"])
        chains[POLYGON].empty(after["head"] - before["head"])
        with chains[POLYGON].finalized():
            index(house)
        check(exported(house), before["expected"])
