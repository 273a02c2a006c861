"""Facts into rows: one insert-or-ignore a table, keyed by (block, log index)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import oracle
from models.base import Base
from models.chain import DataIssue
from models.data_enums import DataIssueKind
from service.protocol import facts, sports_facts, vote_facts
from service.protocol.facts import Fact, UndecodableLog
from service.protocol.ids import to_checksum, to_hex
from service.protocol.log_position import LogPosition
from service.protocol.prices import is_known
from service.store.oracle.fact_shapes import TABLES, Row, row_of
from service.store.upserts import insert_or_ignore


def add_facts(
    session: Session,
    decoded: Sequence[Fact],
    block_ids: Mapping[bytes, int],
    known_at: Callable[[LogPosition], datetime],
) -> int:
    """Store facts that are new, and each ancillary text once; returns how many facts were new."""
    rows: dict[type[Base], list[Row]] = defaultdict(list)
    texts: dict[bytes, bytes] = {}
    for fact in decoded:
        row = row_of(fact)
        row["block_id"] = block_ids[fact.at.block_hash]
        row["known_at"] = known_at(fact.at)
        rows[TABLES[type(fact)]].append(row)
        found = _text_of(fact)
        if found is not None:
            texts.setdefault(*found)
    # By hash: two writers that share texts would else wait for each other (a deadlock).
    insert_or_ignore(
        session, oracle.AncillaryText, [{"hash": h, "data": texts[h]} for h in sorted(texts)]
    )
    return sum(insert_or_ignore(session, model, part) for model, part in rows.items())


def _text_of(fact: Fact) -> tuple[bytes, bytes] | None:
    """The ancillary text a fact repeats, by its hash."""
    match fact:
        case (
            facts.PriceRequested()
            | facts.PriceProposed()
            | facts.PriceDisputed()
            | facts.PriceSettled()
            | vote_facts.VoteRequested()
        ):
            return fact.key.ancillary_hash, fact.ancillary_data
        case (
            facts.QuestionInitialized()
            | facts.ResolutionAsked()
            | facts.RequestTermsChanged()
            | facts.RulesUpdated()
            | vote_facts.TunnelRequestAdded()
            | sports_facts.GameCreated()
        ):
            return fact.ancillary_hash, fact.ancillary_data
        case _:
            return None


def add_unexpected_prices(
    session: Session,
    decoded: Sequence[Fact],
    block_ids: Mapping[bytes, int],
    known_at: Callable[[LogPosition], datetime],
) -> int:
    """Name proposals and settlements whose price answers no binary question; the facts stay."""
    odd = [
        (fact.at, fact.proposed_price if isinstance(fact, facts.PriceProposed) else fact.price)
        for fact in decoded
        if (isinstance(fact, facts.PriceProposed) and not is_known(fact.proposed_price))
        or (isinstance(fact, facts.PriceSettled) and not is_known(fact.price))
    ]
    return insert_or_ignore(
        session,
        DataIssue,
        [
            {
                "kind": DataIssueKind.UNEXPECTED_PRICE.value,
                "source": f"chain {at.chain_id}",
                "key": _log_key(at),
                "reason": f"price {price} is no answer to a binary question",
                "evidence": {
                    "address": to_checksum(at.address),
                    "block": at.block_number,
                    "transaction": to_hex(at.transaction_hash),
                },
                "known_at": known_at(at),
                "block_id": block_ids[at.block_hash],
            }
            for at, price in odd
        ],
    )


def _log_key(at: LogPosition) -> str:
    return f"{at.chain_id}:{to_hex(at.block_hash)}:{at.log_index}"


def add_undecodable(
    session: Session,
    logs: Sequence[UndecodableLog],
    block_ids: Mapping[bytes, int],
    known_at: Callable[[LogPosition], datetime],
) -> int:
    """Keep logs that did not decode as error rows with their evidence; returns how many are new."""
    return insert_or_ignore(
        session,
        DataIssue,
        [
            {
                "kind": DataIssueKind.UNDECODABLE_LOG.value,
                "source": f"chain {log.at.chain_id}",
                "key": _log_key(log.at),
                "reason": log.reason[:500],
                "evidence": {
                    "address": to_checksum(log.at.address),
                    "block": log.at.block_number,
                    "transaction": to_hex(log.at.transaction_hash),
                    "topics": [to_hex(topic) for topic in log.topics],
                    "data": to_hex(log.data[:4096]),
                },
                "known_at": known_at(log.at),
                "block_id": block_ids[log.at.block_hash],
            }
            for log in logs
        ],
    )
