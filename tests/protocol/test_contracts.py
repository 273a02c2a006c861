"""Who plays which role, and whose clarifications count."""

from datetime import UTC, datetime

from models.enums import ContractKind, OracleVersion
from service.chain.book import mainnet_book
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.finality import POLYGON
from service.protocol.ids import parse_address

OLD, NEW, STRANGER = (bytes([n]) * 20 for n in (1, 2, 3))
MOVED = datetime(2026, 5, 22, 8, tzinfo=UTC)
BOOK = ContractBook(
    (
        ContractEntry(137, OLD, ContractKind.QUESTION_CREATOR, 0),
        ContractEntry(137, NEW, ContractKind.QUESTION_CREATOR, 0, posts_for=OLD, from_time=MOVED),
        ContractEntry(137, STRANGER, ContractKind.FINDER, 10, to_block=20),
    )
)


def test_a_role_holds_only_in_its_blocks() -> None:
    assert BOOK.kinds_at(137, STRANGER, 9) == ()
    assert BOOK.kinds_at(137, STRANGER, 10) == (ContractKind.FINDER,)
    assert BOOK.kinds_at(137, STRANGER, 21) == ()
    assert BOOK.kinds_at(1, STRANGER, 15) == ()


def test_the_creator_clarifies_until_another_key_takes_over() -> None:
    before = datetime(2026, 5, 22, 7, 59, tzinfo=UTC)
    assert BOOK.may_clarify(137, OLD, OLD, before)
    assert not BOOK.may_clarify(137, NEW, OLD, before)
    assert BOOK.may_clarify(137, NEW, OLD, MOVED)
    assert not BOOK.may_clarify(137, OLD, OLD, MOVED)
    assert not BOOK.may_clarify(137, STRANGER, OLD, MOVED)


def test_the_managed_oracle_changes_its_rules_on_a_date() -> None:
    book = mainnet_book()
    managed = parse_address("0x2C0367a9DB231dDeBd88a94b4f6461a6e47C58B1")
    old = parse_address("0xeE3Afe347D5C74317041E2618C49534dAf887c24")
    january, march = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    assert book.oracle_version(POLYGON, managed, january) is OracleVersion.MANAGED
    assert book.oracle_version(POLYGON, managed, march) is OracleVersion.MANAGED_RESOLVER
    assert book.oracle_version(POLYGON, old, march) is OracleVersion.OOV2
    assert book.oracle_version(POLYGON, STRANGER, march) is None


def test_adapters_ask_the_oracle_of_their_version() -> None:
    book = mainnet_book()
    v3 = parse_address("0x157Ce2d672854c848c9b79C49a8Cc6cc89176a49")
    v4 = parse_address("0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7")
    assert book.oracle_of_adapter(POLYGON, v3) == parse_address(
        "0xeE3Afe347D5C74317041E2618C49534dAf887c24"
    )
    assert book.oracle_of_adapter(POLYGON, v4) == parse_address(
        "0x2C0367a9DB231dDeBd88a94b4f6461a6e47C58B1"
    )
