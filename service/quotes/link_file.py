"""The file that says which markets of other venues ask the same question as ours.

A JSON list of ``{"condition_id", "venue", "reference", "outcome_index"}``. Titles are never
matched by the program: whether two venues ask the same question is a person's judgement.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from models.price_enums import Venue
from service.errors import UsageError
from service.protocol.ids import parse_hex32
from service.protocol.sibling_prices import SiblingLink, conflicting

# Predict.fun's API asks for a key and its answers are not documented in public.
ASKED = (Venue.KALSHI,)
_KEYS = {"condition_id", "venue", "reference", "outcome_index", "note"}
# Goes into a query and a path, and is no place for separators.
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z", re.ASCII)


def read_links(path: Path) -> tuple[SiblingLink, ...]:
    """The links of a file; a fault is one line naming the entry and the key."""
    try:
        document: object = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path}: cannot be read as a list of sibling markets ({error})."
        raise UsageError(message) from error
    if not isinstance(document, list):
        message = f"{path}: expected a JSON list of sibling markets."
        raise UsageError(message)
    links = []
    for number, record in enumerate(document):
        try:
            links.append(_link(record))
        except ValueError as error:
            message = f"{path}: entry {number}: {error}."
            raise UsageError(message) from error
    for link in conflicting(links):
        message = f"{path}: {link.venue} market {link.reference!r}: its market was linked before."
        raise UsageError(message)
    return tuple(links)


def _link(record: object) -> SiblingLink:
    if not isinstance(record, Mapping):
        message = "not an object"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    unknown = sorted(set(record) - _KEYS)
    if unknown:
        message = f"unknown key {unknown[0]!r}"
        raise ValueError(message)
    condition, reference = record.get("condition_id"), record.get("reference")
    outcome = record.get("outcome_index")
    if not isinstance(condition, str):
        message = "'condition_id' is missing"
        raise ValueError(message)  # noqa: TRY004  # as above
    if not isinstance(reference, str) or not _REFERENCE.match(reference):
        message = "'reference' is not the name of a market (letters, digits, '.', '_', '-')"
        raise ValueError(message)
    if isinstance(outcome, bool) or outcome not in (0, 1):
        message = "'outcome_index' must be 0 or 1: which of our outcomes the venue's Yes is"
        raise ValueError(message)
    if record.get("venue") not in ASKED:
        message = f"'venue' must be one of: {', '.join(ASKED)} (no other is asked for prices)"
        raise ValueError(message)
    return SiblingLink(parse_hex32(condition), Venue(record["venue"]), reference, int(outcome))
