"""Limits and keys that several events' words share."""

from functools import lru_cache

from eth_hash.auto import keccak

from service.protocol.facts import RequestKey
from service.protocol.ids import dvm_request_id
from service.protocol.vote_facts import DvmKey

# Largest unix second a signed 64-bit column and a datetime can both hold (year 9999).
MAX_TIMESTAMP = 253_402_300_799
# ConditionalTokens prepares at most 256 outcomes, a neg-risk market holds at most 256 questions.
MAX_SLOTS = 256


def timestamp(value: int) -> int:
    """A contract's unix time; ``ValueError`` beyond the year 9999."""
    if value > MAX_TIMESTAMP:
        message = f"timestamp {value} is beyond the year 9999"
        raise ValueError(message)
    return value


def slots(value: int) -> int:
    """A number of outcomes or questions; ``ValueError`` beyond what the contracts allow."""
    if value > MAX_SLOTS:
        message = f"{value} outcome slots or questions are more than the contracts allow"
        raise ValueError(message)
    return value


# Every log of a question repeats its text, mostly close together: hashing it is the dearest part
# of decoding. At 8 KB a text this stays below 10 MB.
@lru_cache(maxsize=1_024)
def text_hash(data: bytes) -> bytes:
    """keccak256 of an ancillary text."""
    return keccak(data)


def request_key(requester: bytes, identifier: bytes, time: int, data: bytes) -> RequestKey:
    """The oracle's key of a request."""
    return RequestKey(requester, identifier, timestamp(time), text_hash(data))


# One request is voted on by hundreds of voters, whose logs all repeat its key.
@lru_cache(maxsize=1_024)
def dvm_key(identifier: bytes, time: int, data: bytes) -> DvmKey:
    """The vote's key of a request."""
    return DvmKey(identifier, timestamp(time), keccak(data), dvm_request_id(identifier, time, data))
