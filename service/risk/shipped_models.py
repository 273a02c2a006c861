"""The fitted models that ship with the product, as their files tell them.

docs/methodology.md, "Dispute model". They give P(disputed) and P(flipped), never P(paid out wrong).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

NONE_SHIPPED = "no fitted model is shipped: every coefficient is its default"


@dataclass(frozen=True, slots=True)
class ShippedModel:
    """One model file: its content, and its card in words."""

    name: str
    document: Mapping[str, object]
    # Markdown; None where the file has no card beside it.
    card: str | None


@lru_cache(maxsize=1)
def load_shipped_models() -> tuple[ShippedModel, ...]:
    """The model files of this release by name; none where none is shipped."""
    return read_models(files("service.risk").joinpath("models"))


def read_models(folder: Traversable) -> tuple[ShippedModel, ...]:
    """The model files of a folder; TypeError where one is no JSON object."""
    if not folder.is_dir():
        return ()
    found = {item.name: item for item in folder.iterdir()}
    models = []
    for name in sorted(found):
        if not name.endswith(".json"):
            continue
        document = json.loads(found[name].read_text("utf-8"))
        if not isinstance(document, dict):
            message = f"{name}: is no model file"
            raise TypeError(message)
        stem = name.removesuffix(".json")
        card = found.get(f"{stem}.md")
        text = None if card is None else card.read_text("utf-8")
        models.append(ShippedModel(stem, document, text))
    return tuple(models)
