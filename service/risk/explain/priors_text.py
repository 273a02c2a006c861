"""Every number of ``priors.toml`` with where it comes from. docs/methodology.md, "Priors"."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

# In the comments a value that is our own assumption carries this mark.
_ASSUMED = re.compile(r"\(A\)|\bAll A\b|\bBoth A\b")
_HEADING = re.compile(r"^\[([\w.]+)\]\s*$")
_KEY = re.compile(r"^([\w-]+)\s*=")


@dataclass(frozen=True, slots=True)
class PriorNumber:
    """One number, or list of numbers, of the model."""

    section: str
    name: str
    value: float | tuple[float, ...]
    # Strength in pseudo-observations; None of a number that is no belief about a probability.
    n: float | None
    # C contract code, D public document, T third-party count, N news, A assumption; None untagged.
    tag: str | None
    # None where the file does not say.
    assumed: bool | None
    source: str | None


def shipped_priors() -> str:
    """The text of the priors in force."""
    return files("service.risk").joinpath("priors.toml").read_text("utf-8")


def list_prior_numbers(text: str) -> tuple[PriorNumber, ...]:
    """In the order of the file, each with its own source or the comment it stands under."""
    comments = _comments(text)
    return tuple(_walk(tomllib.loads(text), (), comments))


def _walk(
    table: Mapping[str, object], path: tuple[str, ...], comments: Mapping[tuple[str, str], str]
) -> Iterator[PriorNumber]:
    section = ".".join(path)
    for name, value in table.items():
        if isinstance(value, dict):
            if "mean" in value and "n" in value:
                yield _prior(section, name, value)
            else:
                yield from _walk(value, (*path, name), comments)
            continue
        numbers = _numbers(value)
        if numbers is None:
            continue
        source = comments.get((section, name)) or comments.get((section, "")) or None
        of_all = any("All A" in text for (place, _), text in comments.items() if place == section)
        tag = "A" if of_all or (source is not None and _ASSUMED.search(source)) else None
        yield PriorNumber(section, name, numbers, None, tag, True if tag else None, source)


def _prior(section: str, name: str, row: Mapping[str, object]) -> PriorNumber:
    mean, n = row["mean"], row["n"]
    if not isinstance(mean, int | float) or not isinstance(n, int | float):
        message = f"{section}.{name}: mean and n must be numbers"
        raise TypeError(message)
    tag, assumed, source = row.get("tag"), row.get("assumed"), row.get("source")
    return PriorNumber(
        section,
        name,
        float(mean),
        float(n),
        None if tag is None else str(tag),
        assumed if isinstance(assumed, bool) else None,
        None if source is None else str(source),
    )


def _numbers(value: object) -> float | tuple[float, ...] | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, list) and all(isinstance(item, int | float) for item in value):
        return tuple(float(item) for item in value)
    return None


def _comments(text: str) -> dict[tuple[str, str], str]:
    """The comment each key stands under, by (section, key), and above each section's heading.

    A comment holds for the keys that follow it, up to the next comment or heading.
    """
    found: dict[tuple[str, str], str] = {}
    section, block, under = "", [], ""
    for line in text.splitlines():
        if line.startswith("#"):
            block.append(line.removeprefix("#").strip())
            continue
        heading, key = _HEADING.match(line), _KEY.match(line)
        if heading:
            section, under = heading.group(1), ""
            found[(section, "")] = " ".join(block)
        elif key:
            under = " ".join(block) or under
            found[(section, key.group(1))] = under
        block = []
    return found
