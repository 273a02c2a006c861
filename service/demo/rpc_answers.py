"""JSON-RPC answers of the reconstructed chain as of an instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.demo.ledger import Ledger
from service.protocol.finality import FINALITY_LAG, POLYGON

PARSE_ERROR = -32700
BAD_REQUEST = -32600
NO_METHOD = -32601
BAD_PARAMS = -32602


class RpcFault(Exception):  # JSON-RPC calls it an error object; this carries one
    """A refusal with its JSON-RPC code."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the code beside the message."""
        super().__init__(message)
        self.code = code


def answer_rpc(request: object, ledger: Ledger, now: datetime) -> object:
    """The answer to one request or to a batch."""
    if isinstance(request, list):
        return [_answer_one(one, ledger, now) for one in request]
    return _answer_one(request, ledger, now)


def _answer_one(request: object, ledger: Ledger, now: datetime) -> dict[str, Any]:
    if not isinstance(request, Mapping):
        return _envelope(None, error=RpcFault(BAD_REQUEST, "not a request object"))
    identity = request.get("id")
    try:
        return _envelope(identity, result=_result(request, ledger, now))
    except RpcFault as fault:
        return _envelope(identity, error=fault)


def _result(request: Mapping[str, Any], ledger: Ledger, now: datetime) -> object:
    params = request.get("params") or []
    match request.get("method"):
        case "eth_chainId":
            return hex(POLYGON)
        case "net_version":
            return str(POLYGON)
        case "web3_clientVersion":
            return "settlewatch-reconstruction"
        case "eth_blockNumber":
            return hex(ledger.head(now))
        case "eth_getBlockByNumber":
            number = _number(_param(params, 0), ledger, now)
            return ledger.block(number) if number <= ledger.head(now) else None
        case "eth_getLogs":
            return _logs(_param(params, 0), ledger, now)
        case method:
            raise RpcFault(NO_METHOD, f"method {str(method)[:60]!r} is not served here")


def _logs(wanted: object, ledger: Ledger, now: datetime) -> list[dict[str, Any]]:
    if not isinstance(wanted, Mapping):
        raise RpcFault(BAD_PARAMS, "eth_getLogs wants a filter object")
    first = _number(wanted.get("fromBlock", "latest"), ledger, now)
    last = min(_number(wanted.get("toBlock", "latest"), ledger, now), ledger.head(now))
    if first > last:
        return []
    topics = wanted.get("topics") or []
    return ledger.logs(
        first, last, _choices(wanted.get("address")), [_choices(topic) for topic in topics]
    )


def _choices(value: object) -> frozenset[str] | None:
    """One hex string, a list of them, or none: any of these matches, none matches all."""
    if value is None:
        return None
    if isinstance(value, str):
        return frozenset({value.lower()})
    if isinstance(value, Sequence):
        return frozenset(str(part).lower() for part in value)
    raise RpcFault(BAD_PARAMS, "an address or topic is a string or a list of strings")


def _number(tag: object, ledger: Ledger, now: datetime) -> int:
    match tag:
        case "latest" | "pending":
            return ledger.head(now)
        case "finalized" | "safe":
            return ledger.head(now - FINALITY_LAG[POLYGON])
        case "earliest":
            return 0
        case str() if tag.startswith("0x"):
            try:
                return int(tag, 16)
            except ValueError as error:
                raise RpcFault(BAD_PARAMS, f"not a block number: {tag[:60]!r}") from error
        case _:
            raise RpcFault(BAD_PARAMS, f"not a block number: {str(tag)[:60]!r}")


def _param(params: object, index: int) -> object:
    if not isinstance(params, list) or len(params) <= index:
        raise RpcFault(BAD_PARAMS, f"parameter {index} is missing")
    return params[index]


def _envelope(
    identity: object, *, result: object = None, error: RpcFault | None = None
) -> dict[str, Any]:
    if error is not None:
        fault = {"code": error.code, "message": str(error)}
        return {"jsonrpc": "2.0", "id": identity, "error": fault}
    return {"jsonrpc": "2.0", "id": identity, "result": result}
