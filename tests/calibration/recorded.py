"""Recordings made in a test: dictionaries written as the CSV files a study reads."""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

SECONDS = 1_745_000_000


def proposal(number: int, **changes: object) -> dict[str, object]:
    """A proposal of a question of its own, undisputed."""
    return {
        "market_key": f"{number:08x}",
        "proposal_ts": SECONDS + 3600 * number,
        "title": f"Question {_word(number)}",
        "description": f"This market resolves to Yes if {_word(number)} happens.",
        "category": "politics",
        "proposed_price": 1.0,
        "price_of_proposed": 0.99,
        "disputed": False,
        "disputed_any": False,
        "flipped": False,
        "label_basis": "chain+panel",
    } | changes


def market(number: int, **changes: object) -> dict[str, object]:
    """A closed market of an event of its own, undisputed."""
    return {
        "market_key": f"{number:08x}",
        "question": f"Question {_word(number)}",
        "slug": _word(number),
        "closed_ts": SECONDS + 3600 * number,
        "event_id": str(number),
        "category": "politics",
        "volume": 1000.0,
        "disputed": False,
        "flipped": False,
        "label_basis": "gamma_statuses",
    } | changes


def write_csv(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    """The rows as a CSV file, gzipped where its name says so; None is an empty cell."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _word(number: int) -> str:
    """A number in letters, for titles whose digits are blanked."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
