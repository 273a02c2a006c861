"""Public answers and rows kept beside the project on developers' machines, never in it."""

import csv
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import SHARED

GAMMA = SHARED / "samples" / "polymarket"
PROPOSALS = SHARED / "data" / "proposals.csv.gz"


def gamma_markets() -> list[dict[str, Any]]:
    """Every recorded Gamma market that names its tokens; skips where the folder is absent."""
    if not GAMMA.is_dir():
        pytest.skip(f"recorded Gamma answers are not at {GAMMA}")
    documents = [json.loads(path.read_text()) for path in sorted(GAMMA.glob("gamma_*.json"))]
    return [market for document in documents for market in _markets(document)]


def proposal_rows() -> list[dict[str, str]]:
    """Every recorded proposal with its question's text; skips where the file is absent."""
    if not PROPOSALS.is_file():
        pytest.skip(f"recorded proposals are not at {PROPOSALS}")
    with gzip.open(PROPOSALS, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _markets(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _markets(item)
    elif isinstance(value, dict):
        if "clobTokenIds" in value and "conditionId" in value:
            yield value
        for item in value.values():
            yield from _markets(item)
