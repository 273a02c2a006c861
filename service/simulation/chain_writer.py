"""A simulation's logs: every transaction of both chains, in its block, as an archive's capture.

Only events Settlewatch reads are written; of those, EncryptedVote and VoterSlashed (a copy of a
sealed vote; the share of each request in what VoterSlashApplied says in sum) are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from models.enums import ContractKind
from service.chain.event import Event
from service.chain.events import EVENTS
from service.demo.encoder import encode_steps
from service.demo.logs import Draft, encode_log
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.ids import to_hex, to_word
from service.simulation.places import address_of, block_at, mined_at
from service.simulation.run import Simulation
from service.simulation.voting_contract import Said

_BY_NAME: Mapping[tuple[ContractKind, str], Event] = {
    (kind, event.name): event for (kind, _), event in EVENTS.items() if not event.era
}
_VOTING = ContractKind.VOTING_V2
_ROOT = ContractKind.ORACLE_ROOT_TUNNEL
_TOKENS_WORD = 4
_WORD = 32


@dataclass(frozen=True, slots=True)
class Mined:
    """One transaction's logs, and the second it was sent in."""

    at: int
    name: str
    logs: tuple[Draft, ...]


def polygon_transactions(run: Simulation) -> Iterator[Mined]:
    """Questions, proposals, disputes, settlements; whitelists and the managed oracle's changes."""
    for course in run.courses:
        subject = run.texts.subject(course.market)
        for number, sent in enumerate(encode_steps(subject, course.in_order())):
            at = int(sent.at.timestamp())
            yield Mined(at, f"market {course.market.number}/{number}", sent.logs)
    for number, (at, name, words) in enumerate(run.changes):
        kind = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
        if name.endswith("Whitelist"):
            kind = ContractKind.ADDRESS_WHITELIST
        draft = encode_log(address_of(kind, POLYGON), _BY_NAME[kind, name], words)
        yield Mined(at, f"change {number}", (draft,))


def ethereum_transactions(run: Simulation) -> Iterator[Mined]:
    """Everything of the vote."""
    writer = _VoteWriter(run)
    for number, sent in enumerate(run.contract.sent):
        logs = tuple(draft for said in sent.said for draft in writer.drafts(said))
        yield Mined(sent.at, f"vote {number:07}", logs)
    for number, (at, request) in enumerate(run.answers):
        words = (*request.key, request.price, request.request_id)
        draft = encode_log(run.texts.root_tunnel, _BY_NAME[_ROOT, "PushedPrice"], words)
        yield Mined(at, f"push {number:07}", (draft,))


class _VoteWriter:
    """Votes repeat one text hundreds of times: it is encoded once a request and round."""

    def __init__(self, run: Simulation) -> None:
        self._voting = address_of(_VOTING, ETHEREUM)
        self._run = run
        self._forms: dict[tuple[str, bytes, int, object], Draft] = {}

    def drafts(self, said: Said) -> Iterator[Draft]:
        name, words = said
        if name == "RequestAdded":
            request = self._run.texts.texts[_bytes(words[4])]
            arrived = (*request.key, request.request_id)
            event = _BY_NAME[_ROOT, "PriceRequestAdded"]
            yield encode_log(self._run.texts.root_tunnel, event, arrived)
        if name in {"VoteCommitted", "VoteRevealed"}:
            yield self._vote(name, words)
        else:
            yield encode_log(self._voting, _BY_NAME[_VOTING, name], words)

    def _vote(self, name: str, words: tuple[object, ...]) -> Draft:
        voter, _, round_id, _, _, text, *vote = words
        key = (name, _bytes(text), int(str(round_id)), vote[0] if vote else None)
        form = self._forms.get(key)
        if form is None:
            form = encode_log(self._voting, _BY_NAME[_VOTING, name], words)
            self._forms[key] = form
        who = b"\0" * 12 + _bytes(voter)
        topics = (form.topics[0], who, who, form.topics[3])
        data = form.data
        if vote:
            place = _TOKENS_WORD * _WORD
            tokens = to_word(int(str(vote[1])))
            data = data[:place] + tokens + data[place + _WORD :]
        return Draft(form.address, topics, data)


def _bytes(word: object) -> bytes:
    if not isinstance(word, bytes):
        message = f"{word!r} is no bytes"
        raise TypeError(message)
    return word


def capture(
    chain_id: int, transactions: Iterable[Mined], salt: bytes, first: int, last: int
) -> dict[str, Any]:
    """The logs of the seconds ``first`` to ``last`` (not included) in an archive's shape.

    Blocks without logs are left out; the last block of the span is there, so that a reader knows
    how far the archive goes.
    """
    placed: dict[int, list[Mined]] = defaultdict(list)
    for sent in sorted(transactions, key=lambda one: (one.at, one.name)):
        placed[block_at(chain_id, sent.at)].append(sent)
    lowest, highest = block_at(chain_id, first), block_at(chain_id, last) - 1
    placed.setdefault(highest, [])
    blocks, logs = [], []
    for number in sorted(placed):
        header = _header(chain_id, number, salt)
        blocks.append(header)
        index = 0
        for sent in placed[number]:
            sent_hash = to_hex(keccak(salt + chain_id.to_bytes(4, "big") + sent.name.encode()))
            for draft in sent.logs:
                logs.append(
                    {
                        "address": to_hex(draft.address),
                        "topics": [to_hex(topic) for topic in draft.topics],
                        "data": to_hex(draft.data),
                        "blockNumber": header["number"],
                        "blockHash": header["hash"],
                        "logIndex": hex(index),
                        "transactionHash": sent_hash,
                    }
                )
                index += 1
    return {
        "chainId": chain_id,
        "fromBlock": lowest,
        "toBlock": highest,
        "blocks": blocks,
        "logs": logs,
    }


def _header(chain_id: int, number: int, salt: bytes) -> dict[str, Any]:
    return {
        "number": hex(number),
        "hash": _hash(chain_id, number, salt),
        "parentHash": _hash(chain_id, number - 1, salt),
        "timestamp": hex(mined_at(chain_id, number)),
    }


def _hash(chain_id: int, number: int, salt: bytes) -> str:
    return to_hex(keccak(salt + chain_id.to_bytes(4, "big") + number.to_bytes(8, "big")))
