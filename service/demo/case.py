"""The shape of a case file: what is known of a market, from whom, and what is invented.

``cases/README.md`` explains the schema to authors.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.enums import Remedy
from service.demo.parts import Instant, Part, Stated
from service.demo.steps import Open, Propose, Resolve, Step
from service.demo.story import Story, is_answer, tell

# What has a time of its own beside the steps.
SERIES = ("volume", "open_interest", "price", "knowable")
# How it ended, by what is published: paid against its rules; refunded or set by hand; decided by a
# late note; loudly disputed, and stood; ended right, to see what is raised where nothing is wrong.
Incident = Literal["misresolved", "overridden", "clarified", "contested", "control"]
TWIN = "-twin-"
Usdc = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)]


class Naming(Stated):
    """How the venue shows the market."""

    title: str = Field(min_length=1, max_length=300)
    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,200}$")
    tags: tuple[str, ...] = ()
    # The first outcome is the one the price 1 pays.
    outcomes: tuple[str, str] = ("Yes", "No")


class Deadline(Stated):
    """When the market's question is meant to be decided."""

    at: Instant


class Amount(Stated):
    """A sum of money, or a number of seconds."""

    value: Usdc


class MoneyPoint(Stated):
    """A sum known from an instant on, until the next point."""

    at: Instant
    usdc: Usdc


class PricePoint(Stated):
    """The middle price of the first outcome from an instant on, until the next point."""

    at: Instant
    minute: Literal["known", "invented"] = "invented"
    yes: Annotated[Decimal, Field(gt=0, lt=1, decimal_places=3)]


class Figure(Stated):
    """A published figure that nothing is computed from: shown as background."""

    name: str
    value: Decimal
    unit: str


class Announced(Stated):
    """A remedy announced off chain."""

    at: Instant
    minute: Literal["known", "invented"] = "invented"
    remedy: Literal[Remedy.REFUND]
    text: str


class Knowable(Stated):
    """What anybody could know from an instant on and no step shows; nothing is computed from it."""

    at: Instant
    minute: Literal["known", "invented"] = "invented"
    text: str = Field(min_length=1)


class Unseen(Stated):
    """What decided the case, or would have told of it, and could not have been seen, and why."""

    what: str = Field(min_length=1)
    why: str = Field(min_length=1)


class Bonds(Part):
    """The request's terms."""

    bond_usdc: Amount
    reward_usdc: Amount
    final_fee_usdc: Amount
    liveness_seconds: Amount


