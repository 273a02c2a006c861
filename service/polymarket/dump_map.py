"""Which column of a market dump is which of our fields: a file, checked, and what it makes of rows.

What a row becomes is a record in Gamma's shape, so that imported markets go the way the live
catalogue's go (``translate.to_listing``), and are refused for the same reasons. Pure.
"""

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.errors import UsageError
from service.polymarket.dump_values import TRANSFORMS, Kind, to_instant

KNOWN_AT = "known_at"
_KEYS = ("column", "columns", "as", "constant")


@dataclass(frozen=True, slots=True)
class _Field:
    """One of our fields: what Gamma calls it, and what kind of value it takes."""

    gamma: str
    kind: Kind


# A field of the group goes into the record's event.
_GROUP = "events."
FIELDS: Mapping[str, _Field] = {
    "gamma_id": _Field("id", Kind.TEXT),
    "condition_id": _Field("conditionId", Kind.TEXT),
    "question_id": _Field("questionID", Kind.TEXT),
    "uma_question_id": _Field("negRiskRequestID", Kind.TEXT),
    "group_id": _Field("events.id", Kind.TEXT),
    "group_slug": _Field("events.slug", Kind.TEXT),
    "group_title": _Field("events.title", Kind.TEXT),
    "neg_risk_market_id": _Field("events.negRiskMarketID", Kind.TEXT),
    "slug": _Field("slug", Kind.TEXT),
    "title": _Field("question", Kind.TEXT),
    "rules": _Field("description", Kind.TEXT),
    "category": _Field("category", Kind.TEXT),
    "tags": _Field("tags", Kind.LIST),
    "outcomes": _Field("outcomes", Kind.LIST),
    "token_ids": _Field("clobTokenIds", Kind.LIST),
    "adapter": _Field("resolvedBy", Kind.TEXT),
    "position_ids": _Field("positionIds", Kind.LIST),
    "neg_risk": _Field("negRisk", Kind.FLAG),
    "neg_risk_other": _Field("negRiskOther", Kind.FLAG),
    "group_item_title": _Field("groupItemTitle", Kind.TEXT),
    "version": _Field("version", Kind.TEXT),
    "market_type": _Field("marketType", Kind.TEXT),
    "closed": _Field("closed", Kind.FLAG),
    "end_at": _Field("endDate", Kind.TIME),
    "closed_at": _Field("closedTime", Kind.TIME),
    "updated_at": _Field("updatedAt", Kind.TIME),
    "uma_status": _Field("umaResolutionStatus", Kind.TEXT),
    "uma_statuses": _Field("umaResolutionStatuses", Kind.LIST),
    "uma_bond": _Field("umaBond", Kind.MONEY),
    "uma_reward": _Field("umaReward", Kind.MONEY),
    "custom_liveness_seconds": _Field("customLiveness", Kind.NUMBER),
    "volume": _Field("volume", Kind.MONEY),
    "volume_24h": _Field("volume24hr", Kind.MONEY),
    "liquidity": _Field("liquidity", Kind.MONEY),
}
# Without these no row of the dump could become a market.
_NEEDED = ("condition_id", "outcomes", "closed")
_UMA = ("adapter", "uma_bond", "uma_reward", "uma_status")


class MapError(UsageError):
    """A mapping file with mistakes, a line each."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Keep the lines; the message is all of them."""
        self.lines = tuple(lines)
        super().__init__(" ".join(lines))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from: one column, several of a list, or the same always."""

    columns: tuple[str, ...]
    transform: str | None
    constant: Any = None

    def read(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401  # whatever the file holds
        """The value in a row; ``ValueError`` where it cannot be read as the map says."""
        if not self.columns:
            return self.constant
        if self.transform is None:
            values = [row.get(column) for column in self.columns]
            return None if any(value is None for value in values) else values
        value = row.get(self.columns[0])
        return None if value is None else TRANSFORMS[self.transform].read(value)


@dataclass(frozen=True, slots=True)
class DumpMap:
    """A whole map. Without fields a dump's columns are Gamma's own."""

    fields: Mapping[str, Source]
    # When a row was crawled.
    known_at: Source | None = None

    def columns(self) -> dict[str, str]:
        """Every column that is read, with the key of the map that names it."""
        found: dict[str, str] = {}
        named = {f"fields.{name}": source for name, source in self.fields.items()}
        if self.known_at is not None:
            named[KNOWN_AT] = self.known_at
        for key, source in named.items():
            for column in source.columns:
                found.setdefault(column, key)
        return found

    def to_record(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row in Gamma's shape; ``ValueError`` names the field that cannot be read."""
        if not self.fields:
            return dict(row)
        record: dict[str, Any] = {}
        group: dict[str, Any] = {}
        for name, source in self.fields.items():
            try:
                value = source.read(row)
            except ValueError as error:
                message = f"{name}: {error}"
                raise ValueError(message) from error
            key = FIELDS[name].gamma
            if key.startswith(_GROUP):
                group[key.removeprefix(_GROUP)] = value
            elif name == "tags" and value is not None:
                record[key] = [{"label": tag} for tag in value]
            else:
                record[key] = value
        if group.get("id") is not None:
            record["events"] = [group]
        return record

    def crawled_at(self, row: Mapping[str, Any]) -> datetime | None:
        """When the row was crawled, if the map says where that stands and the row has it."""
        if self.known_at is None:
            return None
        try:
            value = self.known_at.read(row)
            return None if value is None else to_instant(value).astimezone(UTC)
        except ValueError as error:
            message = f"{KNOWN_AT}: {error}"
            raise ValueError(message) from error


