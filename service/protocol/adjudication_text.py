"""What people write into a verdict or a correction, read strictly: one clear reason a fault."""

import re
import unicodedata
from datetime import datetime

from models.adjudication_enums import Verdict

LONGEST_LINK = 2_000
LONGEST_QUOTE = 2_000
LONGEST_TEXT = 4_000
LONGEST_REASON = 1_000
LONGEST_NAME = 80
MOST_EVIDENCE = 20
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
# Scheme, host and port; no name or password before the host.
_LINK = re.compile(r"https?://[^\s/?#@:\\]+(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)
_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})


def verdict_of(text: str) -> Verdict:
    """A verdict by its name in any case; ``ValueError`` with the choices."""
    words = " ".join(text.replace("_", " ").split()).casefold()
    for verdict in Verdict:
        if verdict.value.casefold() == words:
            return verdict
    choices = ", ".join(verdict.value for verdict in Verdict)
    message = f"{text[:40]!r} is no verdict; choose one of: {choices}"
    raise ValueError(message)


def read_pseudonym(text: str) -> str:
    """Who judged, as a pseudonym; ``ValueError`` for anything like a name or an address."""
    if not _PSEUDONYM.fullmatch(text):
        message = (
            f"{text[:40]!r} is no pseudonym: up to 40 letters, digits, and _ . - , no name, no "
            "address"
        )
        raise ValueError(message)
    return text


def read_link(text: str) -> str:
    """A web address, kept as text; ``ValueError`` for anything else or one that is too long."""
    link = text.strip()
    if len(link) > LONGEST_LINK:
        message = f"a link has at most {LONGEST_LINK} characters, this one {len(link)}"
        raise ValueError(message)
    if not _LINK.fullmatch(link) or not link.isprintable():
        message = f"{link[:60]!r} is no http or https link"
        raise ValueError(message)
    return link


def read_words(text: str, most: int) -> str:
    """A text without control and direction characters; ``ValueError`` if empty or too long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    words = "".join(
        c for c in lines if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    ).strip()
    if not words:
        message = "it is empty"
        raise ValueError(message)
    if len(words) > most:
        message = f"it has {len(words)} characters, at most {most} are kept"
        raise ValueError(message)
    return words


def read_flag(value: object) -> bool:
    """Whether something holds; ``ValueError`` for anything but yes and no."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    message = f"{str(value)[:40]!r} is neither true nor false"
    raise ValueError(message)


def read_share(value: object) -> float:
    """A number in 0..1; ``ValueError`` otherwise."""
    try:
        number = float(str(value))
    except ValueError:
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 1:
        message = f"{str(value)[:40]!r} is no number from 0 to 1"
        raise ValueError(message)
    return number


def read_instant(text: str, now: datetime) -> datetime:
    """An instant with its time zone, not after ``now``; ``ValueError`` otherwise."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        message = f"{text[:40]!r} is no time with a time zone, like 2026-11-01T12:00:00Z"
        raise ValueError(message)
    if at > now:
        message = f"{text[:40]!r} lies in the future"
        raise ValueError(message)
    return at
