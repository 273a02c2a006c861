"""Exported rows as text, whatever is in them."""

import csv
import io
import json
from typing import Any

from jobs.export import format_rows

ROWS: list[dict[str, Any]] = [
    {"title": 'A "quoted", long\ntitle ✓', "payouts": [2**200, 0], "official": True},
    {"title": "", "payouts": None, "official": False},
]


def test_numbers_beyond_64_bits_survive_both_formats() -> None:
    lines = b"".join(format_rows(ROWS, "ndjson")).splitlines()
    assert [json.loads(line) for line in lines] == ROWS
    text = b"".join(format_rows(ROWS, "csv")).decode()
    header, first, second = csv.reader(io.StringIO(text, newline=""))
    assert header == ["title", "payouts", "official"]
    assert first[0] == ROWS[0]["title"]
    assert json.loads(first[1]) == [2**200, 0]
    assert second == ["", "", "False"]


def test_no_rows_are_no_lines() -> None:
    assert list(format_rows([], "ndjson")) == list(format_rows([], "csv")) == []
