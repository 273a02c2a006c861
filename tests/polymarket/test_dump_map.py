"""A map of a dump's columns: each mistake is a line that says which key and what to do."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from service.polymarket.dump_map import FIELDS, DumpMap, MapError, parse_map
from service.polymarket.translate import to_listing
from service.protocol.listings import MarketListing
from tests.loopback.records import ADAPTER, condition_of

MAPS = Path(__file__).resolve().parents[2] / "docs" / "maps"
NEEDED: dict[str, Any] = {
    "condition_id": "cond",
    "outcomes": "outs",
    "closed": "done",
    "adapter": "adapter",
}
ROW: dict[str, Any] = {
    "cond": condition_of(1),
    "outs": '["Yes", "No"]',
    "done": True,
    "adapter": ADAPTER,
}


def a_map(known_at: object = None, **fields: Any) -> DumpMap:
    document: dict[str, Any] = {"fields": NEEDED | fields}
    if known_at is not None:
        document["known_at"] = known_at
    return parse_map(json.dumps(document), "m.json", is_json=True)


def mistakes(document: object) -> tuple[str, ...]:
    with pytest.raises(MapError) as raised:
        parse_map(json.dumps(document), "m.json", is_json=True)
    return raised.value.lines


def listing(mapping: DumpMap, **row: Any) -> MarketListing:
    made = to_listing(mapping.to_record(ROW | row))
    assert isinstance(made, MarketListing), made
    return made


@pytest.mark.parametrize(
    ("field", "source", "value", "attribute", "meant"),
    [
        ("title", "t", "Will it?", "title", "Will it?"),
        ("gamma_id", "t", 64, "gamma_id", "64"),
        ("tags", "t", '["a", "b"]', "tags", ("a", "b")),
        ("tags", {"column": "t", "as": "csv-list"}, "a, b,", "tags", ("a", "b")),
        ("token_ids", "t", ["7", "8"], "token_ids", ("7", "8")),
        ("end_at", "t", "2026-01-02", "end_at", datetime(2026, 1, 2, tzinfo=UTC)),
        ("end_at", "t", date(2026, 1, 2), "end_at", datetime(2026, 1, 2, tzinfo=UTC)),
        ("end_at", "t", datetime(2026, 1, 2), "end_at", datetime(2026, 1, 2, tzinfo=UTC)),  # noqa: DTZ001  # as DuckDB gives TIMESTAMP
        (
            "end_at",
            {"column": "t", "as": "epoch-s"},
            1_767_312_000,
            "end_at",
            datetime(2026, 1, 2, tzinfo=UTC),
        ),
        (
            "end_at",
            {"column": "t", "as": "epoch-ms"},
            "1767312000500",
            "end_at",
            datetime(2026, 1, 2, 0, 0, 0, 500_000, tzinfo=UTC),
        ),
        ("volume", "t", 17497.12, "volume", 17_497_120_000),
        ("volume", {"column": "t", "as": "micro-usd"}, "17497120000", "volume", 17_497_120_000),
        ("uma_bond", {"constant": 500}, None, "uma_bond", 500_000_000),
        (
            "uma_question_id",
            "t",
            condition_of(9),
            "uma_question_id",
            bytes.fromhex(condition_of(9)[2:]),
        ),
        ("custom_liveness_seconds", "t", 7200.0, "custom_liveness_seconds", 7_200),
        ("closed", "t", "false", "closed", False),
    ],
)
def test_a_value_becomes_what_the_field_means(
    field: str, source: object, value: object, attribute: str, meant: object
) -> None:
    mapping = a_map(**{field: source})
    assert getattr(listing(mapping, t=value), attribute) == meant


def test_two_columns_make_one_list_and_a_group_of_its_columns() -> None:
    mapping = a_map(
        outcomes={"columns": ["p2", "p1"]}, group_id="event", group_title={"constant": "Ships"}
    )
    made = listing(mapping, p2="Kings", p1="Islanders", event=4_801)
    assert made.outcomes == ("Kings", "Islanders")
    assert made.group is not None
    assert (made.group.gamma_id, made.group.title) == ("4801", "Ships")
    assert listing(mapping, p2="a", p1="b", event=None).group is None


def test_when_a_row_was_crawled_is_told_only_where_the_map_and_the_row_say_it() -> None:
    assert a_map().crawled_at(ROW) is None
    mapping = a_map(known_at={"column": "at", "as": "epoch-s"})
    assert mapping.crawled_at(ROW | {"at": 1_767_312_000}) == datetime(2026, 1, 2, tzinfo=UTC)
    assert mapping.crawled_at(ROW | {"at": None}) is None
    with pytest.raises(ValueError, match="not an epoch"):
        mapping.crawled_at(ROW | {"at": "soon"})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"titel": "t"}, "fields.titel is not one of our fields. Did you mean title"),
        ({"zzz": "t"}, "They are: gamma_id"),
        ({"title": 7}, "is neither a column's name nor a table"),
        ({"title": {"colum": "t"}}, "has the key 'colum', which is not known. Use column"),
        ({"title": {}}, "needs one of column, columns and constant"),
        ({"title": {"column": "a", "constant": "b"}}, "and no more than one"),
        ({"title": {"column": ""}}, "'column' is not a name"),
        ({"title": {"column": "t", "as": "json-list"}}, "does not make a text. Use text"),
        ({"end_at": {"column": "t", "as": "epoch"}}, "Use iso or epoch-s or epoch-ms"),
        ({"closed": {"constant": "yes"}}, "'constant' 'yes' is not a flag"),
        ({"closed": {"constant": True, "as": "flag"}}, "leave 'as' out"),
        ({"title": {"columns": ["a"]}}, "Name one 'column'"),
        ({"outcomes": {"columns": []}}, "is not a list of column names"),
        ({"end_at": {"constant": "soon"}}, "'constant' 'soon' is not a time"),
    ],
)
def test_a_mistake_is_a_line_with_its_key_and_what_to_do(
    fields: dict[str, object], words: str
) -> None:
    [line] = mistakes({"fields": NEEDED | fields})
    assert line.startswith("m.json: ")
    assert words in line


def test_every_mistake_has_its_line() -> None:
    lines = mistakes({"fields": {"titel": "t", "end_at": 5}, "knownat": "x"})
    assert [line.removeprefix("m.json: ").split(" ")[0] for line in lines] == [
        "'knownat'",
        "fields.titel",
        "fields.end_at",
        "fields.condition_id",
        "fields.outcomes",
        "fields.closed",
        "fields",
    ]


@pytest.mark.parametrize("text", ["", "[fields", "{", "[]", "fields = 1"])
@pytest.mark.parametrize("is_json", [True, False])
def test_what_is_no_map_is_named(text: str, is_json: bool) -> None:  # noqa: FBT001  # two forms
    with pytest.raises(MapError) as raised:
        parse_map(text, "m", is_json=is_json)
    assert len(raised.value.lines) == 1


@pytest.mark.parametrize("path", sorted(MAPS.glob("*.toml")), ids=lambda path: path.name)
def test_the_maps_of_the_documentation_hold(path: Path) -> None:
    assert parse_map(path.read_text("utf-8"), path.name, is_json=False).columns()


def test_each_field_takes_a_constant_of_its_kind_and_is_documented() -> None:
    text = (MAPS.parent / "data-dictionary.md").read_text("utf-8")
    examples: dict[str, Any] = {
        "text": "a",
        "list": ["a"],
        "time": "2026-01-01",
        "amount": 5,
        "number": 5,
        "flag": True,
    }
    for name, field in FIELDS.items():
        a_map(**{name: {"constant": examples[field.kind.value]}})
        assert f"`{name}`" in text, name
