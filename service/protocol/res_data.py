"""The answers a question's text offers: ``res_data: p1: 0, p2: 1, p3: 0.5. Where p1 …``.

UMIP-107 calls them p1 to p4 and lets the text give each a price and a label; Polymarket's texts
name teams, leave p3 out or add sentences behind. docs/data-dictionary.md, "Ancillary text".
"""

import re
from collections.abc import Mapping
from itertools import zip_longest

from service.protocol.prices import DECIMALS, TOO_EARLY, Answer, AnswerMeaning

_PRICE = r"-?[0-9]{1,80}(?:\.[0-9]{1,40})?"
_WHOLE_PRICE = re.compile(_PRICE)
_VALUE = re.compile(rf"[\s,]*p([1-4]):\s*({_PRICE})(?!\.?[0-9])")
_LABEL = re.compile(r"(?:,|\b[Ww]here|\band)\s+p([1-4])\s+(?:corresponds\s+)?to\s")
# Where the sentence that names the answers ends; labels hold full stops ("St. Louis").
_NEXT_SENTENCE = re.compile(r"\.\s+(?:Updates made|This request|This market)\b")
_SENTENCE_END = re.compile(r"\.\s+(?=[A-Z])")
_ARTICLE = re.compile(r"\Aan?\s+(?=yes\b|no\b|early\b)", re.IGNORECASE)
_BLANKS = " \t\r\n,"
# A label longer than any name is text that merely looks like one.
_LONGEST_LABEL = 200
# Values and labels stand at the start; the rest of a huge text is not searched.
_LONGEST_CLAUSE = 4_000

_INT256 = range(-(2**255), 2**255)

_DEFAULTS = {
    1: AnswerMeaning.NO,
    2: AnswerMeaning.YES,
    3: AnswerMeaning.UNKNOWN,
    4: AnswerMeaning.TOO_EARLY,
}
_WORDS = (
    (AnswerMeaning.YES, re.compile(r"yes", re.IGNORECASE)),
    (AnswerMeaning.NO, re.compile(r"no", re.IGNORECASE)),
    (
        AnswerMeaning.UNKNOWN,
        re.compile(r"unknown(?:\s*/\s*\S+)?|50[-/]50|cannot be determined", re.IGNORECASE),
    ),
    (AnswerMeaning.TOO_EARLY, re.compile(r"(?:too early|early request|early)", re.IGNORECASE)),
)


def read_answers(text: str) -> tuple[Answer, ...]:
    """The answers in the text behind ``res_data:``; see ``to_answers``."""
    clause = text[:_LONGEST_CLAUSE]
    prices, end = _read_prices(clause)
    return to_answers(prices, _read_labels(clause[end:]))


def to_answers(prices: Mapping[int, int | None], labels: Mapping[int, str]) -> tuple[Answer, ...]:
    """Answers in order of their number, from prices as the oracle holds them.

    Empty unless p1 and p2 are there and every price could be read. p4 is always offered:
    UMIP-107 has it even where a text leaves it out.
    """
    if not prices.keys() >= {1, 2}:
        return ()
    offered = {4: TOO_EARLY, **prices}
    answers = [
        _answer(number, price, labels.get(number))
        for number, price in sorted(offered.items())
        if price is not None
    ]
    return tuple(answers) if len(answers) == len(offered) else ()


def read_price(text: str) -> int | None:
    """A price as the oracle holds it; ``None`` if it is no int256 or finer than 1e-18."""
    if text == str(TOO_EARLY):
        # Some texts give p4 as the oracle holds it, beside unscaled p1 to p3.
        return TOO_EARLY
    if not _WHOLE_PRICE.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    if len(fraction.rstrip("0")) > DECIMALS:
        return None
    price = int(whole + fraction[:DECIMALS].ljust(DECIMALS, "0"))
    return price if price in _INT256 else None


def _answer(number: int, price: int, label: str | None) -> Answer:
    meaning = _DEFAULTS[number] if label is None else _meaning_of(label)
    return Answer(number, price, label, meaning)


def _read_prices(text: str) -> tuple[dict[int, int | None], int]:
    prices: dict[int, int | None] = {}
    end = 0
    while match := _VALUE.match(text, end):
        number, price = int(match[1]), read_price(match[2])
        # One number with two prices has none.
        prices[number] = price if prices.get(number, price) == price else None
        end = match.end()
    return prices, end


def _read_labels(text: str) -> dict[int, str]:
    stop = _NEXT_SENTENCE.search(text)
    sentence = text[: stop.start()] if stop else text
    marks = list(_LABEL.finditer(sentence))
    labels: dict[int, str] = {}
    for mark, following in zip_longest(marks, marks[1:]):
        words = sentence[mark.end() : following.start() if following else None].strip(_BLANKS)
        label = _ARTICLE.sub("", words if following else _last_label(words))
        if label and len(label) <= _LONGEST_LABEL:
            labels.setdefault(int(mark[1]), label)
    return labels


def _last_label(words: str) -> str:
    """The last label without the full stop, or the sentence, that follows it."""
    first = _SENTENCE_END.split(words, maxsplit=1)[0]
    return first if _meaning_of(_ARTICLE.sub("", first)) else words.removesuffix(".")


def _meaning_of(label: str) -> AnswerMeaning | None:
    for meaning, words in _WORDS:
        if words.fullmatch(label):
            return meaning
    return None
