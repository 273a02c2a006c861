"""What can go wrong with a node is told to those who run the service."""

from pathlib import Path

import pytest

from service.chain.faults import Fault

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


@pytest.mark.parametrize("fault", Fault)
def test_every_counter_is_explained_to_operators(fault: Fault) -> None:
    assert f"`{fault.value}`" in OPERATIONS.read_text(encoding="utf-8")
