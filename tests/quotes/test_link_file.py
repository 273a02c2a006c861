"""The file that links our markets to the same questions elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.price_enums import Venue
from service.errors import UsageError
from service.protocol.sibling_prices import SiblingLink
from service.quotes.link_file import read_links

CONDITION = "0x" + "5f" * 32
ENTRY = {
    "condition_id": CONDITION,
    "venue": "kalshi",
    "reference": "KXTEST-26DEC31-T0.5",
    "outcome_index": 1,
    "note": "read by a person",
}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "siblings.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_an_entry_says_which_of_our_outcomes_the_venues_yes_is(tmp_path: Path) -> None:
    assert read_links(written(tmp_path, [ENTRY])) == (
        SiblingLink(bytes.fromhex("5f" * 32), Venue.KALSHI, "KXTEST-26DEC31-T0.5", 1),
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read as a list"),
        ({}, "expected a JSON list"),
        (["x"], "entry 0: not an object"),
        ([ENTRY | {"ticker": "X"}], "entry 0: unknown key 'ticker'"),
        ([ENTRY | {"condition_id": None}], "'condition_id' is missing"),
        ([ENTRY | {"condition_id": "0x12"}], "entry 0: "),
        ([ENTRY | {"reference": "A,B"}], "'reference' is not the name of a market"),
        ([ENTRY | {"reference": "../x"}], "'reference' is not the name of a market"),
        ([ENTRY | {"outcome_index": 2}], "'outcome_index' must be 0 or 1"),
        ([ENTRY | {"outcome_index": True}], "'outcome_index' must be 0 or 1"),
        ([ENTRY | {"venue": "predict_fun"}], "'venue' must be one of: kalshi"),
        ([ENTRY, ENTRY | {"reference": "KXOTHER"}], "'KXOTHER': its market was linked before"),
    ],
)
def test_a_fault_is_one_line_that_names_the_entry(
    tmp_path: Path, content: Any, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason) as refused:
        read_links(written(tmp_path, content))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.json: cannot be read"):
        read_links(tmp_path / "nothing.json")
