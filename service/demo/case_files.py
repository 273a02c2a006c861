"""Reading case files and the world they share; a fault is one line naming file and key."""

import tomllib
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from service.demo.case import Case
from service.demo.parts import Instant, Part, Stated
from service.errors import UsageError
from service.protocol.ids import parse_address

WORLD_FILE = "world.toml"

Shape = TypeVar("Shape", bound=BaseModel)


def _address_text(text: str) -> str:
    parse_address(text)
    return text


AddressText = Annotated[str, AfterValidator(_address_text)]


class Pace(Stated):
    """Which block number belongs to which instant."""

    anchor_block: int = Field(gt=0)
    anchor_at: Instant


class Era(Stated):
    """The contracts of a time, as named in the contract book."""

    adapter_version: str


class Tunnel(Stated):
    """The bridge in use from an instant on."""

    from_at: Instant
    address: AddressText


class Depth(Stated):
    """The shape of every order book; only the middle price comes from a case."""

    half_spread: Decimal = Field(gt=0, lt=1)
    step: Decimal = Field(gt=0, lt=1)
    levels: int = Field(ge=1, le=20)
    shares: Decimal = Field(gt=0)


class World(Part):
    """What all cases share."""

    # The reconstruction stops here for every market.
    ends_at: Instant
    notice: str
    creator: AddressText
    currency: AddressText
    pace: Pace
    oov2: Era
    managed: Era
    tunnels: tuple[Tunnel, ...] = Field(min_length=1)
    book: Depth
    sources: dict[str, str]

    @model_validator(mode="after")
    def _names_its_sources(self) -> Self:
        stated = (self.pace, self.oov2, self.managed, *self.tunnels, self.book)
        missing = [s.source for s in stated if s.source and s.source not in self.sources]
        if missing:
            message = f"{missing[0]!r} is not a key of [sources]"
            raise ValueError(message)
        return self


def bundled_cases() -> Path:
    """Where the cases that ship with the product lie."""
    return Path(str(resources.files("service.demo").joinpath("cases")))


def incident_cases() -> Path:
    """Where the cases lie that are replayed one by one and are no part of the demo."""
    return Path(str(resources.files("service.demo").joinpath("incidents")))


def load_world(directory: Path) -> World:
    """The world of a folder of cases, else the bundled one."""
    path = directory / WORLD_FILE
    return _load(path if path.is_file() else bundled_cases() / WORLD_FILE, World)


def load_cases(directory: Path) -> tuple[Case, ...]:
    """Every case of a folder, by file name; an empty or missing folder is an error."""
    if not directory.is_dir():
        message = f"{directory}: no such folder of cases. Give --cases a folder of .toml files."
        raise UsageError(message)
    paths = sorted(p for p in directory.glob("*.toml") if p.name != WORLD_FILE)
    if not paths:
        message = f"{directory}: holds no case (*.toml). Give --cases a folder of .toml files."
        raise UsageError(message)
    cases = tuple(_load(path, Case) for path in paths)
    seen: dict[str, str] = {}
    for path, case in zip(paths, cases, strict=True):
        for key in (f"id {case.id}", f"market.slug {case.market.slug}"):
            if key in seen:
                message = f"{path.name}: {key}: {seen[key]} has it too. Give each case its own."
                raise UsageError(message)
            seen[key] = path.name
    return cases


def _load(path: Path, shape: type[Shape]) -> Shape:
    try:
        document = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path}: cannot be read as TOML ({error})."
        raise UsageError(message) from error
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise UsageError(_first_fault(path, error)) from error


def _first_fault(path: Path, error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Value error, ")
    return f"{path.name}: {key}: {text}." if key else f"{path.name}: {text}."
