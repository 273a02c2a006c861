"""What is assumed of adjudicators: the section of that name in ``priors.toml``, typed."""

import hashlib
import json
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from service.risk.truth.dawid_skene import VERSION, FusionPriors


@lru_cache(maxsize=1)
def load_fusion_priors() -> FusionPriors:
    """The shipped pseudo-counts; a missing or unknown key is a ``KeyError`` or ``TypeError``."""
    return FusionPriors(**_section("adjudication"))


@lru_cache(maxsize=1)
def fusion_version() -> str:
    """What a label is made with: the method, and a digest of the numbers it assumes."""
    told = json.dumps(_section("adjudication"), sort_keys=True)
    return f"{VERSION}+{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _section(name: str) -> dict[str, Any]:
    text = files("service.risk").joinpath("priors.toml").read_text("utf-8")
    section: dict[str, Any] = tomllib.loads(text)[name]
    return section
