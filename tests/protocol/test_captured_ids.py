"""Every id in every capture, recomputed: the contracts themselves computed the expected values."""

from collections.abc import Iterator
from dataclasses import dataclass

from eth_hash.auto import keccak

from service.protocol.dvm_text import (
    CompressedText,
    compress,
    read_dvm_text,
    read_stamped,
    stamp,
)
from service.protocol.ids import (
    YES_OR_NO_QUERY,
    condition_id,
    dvm_request_id,
    question_id,
)
from service.protocol.market_ids import (
    neg_risk_market_id,
    neg_risk_market_of,
    neg_risk_question_id,
)
from tests.protocol.captured import (
    ETHEREUM,
    POLYGON,
    CapturedLog,
    address_of,
    captured_logs,
)


@dataclass(frozen=True, slots=True)
class Bridged:
    """A ``PriceRequestBridged`` of the captures."""

    oracle: bytes
    tunnel: bytes
    block_number: int
    time: int
    stamped: bytes
    child: bytes
    parent: bytes


def bridged_requests() -> Iterator[Bridged]:
    signature = "PriceRequestBridged(address,bytes32,uint256,bytes,bytes32,bytes32)"
    for log in captured_logs(POLYGON, signature, ("bytes32", "uint256", "bytes")):
        oracle, child, parent = log.topics
        identifier, time, stamped = log.data
        assert identifier == YES_OR_NO_QUERY
        yield Bridged(
            address_of(oracle), log.address, log.block_number, time, stamped, child, parent
        )


def initialized() -> list[CapturedLog]:
    return captured_logs(
        POLYGON,
        "QuestionInitialized(bytes32,uint256,address,bytes,address,uint256,uint256)",
        ("bytes", "address", "uint256", "uint256"),
    )


def test_every_question_id_is_the_hash_of_its_text() -> None:
    for log in initialized():
        assert question_id(log.data[0]) == log.topics[0]


def test_every_condition_id_recomputes_from_its_preparation() -> None:
    signature = "ConditionPreparation(bytes32,address,bytes32,uint256)"
    for log in captured_logs(POLYGON, signature, ("uint256",)):
        condition, oracle, question = log.topics
        assert condition_id(address_of(oracle), question, log.data[0]) == condition


def test_every_neg_risk_market_id_recomputes_from_its_operator_and_title() -> None:
    signature = "MarketPrepared(bytes32,address,uint256,bytes)"
    for log in captured_logs(POLYGON, signature, ("uint256", "bytes")):
        market, operator = log.topics
        fee, title = log.data
        assert neg_risk_market_id(address_of(operator), fee, title) == market


def test_every_neg_risk_question_id_recomputes_from_its_market_and_index() -> None:
    signature = "QuestionPrepared(bytes32,bytes32,bytes32,uint256,bytes)"
    adapters_questions = {log.topics[0] for log in initialized()}
    for log in captured_logs(POLYGON, signature, ("uint256", "bytes")):
        market, question, request = log.topics
        assert neg_risk_question_id(market, log.data[0]) == question
        assert neg_risk_market_of(question) == market
        assert request in adapters_questions


def test_every_child_and_parent_id_recomputes() -> None:
    for request in bridged_requests():
        compressed = compress(
            request.stamped,
            block_number=request.block_number,
            tunnel=request.tunnel,
            oracle=request.oracle,
            chain_id=POLYGON,
        )
        child = dvm_request_id(YES_OR_NO_QUERY, request.time, request.stamped)
        parent = dvm_request_id(YES_OR_NO_QUERY, request.time, compressed)
        assert (child, parent) == (request.child, request.parent)


def test_every_bridged_text_is_a_question_that_was_initialized() -> None:
    asked = {(log.address, log.topics[0]) for log in initialized()}
    for request in bridged_requests():
        read = read_stamped(request.stamped)
        assert read is not None
        assert stamp(read.question, read.requester) == request.stamped
        assert (read.requester, question_id(read.question)) in asked


def test_every_vote_finds_its_question_by_id_and_by_hash() -> None:
    by_parent = {request.parent: request for request in bridged_requests()}
    by_hash = {keccak(request.stamped) for request in by_parent.values()}
    votes = captured_logs(
        ETHEREUM,
        "RequestAdded(address,uint32,bytes32,uint256,bytes,bool)",
        ("uint256", "bytes", "bool"),
    )
    for log in votes:
        time, text, _ = log.data
        request = by_parent[dvm_request_id(log.topics[2], time, text)]
        read = read_dvm_text(text)
        assert read == CompressedText(
            stamped_hash=keccak(request.stamped),
            block_number=request.block_number,
            tunnel=request.tunnel,
            oracle=request.oracle,
            chain_id=POLYGON,
        )
        assert read.stamped_hash in by_hash


def test_every_arrival_on_either_side_is_logged_under_the_id_of_its_text() -> None:
    for chain_id in (POLYGON, ETHEREUM):
        signature = "PriceRequestAdded(bytes32,uint256,bytes,bytes32)"
        for log in captured_logs(chain_id, signature, ("uint256", "bytes")):
            identifier, request_hash = log.topics
            assert dvm_request_id(identifier, *log.data) == request_hash


def test_every_revealed_vote_belongs_to_a_bridged_request() -> None:
    parents = {request.parent for request in bridged_requests()}
    signature = "VoteRevealed(address,address,uint32,bytes32,uint256,bytes,int256,uint128)"
    for log in captured_logs(
        ETHEREUM, signature, ("uint32", "uint256", "bytes", "int256", "uint128")
    ):
        _, time, text, _, _ = log.data
        assert dvm_request_id(log.topics[2], time, text) in parents


def test_a_pushed_price_names_the_parent_on_ethereum_and_the_child_on_polygon() -> None:
    requests = list(bridged_requests())
    children = {request.parent: request.child for request in requests}
    signature = "PushedPrice(bytes32,uint256,bytes,int256,bytes32)"
    for chain_id in (POLYGON, ETHEREUM):
        for log in captured_logs(chain_id, signature, ("uint256", "bytes", "int256")):
            identifier, request_hash = log.topics
            time, text, _ = log.data
            parent = dvm_request_id(identifier, time, text)
            assert request_hash == (children[parent] if chain_id == POLYGON else parent)
