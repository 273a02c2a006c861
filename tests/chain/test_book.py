"""Contract books: what is refused, in one line that says what to do."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from models.enums import ContractKind
from service.chain.book import mainnet_book, parse_book
from service.errors import UsageError
from service.protocol.ids import parse_address
from service.protocol.safety_periods import safety_period

MANAGED = "0x2C0367a9DB231dDeBd88a94b4f6461a6e47C58B1"


def entry(**changes: object) -> dict[str, object]:
    return {
        "chain_id": 137,
        "address": MANAGED,
        "kind": "managed_optimistic_oracle_v2",
        "from_block": 100,
    } | changes


def refusal(*entries: dict[str, object]) -> str:
    with pytest.raises(UsageError) as caught:
        parse_book(json.dumps(entries), "book.json")
    return str(caught.value)


def test_a_mistyped_checksum_is_refused() -> None:
    line = refusal(entry(address=MANAGED.replace("B1", "b1")))
    assert line.startswith("book.json: entry 0: 'address' 0x2C03")
    assert "EIP-55" in line
    assert "\n" not in line


@pytest.mark.parametrize("address", [MANAGED, MANAGED.lower(), "0x" + MANAGED[2:].upper()])
def test_an_address_without_a_checksum_is_taken_as_it_is(address: str) -> None:
    [only] = parse_book(json.dumps([entry(address=address)]), "book.json").entries
    assert only.address == parse_address(MANAGED)


def test_an_entry_twice_is_refused() -> None:
    assert refusal(entry(), entry()) == (
        "book.json: entry 1: the same as entry 0; remove one of them."
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"from_block": 200}),
        ({"to_block": 200}, {"from_block": 200, "version": "2"}),
        ({"from_block": 300}, {"to_block": 300}),
        ({}, {"version": "2"}),
    ],
)
def test_two_entries_for_one_block_are_refused(
    first: dict[str, object], second: dict[str, object]
) -> None:
    line = refusal(entry(**first), entry(**second))
    assert "entry 1: its blocks overlap entry 0's" in line
    assert "'to_block'" in line


@pytest.mark.parametrize(
    "second",
    [
        {"from_block": 201},
        {"kind": "address_whitelist"},
        {"chain_id": 1},
        {"posts_for": MANAGED, "from_block": 101},
    ],
)
def test_entries_that_follow_or_do_not_concern_each_other_are_kept(
    second: dict[str, object],
) -> None:
    book = parse_book(json.dumps([entry(to_block=200), entry(**second)]), "book.json")
    assert len(book.entries) == 2


def test_mainnet_s_managed_oracle_has_its_three_implementations() -> None:
    book, managed = mainnet_book(), parse_address(MANAGED)
    blocks = (74_677_419, 83_411_123, 83_411_124, 94_239_431, 94_239_432)
    versions = [book.version_at(137, managed, block) for block in blocks]
    assert versions == ["1.0.0", "1.0.0", "2.0.0", "2.0.0", "2.1.0"]


@pytest.mark.parametrize(
    ("address", "period"),
    [
        ("0x6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74", timedelta(days=2)),
        ("0x2F5e3684cb1F318ec51b00Edba38d79Ac2c0aA9d", timedelta(days=2)),
        ("0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7", timedelta(hours=1)),
        ("0x71523d0f655B41E805Cec45b17163f528B59B820", timedelta(hours=1)),
        ("0x661992aebf6BecF7BA5abB66f6b0Bf62Aa7a2E93", timedelta(0)),
    ],
)
def test_mainnet_s_contracts_name_the_versions_their_waits_depend_on(
    address: str, period: timedelta
) -> None:
    book, raw = mainnet_book(), parse_address(address)
    kind = book.kind_of(137, raw)
    assert safety_period(kind, book.version_at(137, raw, 90_000_000)) == period


def test_mainnet_s_first_adapters_ask_the_first_oracle() -> None:
    book = mainnet_book()
    first = parse_address("0xCB1822859cEF82Cd2Eb4E6276C7916e692995130")
    oracle = book.oracle_of_adapter(137, first)
    assert oracle is not None
    assert book.kind_of(137, oracle) is ContractKind.OPTIMISTIC_ORACLE


def test_the_managed_oracle_s_dates_follow_its_blocks() -> None:
    book, managed = mainnet_book(), parse_address(MANAGED)
    eras = [e for e in book.entries if e.address == managed]
    dates = [e.from_time for e in eras]
    assert dates == [
        None,
        datetime(2026, 2, 24, tzinfo=UTC),
        datetime(2026, 9, 22, tzinfo=UTC),
    ]
