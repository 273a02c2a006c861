"""Answered packets as rows, out of CSV, JSON and NDJSON files."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from models.adjudication_enums import RulesTrack, Verdict
from service.protocol.adjudication_text import (
    LONGEST_QUOTE,
    MOST_EVIDENCE,
    read_flag,
    read_instant,
    read_link,
    read_pseudonym,
    read_share,
    read_words,
    verdict_of,
)
from service.protocol.rule_texts import shown
from service.store.truth.adjudications import Evidence

BOTH = "both"
LARGEST_FILE = 50_000_000
_LONGEST_FIELD = 1_000_000
_PACKET_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_LONGEST_REF = 300
Row = Mapping[str, Any]
Cell = TypeVar("Cell")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class ReadVerdict:
    """One row's verdict; ``ref`` is the market as the row names it."""

    ref: str
    adjudicator: str
    tracks: tuple[RulesTrack, ...]
    verdict: Verdict
    confidence: float | None
    is_blind: bool
    evidence: tuple[Evidence, ...]
    packet_id: str | None
    made_at: datetime


class FileFaultError(Exception):
    """A file that cannot be read as any of the three forms."""


def read_rows(path: Path) -> Iterator[Row | None]:
    """A file's rows by their columns; ``None`` for one that is no record."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            message = f"it has more than {LARGEST_FILE // 1_000_000} MB: split it"
            raise FileFaultError(message)
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"it cannot be read ({error})"
        raise FileFaultError(message) from error
    match path.suffix.lower():
        case ".csv":
            return _csv_rows(text)
        case ".json":
            return _json_rows(text)
        case ".ndjson":
            return (_loaded(line) for line in text.splitlines() if line.strip())
    message = "its name must end in .csv, .json or .ndjson"
    raise FileFaultError(message)


def is_unanswered(row: Row) -> bool:
    """Whether nobody has filled the packet in."""
    return _text(row, "verdict") == ""


def key_of(row: Row | None) -> str:
    """What a row is called when something is wrong with it."""
    if row is None:
        return "no record"
    # Of strangers' making: printed, and stored with the fault.
    named = {name: shown(_text(row, name)[:70]) for name in ("market", "adjudicator", "track")}
    parts = [f"{name} {' '.join(value.split())}" for name, value in named.items()]
    return ", ".join(part for part in parts if not part.endswith(" ")) or "no market named"


def read_verdict(row: Row, now: datetime) -> ReadVerdict:
    """A row as a verdict; ``ValueError`` says which column is wrong and how."""
    track = _text(row, "track") or RulesTrack.ORIGINAL.value
    if track != BOTH and track not in set(RulesTrack):
        message = f"track: {track[:40]!r} is none of rules_original, rules_clarified, both"
        raise ValueError(message)
    ref = _text(row, "market")
    if not ref:
        message = "market: it is empty; give the condition id, slug, Gamma id or question id"
        raise ValueError(message)
    if len(ref) > _LONGEST_REF or not ref.isprintable():
        message = "market: it is no reference"
        raise ValueError(message)
    packet_id = _text(row, "packet_id") or None
    if packet_id is not None and not _PACKET_ID.fullmatch(packet_id):
        message = f"packet_id: {packet_id[:40]!r} is not the packet's"
        raise ValueError(message)
    confidence = row.get("confidence")
    return ReadVerdict(
        ref=ref,
        adjudicator=_column("adjudicator", read_pseudonym, _text(row, "adjudicator")),
        tracks=tuple(RulesTrack) if track == BOTH else (RulesTrack(track),),
        verdict=_column("verdict", verdict_of, _text(row, "verdict")),
        confidence=None
        if confidence in (None, "")
        else _column("confidence", read_share, confidence),
        is_blind=_column("is_blind", read_flag, row.get("is_blind", "")),
        evidence=_column("evidence", _evidence, row),
        packet_id=packet_id,
        made_at=_column("made_at", lambda text: read_instant(text, now), _text(row, "made_at")),
    )


def _csv_rows(text: str) -> Iterator[Row | None]:
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not {"market", "verdict"} <= set(reader.fieldnames or ()):
            message = "its first line must name the columns, market and verdict among them"
            raise FileFaultError(message)
        # All at once: a file that breaks off half-way is refused whole.
        return iter(list(reader))
    except csv.Error as error:
        message = f"it is no CSV ({error})"
        raise FileFaultError(message) from error


def _json_rows(text: str) -> Iterator[Row | None]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"it is no JSON ({error})"
        raise FileFaultError(message) from error
    if isinstance(found, dict):
        found = found.get("verdicts")
    if not isinstance(found, list):
        message = 'it must be a list of rows, or {"verdicts": [rows]}'
        raise FileFaultError(message)
    return (row if isinstance(row, dict) else None for row in found)


def _loaded(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _column(name: str, read: Callable[[Cell], Found], value: Cell) -> Found:
    try:
        return read(value)
    except ValueError as error:
        message = f"{name}: {error}"
        raise ValueError(message) from error


def _evidence(row: Row) -> tuple[Evidence, ...]:
    """A list in JSON; in CSV one link and one quote, links of a cell apart by blanks."""
    listed = row.get("evidence") or []
    if not isinstance(listed, list):
        message = "give a list of links, or of {url, quote}"
        raise ValueError(message)  # noqa: TRY004  # a fault of the row like any other
    found = [_item(item) for item in listed]
    links, quote = _text(row, "evidence_url").split(), _text(row, "evidence_quote")
    found += [Evidence(read_link(link), None) for link in links[1:]]
    if links or quote:
        first = Evidence(
            read_link(links[0]) if links else None,
            read_words(quote, LONGEST_QUOTE) if quote else None,
        )
        found.insert(0, first)
    if not 1 <= len(found) <= MOST_EVIDENCE:
        message = f"cite between 1 and {MOST_EVIDENCE} links or quotes, not {len(found)}"
        raise ValueError(message)
    return tuple(found)


def _item(item: object) -> Evidence:
    if isinstance(item, str):
        return Evidence(read_link(item), None)
    if not isinstance(item, dict) or not (item.get("url") or item.get("quote")):
        message = "each is a link, or {url, quote}"
        raise ValueError(message)
    url, quote = item.get("url"), item.get("quote")
    return Evidence(
        read_link(str(url)) if url else None,
        read_words(str(quote), LONGEST_QUOTE) if quote else None,
    )
