"""Recorded chains, and how tests read them."""

import gzip
import json
from pathlib import Path
from typing import Any

CHAIN = Path(__file__).parent / "chain"
CONTRACTS = CHAIN / "contracts.json"
SCENARIOS = tuple(sorted(p.name.removesuffix(".json.gz") for p in CHAIN.glob("?-*.json.gz")))


def path_of(name: str) -> Path:
    """The file of a capture."""
    return CHAIN / f"{name}.json.gz"


def read_replay(name: str) -> dict[str, Any]:
    """A capture's whole document."""
    document: dict[str, Any] = json.loads(gzip.decompress(path_of(name).read_bytes()))
    return document
