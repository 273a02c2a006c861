"""Two rows of one question as one: what the first lacks is the second's."""

from dataclasses import fields, replace

from models.enums import Category
from service.calibration.rows import Labels, StudyRow

# Identity and time are the row's own; a later file only fills what is absent.
_OWN = frozenset({"market_key", "group", "score_time", "time_basis", "recorded_as"})


def merged(row: StudyRow, other: StudyRow, file: str | None) -> StudyRow:
    """The row with what it lacks from the other; ``file`` names the other where it is another."""
    taken: list[str] = []
    changes: dict[str, object] = {}
    for field in fields(StudyRow):
        if field.name in _OWN or field.name in {"labels", "borrowed"}:
            continue
        mine, others = getattr(row, field.name), getattr(other, field.name)
        if mine in (None, (), Category.OTHER) and others not in (None, (), Category.OTHER):
            changes[field.name] = others
            taken.append(field.name)
    labels, fresh = _merged_labels(row.labels, other.labels)
    taken += fresh
    borrowed = row.borrowed + tuple((name, file) for name in taken if file is not None)
    return replace(row, **changes, labels=labels, borrowed=borrowed)  # type: ignore[arg-type]


def _merged_labels(mine: Labels, others: Labels) -> tuple[Labels, list[str]]:
    """What is known of either; a dispute that only one of them saw has happened."""
    changes = {
        field.name: getattr(others, field.name)
        for field in fields(Labels)
        if getattr(mine, field.name) is None and getattr(others, field.name) is not None
    }
    changes.pop("source", None)
    if others.disputed and mine.disputed is False:
        # An undisputed question's "did not flip" was inferred, and falls with it.
        changes |= {"disputed": True, "flipped": others.flipped}
    if {"disputed", "flipped", "misresolved"} & changes.keys():
        sources = (s for s in (mine.source, others.source) if s)
        changes["source"] = " + ".join(dict.fromkeys(sources)) or None
    return replace(mine, **changes), [name for name in changes if name != "source"]
