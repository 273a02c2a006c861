"""The votes in a capture's own logs, read without a line of the product's decoding."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eth_abi.abi import decode

# VoteRevealed(address indexed voter, address indexed caller, uint32 roundId,
#   bytes32 indexed identifier, uint256 time, bytes ancillaryData, int256 price, uint128 numTokens)
REVEALED = "0x97fd2ce926defea5c438a5e8084209a81af5ad8539d8198af200a52e0b7b374c"
# PriceRequestAdded(bytes32 indexed identifier, uint256 time, bytes ancillaryData,
#   bytes32 indexed requestHash), on Ethereum: the hash is the vote's request id.
ARRIVED = "0x55ad1db144341b8105784dba37a7cb1c3088262f75ea638cfb7c8ecfb73751c6"
# RequestRolled(bytes32 indexed identifier, uint256 indexed time, bytes, uint32 rollCount)
ROLLED = "0xd2015110b61cf45ac25df193536f3da3ca934752cf8612a62b74636681c25e6f"
# RequestResolved(uint32 indexed roundId, uint256 indexed resolvedPriceRequestIndex,
#   bytes32 indexed identifier, uint256 time, bytes ancillaryData, int256 price)
RESOLVED = "0x4bd654e0f2fccf397ffdd356a54802a5a7888799057ecac1ca29c523bbeb1433"

Vote = tuple[str, int, str, str]
Request = tuple[str, int, bytes]  # identifier, time, ancillary data


def revealed_votes(logs: Sequence[Mapping[str, Any]]) -> dict[str, list[Vote]]:
    """(voter, round, price, tokens) of every reveal, sorted, by the vote's request id."""
    return {request_id: sorted(found) for request_id, found in votes_in_order(logs).items()}


def votes_in_order(logs: Sequence[Mapping[str, Any]]) -> dict[str, list[Vote]]:
    """The same, in the order they were opened in."""
    places = {id(log): (int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in logs}
    request_ids, votes = _request_ids(logs), defaultdict(list)
    for log in sorted(logs, key=lambda log: places[id(log)]):
        for request, vote in _votes_of([log]):
            votes[request_ids[request]].append(vote)
    return dict(votes)


def resolutions(logs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, str]]:
    """(round, price) of every RequestResolved, by the vote's request id."""
    request_ids, found = _request_ids(logs), {}
    for topics, data in _of(logs, RESOLVED):
        time, text, price = decode(["uint256", "bytes", "int256"], data)
        found[request_ids[topics[3], time, text]] = (int(topics[1], 16), str(price))
    return found


def rolled_requests(logs: Sequence[Mapping[str, Any]]) -> set[str]:
    """The ids of the requests that rolled at least once."""
    request_ids = _request_ids(logs)
    return {
        request_ids[topics[1], int(topics[2], 16), decode(["bytes", "uint32"], data)[0]]
        for topics, data in _of(logs, ROLLED)
    }


def _votes_of(logs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Request, Vote]]:
    for topics, data in _of(logs, REVEALED):
        types = ["uint32", "uint256", "bytes", "int256", "uint128"]
        round_id, time, text, price, tokens = decode(types, data)
        vote = ("0x" + topics[1][-40:], round_id, str(price), str(tokens))
        yield (topics[3], time, text), vote


def _request_ids(logs: Sequence[Mapping[str, Any]]) -> dict[Request, str]:
    return {
        (topics[1], *decode(["uint256", "bytes"], data)): topics[2]
        for topics, data in _of(logs, ARRIVED)
    }


def _of(logs: Sequence[Mapping[str, Any]], topic0: str) -> Iterator[tuple[list[str], bytes]]:
    return (
        (log["topics"], bytes.fromhex(log["data"][2:]))
        for log in logs
        if log["topics"][0] == topic0
    )


def exported_votes(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Vote]]:
    """The votes of exported questions in the same shape; requests nobody voted on are left out."""
    return {
        request["parent_request_id"]: sorted(
            (vote["voter"].lower(), vote["round"], vote["price"], vote["tokens"])
            for vote in request["votes"]
        )
        for row in rows
        for request in row["dvm_requests"]
        if request["votes"]
    }
