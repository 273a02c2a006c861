"""The steps of a case: what the contracts were made to do, one transaction each."""

from typing import Annotated, Literal

from pydantic import Field

from service.demo.parts import Instant, Stated

Handle = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]


class Dated(Stated):
    """One step; ``minute`` says whether the time of day is on record or made up."""

    at: Instant
    minute: Literal["known", "invented"] = "invented"


class Open(Dated):
    """The question enters the adapter; its tokens can be traded from here on."""

    kind: Literal["open"]


class Propose(Dated):
    """An answer under bond."""

    kind: Literal["propose"]
    outcome: str
    by: Handle


class Dispute(Dated):
    """The open proposal is contested: the first time resets the question, later ones do not."""

    kind: Literal["dispute"]
    by: Handle


class Clarify(Dated):
    """A bulletin-board post; only the creator's count."""

    kind: Literal["clarify"]
    text: str
    by: Handle | Literal["creator"] = "creator"


class Vote(Dated):
    """The vote's answer to the request of this number lands on Polygon."""

    kind: Literal["vote"]
    request: int = Field(ge=1)
    outcome: str


class Settle(Dated):
    """The oracle settles the request of this number by itself, outside a resolution."""

    kind: Literal["settle"]
    request: int = Field(ge=1)


class Resolve(Dated):
    """The adapter takes the oracle's answer: a payout, or a reset after "too early"."""

    kind: Literal["resolve"]


class Flag(Dated):
    """An administrator prepares a manual resolution."""

    kind: Literal["flag"]


class Unflag(Dated):
    """The preparation is taken back."""

    kind: Literal["unflag"]


class Pause(Dated):
    """Resolution is blocked."""

    kind: Literal["pause"]


class Unpause(Dated):
    """Resolution is possible again."""

    kind: Literal["unpause"]


class Override(Dated):
    """The outcome is set by hand."""

    kind: Literal["override"]
    outcome: str


Step = Annotated[
    Open
    | Propose
    | Dispute
    | Clarify
    | Vote
    | Settle
    | Resolve
    | Flag
    | Unflag
    | Pause
    | Unpause
    | Override,
    Field(discriminator="kind"),
]
