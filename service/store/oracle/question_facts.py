"""The facts of a page of questions: one query a table, each fact given to its question."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import oracle
from models.contract_change import ContractChange
from service.protocol.dated_fact import DatedFact
from service.protocol.facts import QuestionInitialized
from service.protocol.request_terms import DEFAULT_WHITELIST
from service.store.oracle.fact_reader import FactReader, Found, QuestionKey, give
from service.store.oracle.request_facts import Texts, add_request_facts, add_vote_facts
from service.store.oracle.token_facts import add_token_facts


def collect_facts(
    session: Session, questions: Mapping[QuestionKey, QuestionInitialized], as_of: datetime | None
) -> Found:
    """Every fact of these questions known by ``as_of``, in no order."""
    reader = FactReader(session, as_of)
    ids = {key[2] for key in questions}
    found: Found = defaultdict(list, {key: [] for key in questions})
    _add_adapter_facts(reader, ids, found)
    texts = _read_texts(reader, questions, found)
    disputes = add_request_facts(reader, texts, found)
    add_vote_facts(reader, texts, disputes, found)
    _add_default_whitelists(reader, found)
    add_token_facts(reader, ids, found)
    return found


def _add_adapter_facts(reader: FactReader, ids: set[bytes], found: Found) -> None:
    """Resets, flags, pauses, overrides and clarifications: keyed by adapter and question id."""
    for model in (oracle.QuestionChange, oracle.Override, oracle.Clarification):
        rows: Iterator[tuple[Any, DatedFact]] = reader.rows(model, model.question_id.in_(ids))
        for row, fact in rows:
            found[fact.fact.at.chain_id, row.address, row.question_id].append(fact)


def _read_texts(
    reader: FactReader, questions: Mapping[QuestionKey, QuestionInitialized], found: Found
) -> Texts:
    """The texts of a page of questions; from adapter v2 on their hashes are the questions' ids."""
    texts = Texts(defaultdict(list), {})
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


def _add_default_whitelists(reader: FactReader, found: Found) -> None:
    """Who may propose where a question has no list of its own; a handful of rows in all."""
    for _, fact in reader.rows(ContractChange, ContractChange.name == DEFAULT_WHITELIST):
        give(fact, [key for key in found if key[0] == fact.fact.at.chain_id], found)