GAMMA_SHAPE = DumpMap({})


def parse_map(text: str, name: str, *, is_json: bool) -> DumpMap:
    """A map from TOML or JSON text; every mistake is a line of the :class:`MapError`."""
    try:
        document: object = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "JSON" if is_json else "TOML"
        reason = " ".join(str(error).split())[:200]
        raise MapError([f"{name}: is not {kind} ({reason})."]) from error
    if not isinstance(document, dict) or not isinstance(document.get("fields"), dict):
        line = "'fields' is no table. Write [fields] and lines like condition_id = \"column\""
        raise MapError([f"{name}: {line}."])
    lines = [*_misplaced(document)]
    fields = {key: _try(lines, f"fields.{key}", key, v) for key, v in document["fields"].items()}
    known_at = None
    if KNOWN_AT in document:
        known_at = _try(lines, KNOWN_AT, "end_at", document[KNOWN_AT])
    lines += _missing(document["fields"])
    if lines:
        raise MapError([f"{name}: {line}." for line in lines])
    return DumpMap({key: made for key, made in fields.items() if made is not None}, known_at)


def _misplaced(document: Mapping[str, object]) -> list[str]:
    return [
        f"{key!r} is not known. Write 'fields' and, if the dump says it, {KNOWN_AT!r}"
        for key in document
        if key not in ("fields", KNOWN_AT)
    ]


def _missing(fields: Mapping[str, object]) -> list[str]:
    lines = [
        f"fields.{key} is missing. Name the column that holds it, or give a constant"
        for key in _NEEDED
        if key not in fields
    ]
    if not any(key in fields for key in _UMA):
        lines.append(
            f"fields names none of {', '.join(_UMA)}. Map one at least: a market without any does "
            "not count as UMA's"
        )
    return lines


def _try(lines: list[str], key: str, field: str, value: object) -> Source | None:
    """A field's source; a mistake in it becomes a line. ``field`` says what kind it takes."""
    if field not in FIELDS:
        lines.append(f"{key} is not one of our fields. {_nearest(field)}")
        return None
    try:
        return _source(value, FIELDS[field].kind)
    except ValueError as error:
        lines.append(f"{key} {error}")
    return None


def _source(value: object, kind: Kind) -> Source:
    if isinstance(value, str):
        return Source((value,), kind.usual)
    if not isinstance(value, dict):
        message = 'is neither a column\'s name nor a table such as { column = "a" }'
        raise ValueError(message)  # noqa: TRY004  # one error type for every mistake
    unknown = [key for key in value if key not in _KEYS]
    if unknown:
        message = f"has the key {unknown[0]!r}, which is not known. Use {', '.join(_KEYS)}"
        raise ValueError(message)
    given = [key for key in ("column", "columns", "constant") if key in value]
    if len(given) != 1:
        message = "needs one of column, columns and constant, and no more than one"
        raise ValueError(message)
    if "as" in value and given != ["column"]:
        message = f"has 'as' beside {given[0]!r}. Only a column is transformed: leave 'as' out"
        raise ValueError(message)
    if given == ["constant"]:
        return Source((), None, _constant(value["constant"], kind))
    if given == ["columns"]:
        return Source(_columns(value["columns"], kind), None)
    column, transform = value["column"], value.get("as", kind.usual)
    if not isinstance(column, str) or not column:
        message = f"'column' is not a name: {column!r}"
        raise ValueError(message)
    if transform not in kind.transforms:
        message = (
            f"'as' = {transform!r} does not make a {kind.value}. Use {' or '.join(kind.transforms)}"
        )
        raise ValueError(message)
    return Source((column,), transform)


def _columns(value: object, kind: Kind) -> tuple[str, ...]:
    if kind is not Kind.LIST:
        message = "has 'columns', which make a list, and it is none. Name one 'column'"
        raise ValueError(message)
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        message = "'columns' is not a list of column names"
        raise ValueError(message)
    return tuple(value)


def _constant(value: object, kind: Kind) -> object:
    if not kind.takes(value):
        message = f"'constant' {value!r:.60} is not a {kind.value}"
        raise ValueError(message)
    return value.isoformat() if isinstance(value, datetime) else value


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key, FIELDS, n=1)
    if near:
        return f"Did you mean {near[0]}"
    return f"They are: {', '.join(FIELDS)}"
