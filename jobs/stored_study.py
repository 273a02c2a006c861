"""The finished questions of the database as study rows: what a fit or a backtest reads of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.opened_house import opened_house
from models.enums import Category
from service.calibration.model_file import StoredSource
from service.calibration.rows import FACTS, BaselineFacts, Labels, StudyRow, TimeBasis
from service.errors import UsageError
from service.protocol.contracts import ContractBook
from service.protocol.finality import FINALITY_LAG, POLYGON
from service.protocol.ids import to_hex
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.store.oracle.blocks import get_head
from service.store.rates.fit_questions import FitQuestion, list_fit_questions
from service.store.truth.wrong_payouts import list_wrong_payouts

_OUTCOMES = {NO: "p1", YES: "p2", HALF: "p3", TOO_EARLY: "p4"}
_KEY_DIGITS = 8
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """Rows in the order of answers, and what the database held."""

    rows: tuple[StudyRow, ...]
    source: StoredSource


def open_stored_study(at: datetime | None) -> StoredStudy:
    """The rows of the configured database as known at ``at``; by default with its newest block."""
    with opened_house() as house, house.read_sessions() as session:
        head = get_head(session, POLYGON)
        if head is None:
            raise UsageError("--from-store: no block is stored. Index the oracle's past first.")
        newest = head.mined_at + FINALITY_LAG[POLYGON]
        return read_stored_study(session, house.book, newest if at is None else at)


def read_stored_study(session: Session, book: ContractBook, at: datetime) -> StoredStudy:
    """The finished questions of the database as known at ``at``.

    Questions still open are left out, of proposers' histories as well.
    """
    wrong = list_wrong_payouts(session, at)
    # Rules are often a template's, word for word: each text is held once.
    texts: dict[str, str] = {}
    rows = tuple(
        to_row(found, wrong.get(found.market_id), texts)
        for found in list_fit_questions(session, book, at)
    )
    if not rows:
        raise UsageError(
            f"--from-store: no finished question is stored as of {at:%Y-%m-%d %H:%M} UTC. "
            "Index the oracle's past first, or give recordings."
        )
    return StoredStudy(rows, _source(session, rows, at))


def to_row(found: FitQuestion, misresolved: bool | None, texts: dict[str, str]) -> StudyRow:  # noqa: FBT001  # a label
    """A stored question as a study row; ``texts`` holds the rules met so far."""
    key = hashlib.sha256(to_hex(found.condition_id).encode()).hexdigest()[:_KEY_DIGITS]
    return StudyRow(
        market_key=key,
        group=f"group:{found.group_code}",
        score_time=found.proposed_at,
        time_basis=TimeBasis.PROPOSAL,
        recorded_as="store",
        title=found.title,
        rules=None if found.rules is None else texts.setdefault(found.rules, found.rules),
        category=Category(found.category),
        tags=found.tags,
        requested_at=found.requested_at,
        proposed_outcome=_OUTCOMES.get(found.proposed_price),
        proposer=_address(found.proposer),
        creator=_address(found.creator),
        bond_usd=_usd(found.bond),
        reward_usd=_usd(found.reward),
        liveness_seconds=found.liveness_seconds,
        oracle=found.oracle_version,
        is_neg_risk=found.neg_risk,
        price_of_proposed=_price_of_proposed(found),
        for_baselines=BaselineFacts(
            _usd(found.volume_then), found.notifier_pages, found.notifier_margin
        ),
        labels=Labels(
            disputed=found.disputed,
            flipped=found.flipped,
            misresolved=misresolved,
            source="store",
            settled_at=found.settled_at,
            weight_usd=_usd(found.volume),
            notifier_paged=found.notifier_paged,
        ),
    )


def _price_of_proposed(found: FitQuestion) -> float | None:
    """Half and "too early" are no token's answer and have no price."""
    if found.yes_price is None or found.proposed_price not in (YES, NO):
        return None
    return float(found.yes_price if found.proposed_price == YES else 1 - found.yes_price)


def _address(address: bytes | None) -> str | None:
    return None if address is None else f"0x{address.hex()}"


def _usd(micro: int | None) -> float | None:
    return None if micro is None else micro / _MICRO


def _source(session: Session, rows: tuple[StudyRow, ...], at: datetime) -> StoredSource:
    head = get_head(session, POLYGON, at)
    labels = [row.labels for row in rows]
    return StoredSource(
        as_of=at,
        block=None if head is None else head.number,
        block_mined_at=None if head is None else head.mined_at,
        questions=len(rows),
        first_proposed_at=rows[0].score_time,
        last_proposed_at=rows[-1].score_time,
        disputed=sum(label.disputed is True for label in labels),
        flipped=sum(label.flipped is True for label in labels),
        adjudicated=sum(label.misresolved is not None for label in labels),
        misresolved=sum(label.misresolved is True for label in labels),
        rows_sha256=_digest(rows),
    )


def _digest(rows: Iterable[StudyRow]) -> str:
    """Of all that a row says: equal facts, equal hash."""
    digest = hashlib.sha256()
    for row in rows:
        labels = (row.labels.disputed, row.labels.flipped, row.labels.misresolved)
        facts = (str(getattr(row, name)) for name in (*FACTS, "for_baselines"))
        digest.update(repr((row.market_key, row.group, *facts, *labels)).encode())
    return digest.hexdigest()
