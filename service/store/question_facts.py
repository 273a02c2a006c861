"""The facts of a page of questions: one query a table, each fact given to its question."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import oracle, voting
from models.contract_change import ContractChange
from models.enums import VoteRequestChangeKind
from service.protocol.dated_fact import DatedFact
from service.protocol.facts import QuestionInitialized
from service.protocol.request_terms import DEFAULT_WHITELIST
from service.store.fact_reader import FactReader, Found, QuestionKey, give
from service.store.token_facts import add_token_facts

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


def collect_facts(
    session: Session, questions: Mapping[QuestionKey, QuestionInitialized], as_of: datetime | None
) -> Found:
    """Every fact of these questions known by ``as_of``, in no order."""
    reader = FactReader(session, as_of)
    ids = {key[2] for key in questions}
    found: Found = defaultdict(list, {key: [] for key in questions})
    _add_adapter_facts(reader, ids, found)
    texts = _read_texts(reader, questions, found)
    disputes = _add_request_facts(reader, texts, found)
    _add_vote_facts(reader, texts, disputes, found)
    _add_default_whitelists(reader, found)
    add_token_facts(reader, ids, found)
    return found


def _add_adapter_facts(reader: FactReader, ids: set[bytes], found: Found) -> None:
    """Resets, flags, pauses, overrides and clarifications: keyed by adapter and question id."""
    for model in (oracle.QuestionChange, oracle.Override, oracle.Clarification):
        rows: Iterator[tuple[Any, DatedFact]] = reader.rows(model, model.question_id.in_(ids))
        for row, fact in rows:
            found[fact.fact.at.chain_id, row.address, row.question_id].append(fact)


@dataclass(slots=True)
class _Texts:
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


def _read_texts(
    reader: FactReader, questions: Mapping[QuestionKey, QuestionInitialized], found: Found
) -> _Texts:
    """The texts of a page of questions; from adapter v2 on their hashes are the questions' ids."""
    texts = _Texts(defaultdict(list), {})
    for key, initialized in questions.items():
        texts.owners[key[0], key[1], initialized.ancillary_hash].append(key)
    legacy = {key for key, first in questions.items() if first.resolution_time is not None}
    if not legacy:
        return texts
    ids = {key[2] for key in legacy}
    rows = reader.rows(oracle.ResolutionAsked, oracle.ResolutionAsked.question_id.in_(ids))
    for row, fact in rows:
        key = (fact.fact.at.chain_id, row.address, row.question_id)
        if key not in legacy:
            continue
        found[key].append(fact)
        texts.asked.setdefault(key, set()).add(row.request_timestamp)
        owners = texts.owners[key[0], key[1], row.ancillary_hash]
        if key not in owners:
            owners.append(key)
    return texts


def _add_request_facts(
    reader: FactReader, texts: _Texts, found: Found
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


def _add_vote_facts(
    reader: FactReader,
    texts: _Texts,
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


def _add_default_whitelists(reader: FactReader, found: Found) -> None:
    """Who may propose where a question has no list of its own; a handful of rows in all."""
    for _, fact in reader.rows(ContractChange, ContractChange.name == DEFAULT_WHITELIST):
        give(fact, [key for key in found if key[0] == fact.fact.at.chain_id], found)
