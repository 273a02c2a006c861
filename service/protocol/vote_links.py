"""Which request of the vote a dispute became: by the bridge's id, else by the text it carries.

Anybody may, for a fee, ask the vote on Ethereum about a text of his own. So a text joins only at
the time of the dispute's own proposal, only for the oracle and chain that sent it, and only if it
is the one such request. A text that stands in for another one joins only from a tunnel; a whole
text makes the vote's key, so whoever asked first, it is the dispute's request.
docs/methodology.md, "The vote".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.enums import LinkMethod
from service.protocol.dvm_text import CompressedText, FullText, read_dvm_text
from service.protocol.request_status import DvmRequestStatus
from service.protocol.vote_facts import DvmKey
from service.protocol.vote_history import VoteHistory


@dataclass(frozen=True, slots=True)
class ArrivedRequest:
    """A request as it entered the vote."""

    key: DvmKey
    # Whether a tunnel asked for it, and not somebody on Ethereum.
    is_bridged: bool
    text: CompressedText | FullText | None


@dataclass(frozen=True, slots=True)
class LinkedVote:
    """A disputed request and what became of it in the vote."""

    sent: DvmRequestStatus
    method: LinkMethod
    # Empty as long as the vote's chain is silent about it.
    history: VoteHistory | None
    # The vote's answer as it left the vote's chain, and as it landed on the question's.
    left_price: int | None
    landed_price: int | None

    @property
    def pushed_price(self) -> int | None:
        """The answer as it crossed the bridge, by its departure, else by its arrival."""
        return self.landed_price if self.left_price is None else self.left_price

    @property
    def request_id(self) -> bytes | None:
        """The vote's key: by the vote itself, else as the bridge announced it."""
        if self.history is not None:
            return self.history.key.request_id
        return self.sent.parent_request_id


def read_arrived(key: DvmKey, data: bytes, *, is_bridged: bool) -> ArrivedRequest:
    """A request with what its text says of where it came from."""
    return ArrivedRequest(key, is_bridged, read_dvm_text(data))


def find_by_text(
    sent: DvmRequestStatus, arrived: Iterable[ArrivedRequest]
) -> tuple[LinkMethod, DvmKey | None]:
    """The one request that carries the dispute's text at its time; none where two do."""
    # One that was given up and asked again arrived twice.
    found = {request.key for request in arrived if _is_of(request, sent)}
    if len(found) != 1:
        return LinkMethod.NONE, None
    is_bridged = sent.parent_request_id is not None
    method = LinkMethod.BRIDGED_TEXT if is_bridged else LinkMethod.DISPUTE_TEXT
    return method, found.pop()


def _is_of(request: ArrivedRequest, sent: DvmRequestStatus) -> bool:
    text = request.text
    return (
        text is not None
        and (request.is_bridged or isinstance(text, FullText))
        and sent.stamped_hash is not None
        and text.stamped_hash == sent.stamped_hash
        and (request.key.identifier, request.key.dvm_time) == (sent.identifier, sent.dvm_time)
        and (text.chain_id, text.oracle) == (sent.chain_id, sent.oracle)
    )
