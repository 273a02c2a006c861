"""What a fit learns from: recordings, or the finished questions of the database."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from models.enums import Category
from service.calibration.model_file import SourceFile
from service.calibration.recordings import find_files, read_recording
from service.calibration.rows import Labels, StudyRow, TimeBasis
from service.calibration.study import build_study
from service.errors import UsageError
from service.protocol.contracts import ContractBook
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.store.fit_questions import FitQuestion, list_fit_questions

_OUTCOMES = {NO: "p1", YES: "p2", HALF: "p3", TOO_EARLY: "p4"}
_KEY_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Rows:
    """What a fit learns from, and where it came from."""

    rows: tuple[StudyRow, ...]
    files: tuple[SourceFile, ...]
    notices: tuple[str, ...]


def read_rows(paths: Sequence[Path]) -> Rows:
    """The study rows of recordings, with each file's name, hash and size."""
    recordings, files, notices = [], [], []
    for path in find_files(list(paths)):
        found = read_recording(path)
        if isinstance(found, str):
            notices.append(found)
            continue
        recordings.append(found)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append(SourceFile(path.name, digest, len(found.rows)))
    study = build_study(recordings)
    if not study.rows:
        names = ", ".join(str(path) for path in paths)
        raise UsageError(f"{names}: no question in it. Give proposals or markets recordings.")
    ordered = tuple(sorted(files, key=lambda found: found.name))
    return Rows(study.rows, ordered, (*notices, *study.notices))


def read_stored_rows(session: Session, book: ContractBook, at: datetime) -> Rows:
    """The finished questions of the database as known at ``at``.

    Questions still open are left out, of proposers' histories as well.
    """
    rows = tuple(to_row(question) for question in list_fit_questions(session, book, at))
    if not rows:
        raise UsageError(
            f"--from-store: no finished question is stored as of {at:%Y-%m-%d %H:%M} UTC. "
            "Index the oracle's past first, or give recordings."
        )
    name = f"stored questions as of {at.isoformat()}"
    return Rows(rows, (SourceFile(name, _digest(rows), len(rows)),), ())


def to_row(question: FitQuestion) -> StudyRow:
    """A stored question as a study row."""
    key = f"0x{question.condition_id.hex()}"
    return StudyRow(
        market_key=hashlib.sha256(key.encode()).hexdigest()[:_KEY_DIGITS],
        group=f"group:{question.group_code}",
        score_time=question.proposed_at,
        time_basis=TimeBasis.PROPOSAL,
        recorded_as="store",
        title=question.title,
        rules=question.rules,
        category=Category(question.category),
        proposed_outcome=_OUTCOMES.get(question.proposed_price),
        proposer=f"0x{question.proposer.hex()}",
        oracle=question.oracle_version,
        labels=Labels(disputed=question.disputed, flipped=question.flipped, source="store"),
    )


def _digest(rows: Iterable[StudyRow]) -> str:
    """Of what the fit can see of the rows: equal facts, equal hash."""
    digest = hashlib.sha256()
    for row in rows:
        facts = (row.market_key, row.group, row.score_time.isoformat(), row.title, row.rules)
        labels = (row.labels.disputed, row.labels.flipped)
        more = (row.category, row.proposer, row.proposed_outcome, row.oracle)
        digest.update(repr((*facts, *map(str, more), *labels)).encode())
    return digest.hexdigest()
