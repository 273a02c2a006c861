"""Addresses that count as one: as far as the chain is sure, and never so many."""

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from service.protocol.entity_groups import CHAIN_FLOOR, MOST_MEMBERS, Tie, close_groups


def who(number: int) -> bytes:
    return number.to_bytes(20, "big")


def chain(confidence: str, length: int) -> list[Tie]:
    return [Tie(who(n), who(n + 1), Decimal(confidence)) for n in range(1, length + 1)]


def groups_of(ties: Sequence[Tie]) -> list[set[bytes]]:
    by_name: dict[bytes, set[bytes]] = {}
    for address, name in close_groups(ties).items():
        by_name.setdefault(name, set()).add(address)
    return list(by_name.values())


def test_a_chain_is_followed_while_its_product_is_sure() -> None:
    # 0.95 to the fourth is 0.81, to the fifth 0.77.
    assert groups_of(chain("0.95", 4)) == [{who(n) for n in range(1, 6)}]
    cut = groups_of(chain("0.95", 5))
    assert [len(group) for group in cut] == [5, 1] or sorted(map(len, cut)) == [2, 4]
    assert len(groups_of(chain("0.99", 20))) == 1


def test_the_surest_ties_come_first() -> None:
    # 1 and 2 are surely one; 3 is tied to 2 alone, and 4 to 3, both too weakly for a chain of all.
    ties = [*chain("0.89", 3)[1:], Tie(who(1), who(2), Decimal("0.99"))]
    assert groups_of(ties) == [{who(1), who(2), who(3)}, {who(4)}]


def test_a_service_tied_to_very_many_merges_none_of_them() -> None:
    hub = who(10_000)
    many = [Tie(hub, who(n), Decimal("0.99")) for n in range(1, MOST_MEMBERS + 2)]
    assert close_groups(many) == {}
    assert len(groups_of(many[1:])[0]) <= MOST_MEMBERS


def test_two_services_that_share_customers_do_not_merge_the_world() -> None:
    ties = [Tie(who(10_000 + n % 3), who(n), Decimal("0.99")) for n in range(1, 400)]
    ties += [Tie(who(10_000), who(10_001), Decimal("0.99"))]
    ties += [Tie(who(10_001), who(10_002), Decimal("0.99"))]
    assert max(map(len, groups_of(ties))) <= MOST_MEMBERS


@st.composite
def some_ties(draw: st.DrawFn) -> list[Tie]:
    number = st.integers(1, 12)
    sure = st.sampled_from(["0.90", "0.949", "0.95", "0.99", "1"])
    pairs = draw(st.lists(st.tuples(number, number, sure), max_size=30))
    return [Tie(who(a), who(b), Decimal(c)) for a, b, c in pairs]


def surest_chain(ties: Sequence[Tie], start: bytes, within: set[bytes]) -> dict[bytes, Decimal]:
    """The surest product over any path inside a group, by relaxation."""
    found = {start: Decimal(1)}
    for _ in within:
        for tie in ties:
            for a, b in ((tie.one, tie.other), (tie.other, tie.one)):
                if a in found and {a, b} <= within:
                    found[b] = max(found.get(b, Decimal(0)), found[a] * tie.confidence)
    return found


@given(some_ties())
def test_every_two_of_a_group_are_joined_by_a_sure_chain_inside_it(ties: list[Tie]) -> None:
    for group in groups_of(ties):
        assert len(group) <= MOST_MEMBERS
        for start in group:
            sure = surest_chain(ties, start, group)
            assert all(sure.get(other, Decimal(0)) >= CHAIN_FLOOR for other in group)


@given(some_ties(), st.randoms())
def test_the_order_of_ties_changes_nothing(ties: list[Tie], random: st.DataObject) -> None:
    shuffled = sorted(ties, key=lambda _: random.random())  # type: ignore[attr-defined]
    turned = [Tie(tie.other, tie.one, tie.confidence) for tie in shuffled]
    assert close_groups(turned) == close_groups(ties)


@given(some_ties())
def test_a_group_is_called_by_its_least_address_and_a_tie_joins_where_nothing_forbids(
    ties: list[Tie],
) -> None:
    found = close_groups(ties)
    assert all(found[name] == name <= address for address, name in found.items())
    # No two whole groups could still be joined by a tie between them.
    if ties:
        surest = max(ties, key=lambda tie: tie.confidence)
        if surest.one != surest.other:
            assert found[surest.one] == found[surest.other]
