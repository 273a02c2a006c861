"""Groups: questions that stand or fall together and must never be split.

docs/methodology.md, "Backtest". An event's id makes a group. Recordings of proposals carry none, so
likely siblings are joined by what siblings share: the title with its numbers, dates and quotations
blanked, and the rules with their names blanked too, under the same tags and scheduled end. It errs
on the side of joining: too large a group costs precision, a split one invents skill.
"""

import re
from collections.abc import Hashable, Iterable, Sequence

_QUOTED = re.compile('["\u201c\u201d][^"\u201c\u201d]{1,60}["\u201c\u201d]')
_MONTHS_AND_DAYS = re.compile(
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
)
_WITH_DIGIT = re.compile(r"\S*\d\S*")
_NAME = re.compile(r"\b\w*[A-Z]\w*\b")
_NAMES = re.compile(r"(~\s*)+")
_OTHER = re.compile(r'[^\w#~"]+')
_TEMPLATE_CHARACTERS = 200


def title_stem(title: str | None) -> str | None:
    """The title without case, numbers, dates and quotations; None where nothing is left."""
    text = _QUOTED.sub('"', (title or "").casefold())
    text = _WITH_DIGIT.sub("#", _MONTHS_AND_DAYS.sub("~", text))
    return _squeezed(text)


def rules_template(rules: str | None) -> str | None:
    """The rules' beginning without names, numbers and quotations; None where nothing is left."""
    text = _WITH_DIGIT.sub("#", _QUOTED.sub('"', rules or ""))
    template = _squeezed(_NAMES.sub("~ ", _NAME.sub("~", text)))
    return None if template is None else template[:_TEMPLATE_CHARACTERS]


def _squeezed(text: str) -> str | None:
    words = " ".join(_OTHER.sub(" ", text).split())
    return words if any(c.isalpha() for c in words) else None


def join_groups(keys: Sequence[Iterable[Hashable]]) -> list[int]:
    """For each row the number of its group: rows that share a key, directly or over others."""
    leader: dict[Hashable, Hashable] = {}

    def find(item: Hashable) -> Hashable:
        root = item
        while leader.setdefault(root, root) != root:
            root = leader[root]
        while leader[item] != root:
            leader[item], item = root, leader[item]
        return root

    for row, shared in enumerate(keys):
        for key in shared:
            first, second = find(("row", row)), find(("key", key))
            if first != second:
                leader[first] = second
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(find(("row", row)), len(numbers)) for row in range(len(keys))]
