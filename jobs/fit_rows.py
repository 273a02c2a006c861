"""What a fit or a backtest learns from: recordings, stored questions, or both joined."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.stored_study import StoredStudy
from service.calibration.groups import join_groups, title_stem
from service.calibration.model_file import SourceFile, StoredSource
from service.calibration.recordings import find_files, read_recording
from service.calibration.rows import StudyRow, TimeBasis
from service.calibration.study import build_study
from service.errors import UsageError


@dataclass(frozen=True, slots=True)
class Rows:
    """What a fit learns from, and where it came from."""

    rows: tuple[StudyRow, ...]
    files: tuple[SourceFile, ...]
    notices: tuple[str, ...]
    store: StoredSource | None = None


def gather_rows(paths: Sequence[Path], stored: StoredStudy | None) -> Rows:
    """The rows of recordings, of the database, or of both; one of them must be given."""
    if stored is None:
        return read_rows(paths)
    if not paths:
        return Rows(stored.rows, (), (), stored.source)
    return _joined(read_rows(paths), stored)


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


def _joined(recorded: Rows, stored: StoredStudy) -> Rows:
    """A question in both counts once, as the database tells it; groups that touch become one.

    Recordings and the database name events differently. A shared question joins their groups, and
    so does a title's stem among proposals: too large a group only costs precision.
    """
    held = {row.market_key for row in stored.rows}
    rows = [*stored.rows, *recorded.rows]
    numbers = join_groups([_sibling_keys(row) for row in rows])
    first: dict[int, str] = {}
    for row, number in zip(rows, numbers, strict=True):
        first[number] = min(first.get(number, row.market_key), row.market_key)
    grouped = [replace(row, group=first[n]) for row, n in zip(rows, numbers, strict=True)]
    number = len(stored.rows)
    new = [row for row in grouped[number:] if row.market_key not in held]
    both = len(recorded.rows) - len(new)
    ordered = sorted([*grouped[:number], *new], key=lambda row: (row.score_time, row.market_key))
    notice = f"database: {number} questions, {both} of them recorded as well and told as stored"
    return Rows(tuple(ordered), recorded.files, (*recorded.notices, notice), stored.source)


def _sibling_keys(row: StudyRow) -> list[tuple[str, str]]:
    stem = title_stem(row.title) if row.time_basis is TimeBasis.PROPOSAL else None
    source = "stored" if row.recorded_as == "store" else "recorded"
    keys = [(source, row.group), ("market", row.market_key)]
    return keys if stem is None else [*keys, ("title", stem)]
