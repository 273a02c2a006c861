"""Rule texts: when two say the same, what changed between them, which updates stand inside.

Texts are compared after :func:`normalised`, which takes out what a reader cannot see or a word
processor puts in. docs/data-dictionary.md, "Rules".
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

# Words around a change, for finding it.
CONTEXT_WORDS = 6
# Pairs of words compared one by one; beyond it two passages are told as replaced whole. The
# worst texts of this size take a second, usual ones a millisecond.
MOST_PAIRS = 100_000
LONGEST_SHOWN = 20_000
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"')
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | {"\u2026": "..."}
)
# A paragraph that begins with one of these, and a colon or the line's end, was added later.
_UPDATE = re.compile(
    r"[\s*_\[(]*(?:bulletin board update|update|clarification|additional context)\b"
    r"[^:\n]{0,60}(?::|\n|$)",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")


class TextChange(StrEnum):
    """How a text differs from the one before it."""

    FIRST = "first"
    SAME = "same"
    # Spaces, quotes, dashes, invisible characters.
    TYPOGRAPHIC = "typographic"
    WORDING = "wording"


class HunkKind(StrEnum):
    """What happened to some words."""

    INSERTED = "inserted"
    DELETED = "deleted"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change of words, normalised, with a few unchanged ones around it."""

    kind: HunkKind
    before: str
    removed: str
    added: str
    after: str


@dataclass(frozen=True, slots=True)
class TextDiff:
    """What became of a text."""

    change: TextChange
    hunks: tuple[Hunk, ...] = ()
    # Two passages were too long to compare word by word: the hunk holds all of both.
    is_coarse: bool = False


def normalised(text: str) -> str:
    """A text as compared: one space for any, plain quotes and dashes, nothing invisible.

    Case, digits, punctuation and letters stay: "10\u00b2" is not "102".
    """
    plain = unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)
    seen = "".join(c if c.isspace() or unicodedata.category(c) != "Cf" else "" for c in plain)
    visible = "".join(" " if unicodedata.category(c) == "Cc" else c for c in seen)
    return " ".join(visible.split())


def shown(text: str, most: int = LONGEST_SHOWN) -> str:
    """A foreign text for display: lines kept, control and direction characters gone, bounded."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(c for c in lines if c == "\n" or c.isprintable() or c.isspace())
    clean = "".join(c for c in kept if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf"))
    return clean if len(clean) <= most else clean[: most - 1] + "\u2026"


@lru_cache(maxsize=512)
def compare_texts(old: str, new: str) -> TextDiff:
    """What changed from one text to the next, word by word."""
    if old == new:
        return TextDiff(TextChange.SAME)
    before, after = normalised(old).split(), normalised(new).split()
    if before == after:
        return TextDiff(TextChange.TYPOGRAPHIC)
    hunks, is_coarse = _hunks(before, after)
    return TextDiff(TextChange.WORDING, hunks, is_coarse)


@dataclass(frozen=True, slots=True)
class UpdatedText:
    """A text taken apart: what stood there first, and the updates that say they are some."""

    rules: str
    # Without the words that say so.
    updates: tuple[str, ...]


def part_updates(text: str) -> UpdatedText:
    """Take the paragraphs out of a text that say they were added."""
    rules: list[str] = []
    updates: list[str] = []
    is_heading_open = False
    for paragraph in _PARAGRAPH.split(text.replace("\r\n", "\n")):
        match = _UPDATE.match(paragraph)
        body = paragraph if match is None else paragraph[match.end() :]
        words = shown(body).strip()
        if match is None and not is_heading_open:
            rules.append(paragraph)
        elif words:
            updates.append(words)
        # A heading on its own stands above the paragraph it is of.
        is_heading_open = match is not None and not words
    return UpdatedText("\n\n".join(rules), tuple(updates))


def _hunks(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[Hunk, ...], bool]:
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    stop, limit = len(old) - end, len(new) - end
    if (stop - start) * (limit - start) > MOST_PAIRS:
        return (_hunk(old, new, (start, stop, start, limit)),), True
    return tuple(
        _hunk(old, new, (start + a, start + b, start + c, start + d))
        for a, b, c, d in _changes(old[start:stop], new[start:limit])
    ), False


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield a, b, c, d


def _hunk(old: Sequence[str], new: Sequence[str], span: tuple[int, int, int, int]) -> Hunk:
    a, b, c, d = span
    kind = HunkKind.REPLACED
    if a == b:
        kind = HunkKind.INSERTED
    elif c == d:
        kind = HunkKind.DELETED
    return Hunk(
        kind=kind,
        before=" ".join(old[max(0, a - CONTEXT_WORDS) : a]),
        removed=shown(" ".join(old[a:b])),
        added=shown(" ".join(new[c:d])),
        after=" ".join(old[b : b + CONTEXT_WORDS]),
    )
