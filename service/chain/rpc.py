"""A chain's JSON-RPC node, asked through web3 (the only module that imports it)."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from service.chain.raw import RawLog, parse_block, parse_log, parse_quantity
from service.circuit import Circuit
from service.errors import RangeTooWide, SourceError, TransientSourceError
from service.protocol.ids import to_checksum, to_hex
from service.protocol.log_position import BlockHeader
from service.telemetry import without_secrets

if TYPE_CHECKING:
    from web3 import HTTPProvider

TIMEOUT_SECONDS = 30.0
# Block headers asked for in one batch.
BATCH = 100

# How nodes say that a range holds too much; they agree on no error code.
_TOO_WIDE = (
    "query returned more than",
    "too many results",
    "block range",
    "range is too large",
    "range too large",
    "exceed maximum block range",
    "response size",
    "limit exceeded",
    "query timeout",
    "please limit the query",
)
# The same words and codes are used for too many requests, where a smaller range does not help.
_TOO_OFTEN = (
    "rate limit",
    "rate-limit",
    "request limit",
    "request count",
    "too many requests",
    "per second",
    "compute unit",
    "quota",
)


class Node:
    """One chain behind one or more URLs; the next URL is asked when one fails."""

    def __init__(
        self, source: str, chain_id: int, urls: Sequence[SecretStr], circuit: Circuit
    ) -> None:
        """``source`` is the name the chain has on the health page."""
        self.source = source
        self.chain_id = chain_id
        self.circuit = circuit
        self._urls = tuple(urls)
        self._preferred = 0
        self._checked: set[int] = set()

    def head(self, tag: str = "finalized") -> BlockHeader:
        """The newest block of a tag: ``finalized`` or ``latest``."""
        return self._header(self._ask("eth_getBlockByNumber", [tag, False]), f"block {tag}")

    def headers(self, numbers: Sequence[int]) -> list[BlockHeader]:
        """Block headers by number, in the order asked."""
        found: list[BlockHeader] = []
        for start in range(0, len(numbers), BATCH):
            part = numbers[start : start + BATCH]
            answers = self._ask_many([("eth_getBlockByNumber", [hex(n), False]) for n in part])
            for number, answer in zip(part, answers, strict=True):
                header = self._header(answer, f"block {number}")
                if header.number != number:
                    reason = f"gave block {header.number} for block {number}"
                    raise SourceError(self.source, reason)
                found.append(header)
        return found

    def logs(
        self,
        from_block: int,
        to_block: int,
        addresses: Sequence[bytes],
        topics: Sequence[bytes],
    ) -> list[RawLog]:
        """The logs of a closed block range; one outside it means the node lied."""
        query = {
            "fromBlock": hex(from_block),
            "toBlock": hex(to_block),
            "address": [to_checksum(address) for address in addresses],
            "topics": [[to_hex(topic) for topic in topics]],
        }
        answer = self._ask("eth_getLogs", [query], is_narrow=from_block == to_block)
        if not isinstance(answer, list):
            raise SourceError(self.source, f"eth_getLogs gave no list: {answer!r:.80}")
        try:
            logs = [parse_log(self.chain_id, log) for log in answer]
        except ValueError as error:
            raise SourceError(self.source, f"eth_getLogs: {error}") from error
        for log in logs:
            if not from_block <= log.at.block_number <= to_block:
                reason = f"gave a log of block {log.at.block_number} for {from_block}..{to_block}"
                raise SourceError(self.source, reason)
        return logs

    def _header(self, answer: Any, name: str) -> BlockHeader:
        if answer is None:
            raise TransientSourceError(self.source, f"does not have {name}")
        try:
            return parse_block(self.chain_id, answer)
        except ValueError as error:
            raise SourceError(self.source, f"{name}: {error}") from error

    def _ask(self, method: str, params: list[Any], *, is_narrow: bool = False) -> Any:
        """One call's result; ``is_narrow`` says that no smaller range can be asked for."""

        def once(provider: "HTTPProvider") -> Any:
            answer = provider.make_request(method, params)
            try:
                return self._unwrap(method, answer)
            except RangeTooWide as error:
                if not is_narrow:
                    raise
                # Another URL may allow more.
                reason = f"one block alone is more than the node will answer ({error.reason})"
                raise SourceError(self.source, reason) from error

        return self._with_failover(once)

    def _ask_many(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """The results of several calls, in their order."""

        def once(provider: "HTTPProvider") -> list[Any] | None:
            if len(calls) == 1:
                return [self._unwrap(calls[0][0], provider.make_request(*calls[0]))]
            answers = self._batch(provider, calls)
            if not isinstance(answers, list) or len(answers) != len(calls):
                return None
            return [self._unwrap(calls[0][0], answer) for answer in answers]

        found: list[Any] | None = self._with_failover(once)
        if found is None:
            # A node without batches answers one error object: ask one by one.
            return [self._ask(method, params) for method, params in calls]
        return found

    def _batch(self, provider: "HTTPProvider", calls: list[tuple[str, list[Any]]]) -> Any:
        """A batch's answers, ordered by their ids (web3 does that, if they have any)."""
        try:
            return provider.make_batch_request(calls)  # type: ignore[arg-type]  # as above
        except (AttributeError, TypeError) as error:
            reason = "a batch was answered with something else than JSON-RPC answers"
            raise SourceError(self.source, reason) from error

    def _with_failover(self, once: "Callable[[HTTPProvider], Any]") -> Any:
        """Ask the preferred URL, then the others; a chain that none of them serves is down.

        A node that finds a range too wide is in good health, and its limit is the caller's to
        keep to: that is no reason to ask the others.
        """
        self.circuit.admit()
        failure: SourceError | None = None
        for offset in range(len(self._urls)):
            index = (self._preferred + offset) % len(self._urls)
            try:
                self._check_chain(index)
                answer = self._talk(index, once)
            except RangeTooWide:
                self._preferred = index
                self.circuit.succeeded()
                raise
            except SourceError as error:
                failure = error
                continue
            self._preferred = index
            self.circuit.succeeded()
            return answer
        if failure is None:
            failure = SourceError(self.source, "no URL is configured")
        self.circuit.failed(failure.reason)
        raise failure

    def _check_chain(self, index: int) -> None:
        if index in self._checked:
            return
        answer = self._talk(index, lambda p: p.make_request("eth_chainId", []))
        try:
            chain_id = parse_quantity(self._unwrap("eth_chainId", answer), "eth_chainId")
        except ValueError as error:
            raise SourceError(self.source, str(error)) from error
        if chain_id != self.chain_id:
            reason = f"URL {index + 1} serves chain {chain_id}, not {self.chain_id}"
            raise SourceError(self.source, reason)
        self._checked.add(index)

    def _talk(self, index: int, once: "Callable[[HTTPProvider], Any]") -> Any:
        # requests comes with web3's provider, whose errors these are.
        import requests  # as above

        try:
            return once(self._providers[index])
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else "?"
            raise TransientSourceError(self.source, f"URL {index + 1}: HTTP {status}") from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            reason = f"URL {index + 1}: the answer is not JSON (an HTML page, or cut short)"
            raise TransientSourceError(self.source, reason) from error
        except requests.RequestException as error:
            # The message of these errors holds the URL, and the URL may hold a key.
            reason = f"URL {index + 1}: {type(error).__name__}"
            raise TransientSourceError(self.source, reason) from error

    def _unwrap(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, Mapping):
            raise SourceError(self.source, f"{method}: answer is not an object: {answer!r:.80}")
        error = answer.get("error")
        if error is not None:
            words = str(error.get("message") if isinstance(error, Mapping) else error)
            message = without_secrets(words)[:200]
            said = message.lower()
            if any(words in said for words in _TOO_OFTEN):
                raise TransientSourceError(self.source, f"{method}: {message}")
            if any(words in said for words in _TOO_WIDE):
                raise RangeTooWide(self.source, f"{method}: {message}")
            raise SourceError(self.source, f"{method}: {message}")
        if "result" not in answer:
            raise SourceError(self.source, f"{method}: answer without a result")
        return answer["result"]

    @cached_property
    def _providers(self) -> "list[HTTPProvider]":
        # Imported here: web3 costs most of a second, and only chain jobs need it.
        import warnings  # only about web3

        from web3 import HTTPProvider  # as above

        # Answers without ids come in the order asked, or their block numbers tell.
        warnings.filterwarnings("ignore", message="Received batch response with missing")
        return [
            HTTPProvider(
                url.get_secret_value(),
                request_kwargs={"timeout": TIMEOUT_SECONDS},
                exception_retry_configuration=None,
            )
            for url in self._urls
        ]
