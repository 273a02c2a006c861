"""One JSON-RPC URL, asked through web3 (the only module that imports it).

A URL may hold a key, so nothing here names it but by its number in the operator's list.
"""

import itertools
import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from service.chain.faults import Fault, NodeFault
from service.chain.raw import parse_quantity
from service.circuit import Circuit
from service.clock import stopwatch
from service.errors import RangeTooWide
from service.telemetry import without_secrets

if TYPE_CHECKING:
    from requests import HTTPError, Response
    from web3 import HTTPProvider

# For a whole answer, however slowly its bytes come.
TIMEOUT_SECONDS = 30.0
# Bytes of one answer that are held in memory; more are refused as too wide a range.
LARGEST_ANSWER = 64 * 2**20
_READ_BYTES = 2**16
# web3 brings py_ecc, which raises the limit of the whole process to 100,000: deeply nested JSON of
# whatever source would then overflow the C stack and kill the process instead of raising.
_RECURSION_LIMIT = sys.getrecursionlimit()
# How much the newest answer counts in the mean of the time a URL takes.
_LATENCY_WEIGHT = 0.2

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
# A limit on requests that names no time: long enough not to be answered with the same again.
_RATE_PAUSE_SECONDS = 5.0
_TOO_MANY_REQUESTS = 429

Call = tuple[str, list[Any]]


