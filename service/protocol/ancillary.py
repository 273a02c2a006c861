"""Reading a question's ancillary text: title, description, answers, stamps.

The text is written for people after Polymarket's template (docs/data-dictionary.md, "Ancillary
text"). Titles and descriptions hold commas, colons and even the template's own key words, and
anybody may write a question, so keys count where the template puts them: the title at the start,
all else at the right end.
"""

import re
from dataclasses import dataclass

from service.protocol.dvm_text import read_stamped
from service.protocol.json_text import read_json_text
from service.protocol.prices import Answer
from service.protocol.res_data import read_answers

_INITIALIZER = re.compile(rb",initializer:([0-9a-f]{40})")
_STAMP_BYTES = len(",initializer:") + 40
_TITLE = re.compile(r"\s*q:\s*title:")
_DESCRIPTION = re.compile(r"[,\s] ?description:")
_RES_DATA = "res_data:"
_MARKET_ID = "market_id:"
# Gamma's ids are decimal; a database has 64 bits for one.
_NUMBER = re.compile(r"\s*([0-9]{1,18})\s*")
_BOARD = re.compile(r"bulletin board at 0x([0-9a-fA-F]{40})\b")
_ONLY_YES_OR_NO = re.compile(r"must only resolve to p1 or p2\b", re.IGNORECASE)
_OPENING_LENGTH = 200


@dataclass(frozen=True, slots=True)
class AncillaryText:
    """What a question's text says of itself; ``None`` where it does not."""

    title: str | None
    description: str | None
    # Gamma's id of the market.
    market_id: str | None
    # Who created the question, as the adapter stamped it.
    initializer: bytes | None
    # The contract on which the creator says clarifications will be posted.
    bulletin_board: bytes | None
    # Empty where the text offers none that can be read; UMIP-107's usual prices then hold.
    answers: tuple[Answer, ...]
    # What the values of a MULTIPLE_VALUES price stand for, lowest first: a game's teams.
    score_labels: tuple[str, ...]
    # The text forbids the 50-50 answer (neg-risk markets).
    is_yes_or_no_only: bool
    # The text's beginning, for a question without a title.
    opening: str

    @property
    def headline(self) -> str:
        """What to show as the question's name: never ``None``, may be empty."""
        return self.title or self.opening


def without_oracle_stamp(data: bytes) -> bytes:
    """Remove the ``,ooRequester:<address>`` the oracle adds before it asks the DVM."""
    stamped = read_stamped(data)
    return data if stamped is None else stamped.question


def read_ancillary(data: bytes) -> AncillaryText:
    """Parse a question's own text, without the oracle's stamp; never raises.

    Invalid UTF-8 is shown with replacement characters. ``initializer`` proves a creator only in
    a text that an adapter asked: the adapter, not the writer, adds the last stamp.
    """
    stamp = _INITIALIZER.fullmatch(data[-_STAMP_BYTES:])
    body = data[:-_STAMP_BYTES] if stamp else data
    text = body.decode("utf-8", errors="replace").replace("\x00", "")
    initializer = bytes.fromhex(stamp[1].decode()) if stamp else None
    return _as_json(text, initializer) or _as_template(text, initializer)


def _as_json(text: str, initializer: bytes | None) -> AncillaryText | None:
    read = read_json_text(text)
    if read is None:
        return None
    return AncillaryText(
        title=read.title,
        description=read.description,
        market_id=None,
        initializer=initializer,
        bulletin_board=None,
        answers=read.answers,
        score_labels=read.labels,
        is_yes_or_no_only=False,
        opening=_opening(text),
    )


def _as_template(text: str, initializer: bytes | None) -> AncillaryText:
    rules, has_answers, resolution = text.rpartition(_RES_DATA)
    if not has_answers:
        rules, resolution = text, ""
    rules, market_id = _part_market_id(rules)
    title, description = _part_title(rules)
    boards = _BOARD.findall(text)
    return AncillaryText(
        title=title,
        description=description,
        market_id=market_id,
        initializer=initializer,
        bulletin_board=bytes.fromhex(boards[-1]) if boards else None,
        answers=read_answers(resolution),
        score_labels=(),
        is_yes_or_no_only=_ONLY_YES_OR_NO.search(resolution) is not None,
        opening=_opening(text),
    )


def _opening(text: str) -> str:
    return text[:_OPENING_LENGTH].strip()


def _part_market_id(rules: str) -> tuple[str, str | None]:
    """Take ``market_id: N`` off the end of the rules; one inside them was written by hand."""
    before, key, number = rules.rpartition(_MARKET_ID)
    match = _NUMBER.fullmatch(number) if key else None
    return (rules, None) if match is None else (before, match[1])


def _part_title(rules: str) -> tuple[str | None, str | None]:
    start = _TITLE.match(rules)
    middle = _DESCRIPTION.search(rules, start.end() if start else 0)
    if start is None:
        return None, None if middle is None else _shown(rules[middle.end() :])
    if middle is None:
        return _shown(rules[start.end() :]), None
    return _shown(rules[start.end() : middle.start()]), _shown(rules[middle.end() :])


def _shown(text: str) -> str | None:
    return text.strip().removesuffix(",").rstrip() or None
