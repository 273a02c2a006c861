"""Reading a question's ancillary text: title, description, stamps.

The text is written for people; descriptions hold commas and colons, so keys are found by their
exact markers and the trailing stamps are split off from the right.
"""

import re
from dataclasses import dataclass

_INITIALIZER = re.compile(rb",initializer:([0-9a-f]{40})")
_OO_REQUESTER = re.compile(rb",ooRequester:[0-9a-f]{40}\Z")
_MARKET_ID = re.compile(r"market_id:\s*(\d+)")


@dataclass(frozen=True, slots=True)
class AncillaryText:
    """What a question's text says of itself."""

    title: str
    description: str
    market_id: str | None
    initializer: bytes | None


def without_oracle_stamp(data: bytes) -> bytes:
    """Remove the ``,ooRequester:<address>`` the oracle adds before it asks the DVM."""
    return _OO_REQUESTER.sub(b"", data)


def read_ancillary(data: bytes) -> AncillaryText:
    """Parse a question's text; invalid UTF-8 is shown with replacement characters."""
    text = data.decode("utf-8", errors="replace").replace("\x00", "")
    title = _between(text, "q: title:", ", description:")
    description = _between(text, ", description:", " res_data:")
    market = _MARKET_ID.search(text)
    initializers = _INITIALIZER.findall(data)
    return AncillaryText(
        title=title or text[:200].strip(),
        description=description or "",
        market_id=market.group(1) if market else None,
        initializer=bytes.fromhex(initializers[-1].decode()) if initializers else None,
    )


def _between(text: str, start: str, end: str) -> str | None:
    begin = text.find(start)
    if begin < 0:
        return None
    begin += len(start)
    stop = text.find(end, begin)
    return text[begin : stop if stop >= 0 else None].strip()
