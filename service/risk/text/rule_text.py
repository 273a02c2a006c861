"""What a market's wording says of how it may be contested: fixed words, quoted where they stand.

Lexical on purpose: anyone can check it against the text. The words are in
``wording_patterns.py``. docs/methodology.md, "Rule text".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from service.risk.text import wording_patterns as words
from service.risk.text.features import Span
from service.risk.text.wording_patterns import Pattern

# Spans quoted for one reading.
MOST_SPANS = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of one thing the wording has, and the words that say so."""

    name: str
    value: float
    unit: str
    spans: tuple[Span, ...] = ()


class Wording:
    """A title and a rule text, searched in that order."""

    def __init__(self, title: str, rules: str) -> None:
        self._title, self._rules = title, rules
        self._lower = f"{title}\n{rules}".lower()

    def find(self, pattern: Pattern) -> Iterator[Span]:
        """Every match; texts without one of the pattern's stems are not searched."""
        if not self.may_have(pattern):
            return
        for match in pattern.regex.finditer(self._title):
            yield Span("title", match.start(), match.end(), match.group())
        for match in pattern.regex.finditer(self._rules):
            yield Span("rules", match.start(), match.end(), match.group())

    def may_have(self, pattern: Pattern) -> bool:
        """Whether one of the pattern's stems is there."""
        lower = self._lower
        # A loop: most texts have none, and a generator costs as much as the looking.
        for stem in pattern.stems:  # noqa: SIM110
            if stem in lower:
                return True
        return False

    def has(self, pattern: Pattern) -> bool:
        """Whether there is a match."""
        return next(self.find(pattern), None) is not None


def read_wording(title: str, rules: str) -> tuple[Reading, ...]:
    """Every lexical reading of a market's wording, in a fixed order, absent ones as 0."""
    text = Wording(title, rules)
    addresses = list(text.find(words.URL))
    hosts = {words.host(span.words) for span in addresses}
    vague = [span for p in words.VAGUE_VERBS.values() for span in islice(text.find(p), 1)]
    return (
        Reading("vague_verb", float(len(vague)), "kinds of vague words", _some(vague)),
        _flag(
            "no_named_source",
            text.find(words.SOURCE),
            holds=not hosts and not text.has(words.NAMED_SOURCE),
        ),
        _without_zone(text),
        _which_date(text),
        _flag("subjective_adjective", text.find(words.SUBJECTIVE)),
        _flag(
            "alternative_sources",
            list(text.find(words.ALTERNATIVE)) or addresses,
            holds=len(hosts) > 1 or text.has(words.ALTERNATIVE),
        ),
        _flag("too_early_possible", text.find(words.TOO_EARLY)),
    )


def read_sources(title: str, rules: str) -> tuple[Reading, ...]:
    """A reading a kind of fragile source the answer hangs on: one sensor, one map, one price feed.

    0 where the wording names a second source that could contradict it.
    """
    text = Wording(title, rules)
    told = {
        name: _some(text.find(pattern))
        for name, pattern in _FRAGILE.items()
        if text.may_have(pattern)
    }
    if not any(told.values()) or text.has(words.CROSS_CHECK):
        return _NOT_FRAGILE
    return tuple(_flag(name, told.get(name, ())) for name in _FRAGILE)


def _without_zone(text: Wording) -> Reading:
    """A day or an hour, and no timezone anywhere."""
    spans = list(text.find(words.CLOCK)) or list(text.find(words.DAY))
    holds = bool(spans) and not text.has(words.ZONE)
    return _flag("deadline_without_timezone", spans, holds=holds)


def _which_date(text: Wording) -> Reading:
    """Something that happens and is reported, a deadline, and not which of the two counts."""
    spans = _some(text.find(words.REPORTED))
    holds = bool(spans) and text.has(words.DAY) and not text.has(words.DATE_RULE)
    return _flag("event_or_disclosure_date", spans, holds=holds)


def _flag(name: str, spans: Iterable[Span], *, holds: bool | None = None) -> Reading:
    """1 where it holds; by itself it holds where there are words."""
    quoted = _some(spans) if holds is not False else ()
    return Reading(name, float(bool(quoted) if holds is None else holds), "flag", quoted)


def _some(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(islice(spans, MOST_SPANS))


_FRAGILE = {f"fragile_source_{kind}": pattern for kind, pattern in words.FRAGILE.items()}
_NOT_FRAGILE = tuple(_flag(name, ()) for name in _FRAGILE)
