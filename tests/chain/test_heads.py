"""Which head is read up to, when a chain's URLs lag, jump back or contradict each other."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from models.enums import SourceState
from service.chain.heads import survey_heads
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.errors import SourceError
from tests.loopback.node import ReplayNode

CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))


def a_block(number: int, branch: int = 0, parts_at: int = 0) -> dict[str, Any]:
    """A block of a plain chain; from ``parts_at`` on it belongs to another branch."""

    def named(at: int) -> str:
        return f"0x{branch if at >= parts_at else 0:02x}{at:062x}"

    return {
        "number": hex(number),
        "hash": named(number),
        "parentHash": named(max(number - 1, 0)),
        "timestamp": hex(1_700_000_000 + 2 * number),
    }


def chain(head: int, branch: int = 0, parts_at: int = 0) -> dict[int, dict[str, Any]]:
    return {number: a_block(number, branch, parts_at) for number in range(head + 1)}


class Urls:
    """Some replay nodes behind one chain."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.nodes: list[ReplayNode] = []

    def add(self, head: int, branch: int = 0, parts_at: int = 0) -> ReplayNode:
        node = ReplayNode(137, chain(head, branch, parts_at), [])
        self.nodes.append(self._stack.enter_context(node))
        return node

    def node(self) -> Node:
        circuit = Circuit("polygon_rpc", CLOCK, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
        return Node("polygon_rpc", 137, [SecretStr(n.url) for n in self.nodes], circuit)


@pytest.fixture
def urls() -> Iterator[Urls]:
    with ExitStack() as stack:
        yield Urls(stack)


def head_of(node: Node, floor: int = 0) -> int | None:
    found = survey_heads(node, floor).head
    return None if found is None else found.number


def states(node: Node) -> list[SourceState]:
    return [url.state for url in node.urls()]


class TestLag:
    def test_the_best_head_counts_and_a_straggler_is_named(self, urls: Urls) -> None:
        for head in (300, 500):
            urls.add(head)
        node = urls.node()
        assert head_of(node) == 500
        behind, best = node.urls()
        assert (behind.state, behind.lag_blocks) == (SourceState.DEGRADED, 200)
        assert behind.reason == "is 200 blocks behind the best head"
        assert (best.state, best.lag_blocks, best.head) == (SourceState.OK, 0, 500)
        assert node.take_counts()["lagging_heads"] == 1

    def test_a_block_beyond_a_url_s_head_is_asked_of_the_others(self, urls: Urls) -> None:
        behind, best = urls.add(495), urls.add(500)
        node = urls.node()
        survey_heads(node, 0)
        behind.asked.clear()
        node.logs(400, 498, [b"\1" * 20], [b"\2" * 32])
        assert "eth_getLogs" not in behind.asked
        assert "eth_getLogs" in best.asked

    def test_a_head_lower_than_before_is_passed_over(self, urls: Urls) -> None:
        first, second = urls.add(500), urls.add(499)
        node = urls.node()
        survey_heads(node, 0)
        first.head, second.head = 300, 501
        second.blocks = chain(501)
        assert head_of(node, 500) == 501
        jumped = node.urls()[0]
        assert jumped.state is SourceState.DEGRADED
        assert "behind the best head" in (jumped.reason or "")
        assert node.take_counts()["heads_jumped_back"] == 1

    def test_a_url_that_fails_leaves_the_others_their_word(self, urls: Urls) -> None:
        broken, _ = urls.add(500), urls.add(499)
        broken.raw_answers = [(502, b"")] * 9
        node = urls.node()
        assert head_of(node) == 499
        assert node.circuit.health.state is SourceState.OK
        assert states(node) == [SourceState.DEGRADED, SourceState.OK]

    def test_without_any_answer_the_chain_has_failed(self, urls: Urls) -> None:
        urls.add(500).raw_answers = [(502, b"")] * 9
        node = urls.node()
        with pytest.raises(SourceError, match="URL 1: HTTP 502"):
            survey_heads(node, 0)
        assert node.health.state is SourceState.DEGRADED


class TestFinality:
    def test_a_node_without_the_tag_is_read_behind_its_latest_and_says_so(self, urls: Urls) -> None:
        urls.add(900).knows_finalized = False
        node = urls.node()
        assert head_of(node) == 900 - 512
        assert node.health.state is SourceState.OK
        assert "URL 1 does not know `finalized`" in (node.health.reason or "")
        assert "512" in (node.urls()[0].reason or "")

    def test_a_node_that_learns_the_tag_is_believed(self, urls: Urls) -> None:
        replay = urls.add(900)
        replay.knows_finalized = False
        node = urls.node()
        survey_heads(node, 0)
        replay.knows_finalized = True
        assert head_of(node) == 900
        assert node.health.reason is None

    def test_a_chain_shorter_than_the_distance_is_read_from_its_first_block(
        self, urls: Urls
    ) -> None:
        urls.add(100).knows_finalized = False
        assert head_of(urls.node()) == 0


class TestDisagreement:
    def test_two_that_differ_are_read_up_to_where_they_agree(self, urls: Urls) -> None:
        urls.add(500)
        urls.add(498, branch=1, parts_at=471)
        node = urls.node()
        survey = survey_heads(node, 400)
        assert survey.head is not None
        assert survey.head.number == 470
        assert survey.disagreement is not None
        assert survey.disagreement.block == 471
        assert survey.disagreement.settled is None
        assert "block 471 is given as" in survey.disagreement.line
        assert "URL 1" in survey.disagreement.line
        assert "URL 2" in survey.disagreement.line
        assert node.take_counts()["disagreements"] == 1

    def test_two_that_differ_on_what_was_read_last_are_not_read(self, urls: Urls) -> None:
        urls.add(500)
        urls.add(500, branch=1, parts_at=300)
        survey = survey_heads(urls.node(), 400)
        assert survey.head is None
        assert survey.disagreement is not None

    def test_two_of_three_are_believed_and_the_third_is_not_asked(self, urls: Urls) -> None:
        urls.add(500)
        wrong = urls.add(505, branch=1, parts_at=480)
        urls.add(501)
        node = urls.node()
        survey = survey_heads(node, 400)
        assert survey.head is not None
        assert survey.head.number == 501
        assert survey.disagreement is not None
        assert survey.disagreement.settled == bytes.fromhex(a_block(500)["hash"][2:])
        assert states(node) == [SourceState.OK, SourceState.DEGRADED, SourceState.OK]
        wrong.asked.clear()
        node.logs(400, 490, [b"\1" * 20], [b"\2" * 32])
        assert wrong.asked == []

    def test_it_is_over_when_they_agree_again(self, urls: Urls) -> None:
        urls.add(500)
        wrong = urls.add(500, branch=1, parts_at=490)
        node = urls.node()
        assert head_of(node, 400) == 489
        wrong.blocks = chain(500)
        survey = survey_heads(node, 400)
        assert survey.disagreement is None
        assert survey.head is not None
        assert survey.head.number == 500
        assert states(node) == [SourceState.OK, SourceState.OK]