class Endpoint:
    """One URL of a chain: how to ask it, and how it has been doing."""

    def __init__(
        self, source: str, chain_id: int, number: int, url: SecretStr, circuit: Circuit
    ) -> None:
        """``number`` is its place in the operator's list, from 1; ``circuit`` is its own."""
        self.source = source
        self.chain_id = chain_id
        self.number = number
        self.name = f"URL {number}"
        self.circuit = circuit
        # The mean time of an answer; None before the first.
        self.latency_seconds: float | None = None
        # The newest finalized block it has told of, and what keeps it from being used for heads.
        self.head: int | None = None
        self.complaint: str | None = None
        self.is_outvoted = False
        # Whether it knows the tag `finalized`; None before it was asked.
        self.knows_finalized: bool | None = None
        self._url = url
        self._is_checked = False
        self._ids = itertools.count(1)
        self._local = threading.local()

    def fault(self, fault: Fault, reason: str, **options: float | None) -> NodeFault:
        """An error of this URL, named by its number."""
        return NodeFault(self.source, fault, f"{self.name}: {reason}", **options)

    def call(self, method: str, params: list[Any]) -> Any:
        """One call's result; every other answer is a :class:`NodeFault` or a range too wide."""
        self._check_chain()
        return self._one(method, params)

    def call_many(self, calls: Sequence[Call]) -> list[Any]:
        """The results of several calls, in their order, in one request where the URL can."""
        self._check_chain()
        if len(calls) == 1:
            return [self._one(*calls[0])]
        answers = self._batch(calls)
        if not isinstance(answers, list) or len(answers) != len(calls):
            # A node without batches answers one error object: ask one by one.
            return [self._one(method, params) for method, params in calls]
        return [self._unwrap(calls[0][0], answer) for answer in answers]

    def _check_chain(self) -> None:
        if self._is_checked:
            return
        answer = self._one("eth_chainId", [])
        try:
            chain_id = parse_quantity(answer, "eth_chainId")
        except ValueError as error:
            raise self.fault(Fault.WRONG_ANSWER, str(error)) from error
        if chain_id != self.chain_id:
            reason = f"serves chain {chain_id}, not {self.chain_id}"
            raise self.fault(Fault.WRONG_CHAIN, reason)
        self._is_checked = True

    def _one(self, method: str, params: list[Any]) -> Any:
        identity = next(self._ids)

        def ask(provider: "HTTPProvider") -> Any:
            provider.request_counter = itertools.count(identity)
            return provider.make_request(method, params)

        answer = self._talk(ask)
        # An error may come without an id (JSON-RPC 2.0, section 5); a result may not.
        if isinstance(answer, Mapping) and answer.get("id", identity) not in {identity, None}:
            reason = f"{method}: answered call {answer['id']!r:.20} instead of {identity}"
            raise self.fault(Fault.WRONG_ANSWER, reason)
        return self._unwrap(method, answer)

    def _batch(self, calls: Sequence[Call]) -> Any:
        """A batch's answers, ordered by their ids (web3 does that, if they have any)."""
        try:
            return self._talk(lambda p: p.make_batch_request(list(calls)))  # type: ignore[arg-type]  # plain names
        except (AttributeError, TypeError) as error:
            reason = "a batch was answered with something else than JSON-RPC answers"
            raise self.fault(Fault.WRONG_ANSWER, reason) from error

    def _talk(self, ask: "Callable[[HTTPProvider], Any]") -> Any:
        # requests comes with web3's provider, whose errors these are.
        import requests  # as above

        elapsed = stopwatch()
        try:
            answer = ask(self._provider())
        except requests.HTTPError as error:
            raise self._refusal(error) from error
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = "the answer is not JSON (an HTML page, or cut short)"
            raise self.fault(Fault.NOT_JSON, reason) from error
        except requests.Timeout as error:
            reason = f"no answer within {TIMEOUT_SECONDS:g} s"
            raise self.fault(Fault.TIMEOUT, reason) from error
        except _AnswerTooLargeError as error:
            reason = f"{self.name}: an answer of more than {LARGEST_ANSWER} bytes"
            raise RangeTooWide(self.source, reason) from error
        except requests.RequestException as error:
            # The message of these errors holds the URL, and the URL may hold a key.
            raise self.fault(Fault.UNREACHABLE, type(error).__name__) from error
        seconds = elapsed()
        known = seconds if self.latency_seconds is None else self.latency_seconds
        self.latency_seconds = known + _LATENCY_WEIGHT * (seconds - known)
        return answer

    def _refusal(self, error: "HTTPError") -> NodeFault:
        response = error.response
        status = "?" if response is None else response.status_code
        if response is None or status != _TOO_MANY_REQUESTS:
            return self.fault(Fault.HTTP_ERROR, f"HTTP {status}")
        asked = response.headers.get("retry-after", "")
        pause = float(asked) if asked.isdecimal() else _RATE_PAUSE_SECONDS
        return self.fault(Fault.RATE_LIMITED, f"HTTP {status}", retry_after_seconds=pause)

    def _unwrap(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, Mapping):
            reason = f"{method}: answer is not an object: {answer!r:.80}"
            raise self.fault(Fault.WRONG_ANSWER, reason)
        error = answer.get("error")
        if error is not None:
            words = str(error.get("message") if isinstance(error, Mapping) else error)
            raise self._error(method, without_secrets(words)[:200])
        if "result" not in answer:
            raise self.fault(Fault.WRONG_ANSWER, f"{method}: answer without a result")
        return answer["result"]

    def _error(self, method: str, message: str) -> Exception:
        said = message.lower()
        if any(words in said for words in _TOO_OFTEN):
            return self.fault(
                Fault.RATE_LIMITED,
                f"{method}: {message}",
                retry_after_seconds=_RATE_PAUSE_SECONDS,
            )
        if any(words in said for words in _TOO_WIDE):
            return RangeTooWide(self.source, f"{self.name}: {method}: {message}")
        return self.fault(Fault.ERROR_ANSWER, f"{method}: {message}")

    def _provider(self) -> "HTTPProvider":
        """The thread's own provider: what numbers its calls must not be shared."""
        found: Any = getattr(self._local, "provider", None)
        if found is None:
            # Imported here: web3 costs most of a second, and only chain jobs need it.
            import warnings  # only about web3

            import requests  # as above
            from web3 import HTTPProvider  # as above

            sys.setrecursionlimit(_RECURSION_LIMIT)
            # Answers without ids come in the order asked, or their block numbers tell.
            warnings.filterwarnings("ignore", message="Received batch response with missing")
            session = requests.Session()
            session.hooks["response"].append(_read_whole)
            found = HTTPProvider(
                self._url.get_secret_value(),
                request_kwargs={"timeout": TIMEOUT_SECONDS},
                exception_retry_configuration=None,
                session=session,
            )
            self._local.provider = found
        provider: HTTPProvider = found
        return provider


class _AnswerTooLargeError(Exception):
    """More than is held in memory."""


def _read_whole(response: "Response", **_: object) -> None:
    """Read an answer's body within the time and the memory there is for it.

    The client's own time limit is on the gap between two packets: a node that sends a byte now and
    then would hold a job for hours.
    """
    import requests  # as above
    from urllib3.exceptions import HTTPError, ReadTimeoutError  # as above

    elapsed = stopwatch()
    body = bytearray()
    try:
        while part := response.raw.read1(_READ_BYTES, decode_content=True):
            body += part
            if len(body) > LARGEST_ANSWER:
                raise _AnswerTooLargeError
            if elapsed() > TIMEOUT_SECONDS:
                raise requests.Timeout
    except ReadTimeoutError as error:
        raise requests.Timeout from error
    except HTTPError as error:
        raise requests.ConnectionError from error
    finally:
        # An answer that was read to its end has given its connection back by itself.
        response.close()
    # What the client would have read here by itself.
    response._content = bytes(body)  # noqa: SLF001
