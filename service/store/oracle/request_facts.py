"""Requests, answers, terms and what crossed the bridge, each given to who asked."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models import oracle, voting
from models.enums import VoteRequestChangeKind
from service.protocol.dated_fact import DatedFact
from service.store.oracle.fact_reader import FactReader, Found, QuestionKey, give

# Every table of a request's facts has the requester and the hash of the text; terms and rules may
# be a question's rather than a request's.
_REQUEST_MODELS: tuple[type[Any], ...] = (
    oracle.PriceRequest,
    oracle.Proposal,
    oracle.Dispute,
    oracle.Settlement,
    oracle.RequestTerm,
    oracle.RulesUpdate,
)


@dataclass(slots=True)
class Texts:
    """Which question asked a text, and when, where one text belongs to several questions."""

    # (chain, adapter, hash of the text)
    owners: dict[tuple[int, bytes, bytes], list[QuestionKey]]
    # Adapter v1 only: its ids are no hashes, so a request is found by when it was asked.
    asked: dict[QuestionKey, set[int]]

    @property
    def hashes(self) -> set[bytes]:
        """The hash of every text."""
        return {text for _, _, text in self.owners}

    def owners_of(
        self, chain_id: int, requester: bytes, text: bytes, timestamp: int | None
    ) -> list[QuestionKey]:
        """The questions a request's row belongs to."""
        found = self.owners.get((chain_id, requester, text), [])
        if timestamp is None or not self.asked:
            return found
        return [key for key in found if timestamp in self.asked.get(key, (timestamp,))]


def add_request_facts(
    reader: FactReader, texts: Texts, found: Found
) -> dict[tuple[bytes, bytes], list[QuestionKey]]:
    """Requests, their answers and terms; gives the disputed questions by (transaction, text)."""
    disputes: dict[tuple[bytes, bytes], list[QuestionKey]] = defaultdict(list)
    hashes = texts.hashes
    for model in _REQUEST_MODELS:
        rows: Iterator[tuple[Any, DatedFact]] = reader.rows(model, model.ancillary_hash.in_(hashes))
        for row, fact in rows:
            # A question's own terms and rules hold for whichever request.
            timestamp: int | None = getattr(row, "request_timestamp", None)
            chain_id = fact.fact.at.chain_id
            keys = texts.owners_of(chain_id, row.requester, row.ancillary_hash, timestamp)
            give(fact, keys, found)
            if model is oracle.Dispute:
                disputes[row.transaction_hash, row.ancillary_hash] += keys
    return disputes


def add_vote_facts(
    reader: FactReader,
    texts: Texts,
    disputes: dict[tuple[bytes, bytes], list[QuestionKey]],
    found: Found,
) -> None:
    """What crossed the bridge: a bridged request belongs to the dispute of its transaction."""
    if not disputes:
        return
    owners: dict[bytes, list[QuestionKey]] = {}
    for row, fact in reader.rows(
        oracle.BridgedRequest, oracle.BridgedRequest.ancillary_hash.in_(texts.hashes)
    ):
        keys = disputes.get((row.transaction_hash, row.ancillary_hash), [])
        give(fact, keys, found)
        owners[row.child_request_id] = owners[row.parent_request_id] = keys
    for pushed, fact in reader.rows(
        oracle.PushedPrice, oracle.PushedPrice.request_hash.in_(owners)
    ):
        give(fact, owners[pushed.request_hash], found)
    given_up = voting.DvmRequestChange.request_id.in_(owners) & (
        voting.DvmRequestChange.kind == VoteRequestChangeKind.DELETED.value
    )
    deleted: set[bytes] = set()
    for change, fact in reader.rows(voting.DvmRequestChange, given_up):
        give(fact, owners[change.request_id], found)
        deleted.add(change.request_id)
    if deleted:
        asked = voting.DvmRequest.request_id.in_(deleted)
        for request, fact in reader.rows(voting.DvmRequest, asked):
            give(fact, owners[request.request_id], found)
