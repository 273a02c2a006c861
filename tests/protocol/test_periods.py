"""What held for a contract in which blocks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.data_enums import PeriodKind
from service.protocol.contract_facts import ContractChanged
from service.protocol.log_position import LogPosition
from service.protocol.periods import Held, Period, fold_periods, role_name

START = datetime(2026, 1, 1, tzinfo=UTC)
RESOLVER = "0x92a19c77d2ea87c7f81d50c74403cb2f401780f3ad919571121efe2bdb427eb1"
DOLLAR, OTHER = "0x" + "aa" * 20, "0x" + "bb" * 20
ALICE, BOB = "0x" + "0a" * 20, "0x" + "0b" * 20


def change(block: int, name: str, **words: str) -> tuple[ContractChanged, datetime]:
    at = LogPosition(1, block, bytes(32), 0, block.to_bytes(32, "big"), bytes(20))
    return ContractChanged(at, name, None, words), START + timedelta(seconds=block)


def spans(periods: tuple[Period, ...]) -> list[tuple[str, str, int, int | None]]:
    return [
        (p.held.name, p.held.value, p.from_block, None if p.end is None else p.end.block)
        for p in periods
    ]


def test_a_parameter_holds_until_it_is_set_to_something_else() -> None:
    periods = fold_periods(
        [change(1, "MaxRollsChanged", rolls="4"), change(9, "MaxRollsChanged", rolls="2")]
    )
    assert spans(periods) == [("max_rolls", "4", 1, 9), ("max_rolls", "2", 9, None)]


def test_a_parameter_set_again_as_it_is_goes_on() -> None:
    periods = fold_periods(
        [change(1, "MaxRollsChanged", rolls="4"), change(9, "MaxRollsChanged", rolls="4")]
    )
    assert spans(periods) == [("max_rolls", "4", 1, None)]


def test_one_log_may_set_two_parameters_of_which_one_stays() -> None:
    periods = fold_periods(
        [
            change(1, "GatAndSpatChanged", gat="5", spat="50"),
            change(7, "GatAndSpatChanged", gat="5", spat="65"),
        ]
    )
    assert spans(periods) == [("gat", "5", 1, None), ("spat", "50", 1, 7), ("spat", "65", 7, None)]


def test_bond_ranges_are_each_currency_s_own() -> None:
    periods = fold_periods(
        [
            change(1, "AllowedBondRangeUpdated", currency=DOLLAR, minimum="1", maximum="9"),
            change(2, "AllowedBondRangeUpdated", currency=OTHER, minimum="2", maximum="8"),
        ]
    )
    assert all(period.end is None for period in periods)
    assert Held(PeriodKind.PARAMETER, "maximum_bond", OTHER, "8") in {p.held for p in periods}


def test_two_accounts_hold_a_role_at_once_until_each_loses_it() -> None:
    def words(account: str) -> Mapping[str, str]:
        return {"role": RESOLVER, "account": account, "sender": OTHER}

    periods = fold_periods(
        [
            change(1, "RoleGranted", **words(ALICE)),
            change(2, "RoleGranted", **words(BOB)),
            change(5, "RoleRevoked", **words(ALICE)),
        ]
    )
    assert spans(periods) == [("RESOLVER_ROLE", ALICE, 1, 5), ("RESOLVER_ROLE", BOB, 2, None)]


def test_who_leaves_without_having_come_has_no_period() -> None:
    assert fold_periods([change(3, "RemovedFromWhitelist", removed=ALICE)]) == ()


def test_a_member_that_comes_back_has_two_periods() -> None:
    periods = fold_periods(
        [
            change(1, "AddedToWhitelist", added=ALICE),
            change(2, "RemovedFromWhitelist", removed=ALICE),
            change(3, "AddedToWhitelist", added=ALICE),
        ]
    )
    assert [span[2:] for span in spans(periods)] == [(1, 2), (3, None)]


def test_an_upgrade_ends_the_implementation_before_it() -> None:
    periods = fold_periods(
        [change(1, "Upgraded", implementation=ALICE), change(4, "Upgraded", implementation=BOB)]
    )
    assert spans(periods) == [("implementation", ALICE, 1, 4), ("implementation", BOB, 4, None)]


def test_other_events_of_a_contract_begin_and_end_nothing() -> None:
    assert fold_periods([change(1, "WithdrawnRewards", voter=ALICE)]) == ()


def test_a_role_nobody_knows_keeps_its_hash() -> None:
    assert role_name("0x" + "12" * 32) == "0x" + "12" * 32


MOVES = st.lists(st.tuples(st.sampled_from(["come", "go"]), st.sampled_from([ALICE, BOB])))


@given(MOVES)
def test_the_open_periods_are_the_members_a_set_would_hold(moves: list[tuple[str, str]]) -> None:
    members: set[str] = set()
    changes = []
    for block, (move, who) in enumerate(moves):
        if move == "come":
            members.add(who)
            changes.append(change(block, "NewAdmin", admin=OTHER, newAdmin=who))
        else:
            members.discard(who)
            changes.append(change(block, "RemovedAdmin", admin=OTHER, removedAdmin=who))
    periods = fold_periods(changes)
    assert {p.held.value for p in periods if p.end is None} == members
    assert all(p.end is None or p.from_block < p.end.block for p in periods)
