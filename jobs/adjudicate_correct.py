"""``settlewatch adjudicate correct|review``: corrections from anybody, kept with their source."""

from collections.abc import Sequence

from sqlalchemy.orm import Session, sessionmaker

from jobs.transactions import in_transaction
from models.adjudication_enums import CorrectionStatus
from service.clock import Clock
from service.errors import UsageError
from service.protocol.adjudication_text import (
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_TEXT,
    MOST_EVIDENCE,
    read_link,
    read_words,
    verdict_of,
)
from service.protocol.ids import to_hex
from service.store.markets.markets import get_market
from service.store.truth.adjudications import Evidence
from service.store.truth.corrections import NewCorrection, add_correction, add_step

_SOURCE = "command"
_SETTABLE = tuple(s for s in CorrectionStatus if s is not CorrectionStatus.RECEIVED)


def correct(
    sessions: sessionmaker[Session],
    clock: Clock,
    ref: str,
    *,
    claim: str,
    evidence: Sequence[str],
    by: str,
    text: str,
) -> dict[str, object]:
    """Store a claim; the same again is known. Links are kept as text and never fetched."""
    if not 1 <= len(evidence) <= MOST_EVIDENCE:
        raise UsageError(f"--evidence: give between 1 and {MOST_EVIDENCE} links.")
    made_by = _checked("--by", by, LONGEST_NAME)
    words = _checked("--text", text, LONGEST_TEXT)
    try:
        verdict = verdict_of(claim)
    except ValueError as error:
        raise UsageError(f"--claim: {error}.") from error
    try:
        links = tuple(Evidence(read_link(url), None) for url in evidence)
    except ValueError as error:
        raise UsageError(f"--evidence: {error}.") from error
    now = clock.now()

    def work(session: Session) -> dict[str, object]:
        market = get_market(session, ref) if ref.isprintable() else None
        if market is None:
            raise UsageError(f"market: {ref[:100]!r} names no stored market. Import it first.")
        made = NewCorrection(market.id, verdict, words, links, made_by, _SOURCE)
        number, is_new = add_correction(session, made, now)
        ref_ = to_hex(market.condition_id)
        return {"id": number, "market": ref_, "claim": verdict.value, "is_new": is_new}

    return in_transaction(sessions, work)


def review(
    sessions: sessionmaker[Session],
    clock: Clock,
    number: int,
    *,
    status: str,
    by: str,
    reason: str | None,
) -> dict[str, object]:
    """Add a step to a correction; none is ever changed."""
    if status not in _SETTABLE:
        raise UsageError(f"--status: {status!r} is not known. Choose one of: {_names()}.")
    known = CorrectionStatus(status)
    source = _checked("--by", by, LONGEST_NAME)
    words = None if reason is None else _checked("--reason", reason, LONGEST_REASON)
    now = clock.now()

    def work(session: Session) -> dict[str, object]:
        if not add_step(session, number, known, source, words, now):
            raise UsageError(f"number: there is no correction {number}. See adjudicate status.")
        return {"id": number, "status": known.value, "by": source, "reason": words}

    return in_transaction(sessions, work)


def _names() -> str:
    return ", ".join(status.value for status in _SETTABLE)


def _checked(option: str, text: str, most: int) -> str:
    try:
        return read_words(text, most)
    except ValueError as error:
        raise UsageError(f"{option}: {error}.") from error
