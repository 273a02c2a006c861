"""The shipped files whose numbers move a score, and one digest over all of them.

docs/methodology.md, "Priors". A score made with another file has another digest.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

PRIORS = "priors.toml"
_TABLES = (PRIORS, "wording_points.toml")
_MODELS = "models"


@lru_cache(maxsize=1)
def shipped_score_files() -> Mapping[str, bytes]:
    """Those of this release, as they are, by their path under ``service/risk``."""
    return read_score_files(files("service.risk"))


def read_score_files(folder: Traversable) -> dict[str, bytes]:
    """The tables and fitted models of a folder, in a fixed order; OSError where a table lacks."""
    found = {name: folder.joinpath(name).read_bytes() for name in _TABLES}
    models = folder.joinpath(_MODELS)
    if models.is_dir():
        for item in sorted(models.iterdir(), key=lambda item: item.name):
            if item.name.endswith(".json"):
                found[f"{_MODELS}/{item.name}"] = item.read_bytes()
    return found


def files_digest(model_version: str, contents: Mapping[str, bytes]) -> str:
    """SHA-256, as hex, over the model's version and every file's name and content."""
    whole = hashlib.sha256(model_version.encode())
    for name in sorted(contents):
        whole.update(f"\n{name} {hashlib.sha256(contents[name]).hexdigest()}".encode())
    return whole.hexdigest()