class Case(Part):
    """One market of the reconstruction."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")
    kind: Literal["reconstruction", "invented"]
    summary: str = Field(min_length=1)
    # Our own paraphrase, always: the real wording is not reproduced.
    rules_paraphrase: str = Field(min_length=1)
    # What a reader must not take for a fact.
    invented: tuple[str, ...] = Field(min_length=1)
    sources: dict[str, str] = Field(default_factory=dict)
    # Why a series is empty; its key is the series' name.
    unknown: dict[Literal["volume", "open_interest", "price"], str] = Field(default_factory=dict)
    oracle: Literal["oov2", "managed"]
    market: Naming
    deadline: Deadline
    terms: Bonds
    steps: tuple[Step, ...] = Field(min_length=1)
    volume: tuple[MoneyPoint, ...] = ()
    open_interest: tuple[MoneyPoint, ...] = ()
    price: tuple[PricePoint, ...] = ()
    figures: tuple[Figure, ...] = ()
    announcement: Announced | None = None
    knowable: tuple[Knowable, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    # How many more markets went the same way at the same time; a replay adds them, a demo not.
    twins: Annotated[int, Field(ge=0, le=100)] = 0
    # What the case is replayed for; None where it is not.
    incident: Incident | None = None

    @property
    def opened_at(self) -> datetime:
        """When the market began."""
        return self.steps[0].at

    @property
    def liveness(self) -> timedelta:
        """The challenge window."""
        return timedelta(seconds=int(self.terms.liveness_seconds.value))

    @property
    def cast(self) -> str:
        """Whose handles its people are: twins share theirs."""
        return self.id.partition(TWIN)[0]

    def with_twins(self) -> "tuple[Case, ...]":
        """The case and its twins, which differ in their names only."""
        return (self, *(self._twin(number) for number in range(1, self.twins + 1)))

    def _twin(self, number: int) -> "Case":
        naming = self.market.model_copy(
            update={
                "title": f"{self.market.title} [twin {number}]",
                "slug": f"{self.market.slug}-twin-{number}",
            }
        )
        return self.model_copy(
            update={"id": f"{self.id}{TWIN}{number}", "market": naming, "twins": 0}
        )

    def story_at(self, at: datetime) -> Story:
        """The question as its contracts would have told it at an instant."""
        return tell(self.steps_until(at), self.market.outcomes, self.liveness)

    def steps_until(self, at: datetime) -> tuple[Step, ...]:
        """The steps taken by an instant."""
        return tuple(step for step in self.steps if step.at <= at)

    def stated(self) -> Iterator[tuple[str, Stated]]:
        """Every statement with its key: what the honesty check walks."""
        yield "market", self.market
        yield "deadline", self.deadline
        for name in type(self.terms).model_fields:
            yield f"terms.{name}", getattr(self.terms, name)
        for series in (*SERIES, "steps", "figures", "unseen"):
            for index, point in enumerate(getattr(self, series)):
                yield f"{series}[{index}]", point
        if self.announcement is not None:
            yield "announcement", self.announcement

    @model_validator(mode="after")
    def _names_its_sources(self) -> Self:
        used = {key: stated.source for key, stated in self.stated() if stated.source}
        for key, source in used.items():
            if source not in self.sources:
                message = f"{key}.source: {source!r} is not a key of [sources]"
                raise ValueError(message)
        idle = sorted(set(self.sources) - set(used.values()))
        if idle:
            message = f"sources.{idle[0]}: no statement names it; remove it or use it"
            raise ValueError(message)
        if self.kind == "invented" and used:
            message = f"{next(iter(used))}.source: an invented case has no sources"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _leaves_no_gap_unexplained(self) -> Self:
        for name in SERIES:
            points: Sequence[MoneyPoint | PricePoint | Knowable] = getattr(self, name)
            if name != "knowable" and bool(points) == (name in self.unknown):
                message = f"{name}: give points, or say in [unknown] why there are none; not both"
                raise ValueError(message)
            _ascending(name, [point.at for point in points])
        return self

    @model_validator(mode="after")
    def _tells_a_possible_story(self) -> Self:
        if not isinstance(self.steps[0], Open):
            message = "steps[0].kind: the first step must be 'open'"
            raise ValueError(message)  # noqa: TRY004  # pydantic turns ValueError into a line
        _ascending("steps", [step.at for step in self.steps])
        for index, step in enumerate(self.steps):
            outcome = getattr(step, "outcome", None)
            if outcome is not None and not is_answer(
                outcome, self.market.outcomes, is_proposal=isinstance(step, Propose)
            ):
                message = f"steps[{index}].outcome: {outcome!r} is no answer to this question"
                raise ValueError(message)
        tell(self.steps, self.market.outcomes, self.liveness)
        self._check_resolver()
        return self

    def _check_resolver(self) -> None:
        if self.oracle != "managed":
            return
        for index, step in enumerate(self.steps):
            if isinstance(step, Resolve):
                before = tell(self.steps[:index], self.market.outcomes, self.liveness)
                if before.current.settled_price is None:
                    message = (
                        f"steps[{index}]: on the managed oracle the resolver settles first; "
                        "put a 'settle' step before 'resolve'"
                    )
                    raise ValueError(message)


def _ascending(name: str, instants: Sequence[datetime]) -> None:
    for index, (before, after) in enumerate(pairwise(instants), start=1):
        if after <= before:
            message = f"{name}[{index}].at: must be later than the one before"
            raise ValueError(message)
