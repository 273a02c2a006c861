"""Requests of the second oracle stack from rows, with what was asked for them."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy.orm import Session

from models.contract_change import ContractChange
from service.protocol.aggregator_requests import (
    EVENTS,
    REGISTERED,
    AggregatorFacts,
    AggregatorRequestStatus,
    fold_aggregator_request,
    rules_hash,
)
from service.protocol.contract_facts import ContractChanged
from service.protocol.contracts import ContractBook
from service.store.oracle.blocks import get_head
from service.store.oracle.fact_reader import FactReader, Found, QuestionKey, give
from service.store.oracle.request_facts import Texts, add_request_facts, add_vote_facts


def list_aggregator_requests(
    session: Session, book: ContractBook, as_of: datetime | None = None
) -> list[AggregatorRequestStatus]:
    """Every registered request, in chain order; there are few of them (41 by October 2026)."""
    reader = FactReader(session, as_of)
    registered: dict[QuestionKey, tuple[ContractChanged, datetime]] = {}
    texts = Texts(defaultdict(list), {})
    for row, dated in reader.rows(ContractChange, ContractChange.name == REGISTERED):
        fact = dated.fact
        if not isinstance(fact, ContractChanged) or row.subject is None:
            continue
        key = (fact.at.chain_id, row.address, row.subject)
        registered[key] = fact, dated.mined_at
        # The reporter asks in its own name.
        texts.owners[key[0], row.address, rules_hash(fact)].append(key)
    if not registered:
        return []
    found: Found = defaultdict(list)
    add_vote_facts(reader, texts, add_request_facts(reader, texts, found), found)
    by_id = defaultdict(list)
    for key in registered:
        by_id[key[0], key[2]].append(key)
    for row, dated in reader.rows(ContractChange, ContractChange.name.in_(EVENTS)):
        give(dated, by_id.get((dated.fact.at.chain_id, row.subject or b""), ()), found)
    folded = [
        fold_aggregator_request(_facts(key, fact, at, found), book, _head(session, key[0], as_of))
        for key, (fact, at) in registered.items()
    ]
    return sorted(folded, key=lambda r: (r.chain_id, r.registered_at, r.request_id))


def _facts(key: QuestionKey, fact: ContractChanged, at: datetime, found: Found) -> AggregatorFacts:
    told = sorted(
        found.get(key, ()),
        key=lambda d: (-d.fact.at.chain_id, d.fact.at.block_number, d.fact.at.log_index),
    )
    return AggregatorFacts(fact, at, tuple(told))


def _head(session: Session, chain_id: int, as_of: datetime | None) -> int:
    head = get_head(session, chain_id, as_of)
    return 0 if head is None else int(head.mined_at.timestamp())
