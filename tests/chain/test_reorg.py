"""Where two branches part is found for every fork, and no minority is believed."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.chain.reorg import Agreed, Outvoted, Split, find_common, sides_of, weigh


def block_hash(branch: int, number: int) -> bytes:
    return bytes([branch]) + number.to_bytes(31, "big")


@st.composite
def forks(draw: st.DrawFn) -> tuple[list[tuple[int, bytes]], dict[int, bytes], int]:
    """Sparse stored blocks, another chain's hashes, and the first number that differs."""
    numbers = sorted(draw(st.sets(st.integers(0, 5_000), min_size=1, max_size=60)))
    parts_at = draw(st.integers(0, 5_001))
    head = draw(st.integers(0, 5_001))
    other = {n: block_hash(0 if n < parts_at else 1, n) for n in range(head + 1)}
    return [(n, block_hash(0, n)) for n in numbers], other, min(parts_at, head + 1)


@given(forks())
def test_the_common_blocks_are_exactly_those_below_the_fork(
    fork: tuple[list[tuple[int, bytes]], dict[int, bytes], int],
) -> None:
    stored, other, parts_at = fork
    below = sum(number < parts_at for number, _ in stored)
    assert find_common(stored, other.get) == (below or None)


@given(count=st.integers(1, 100_000), depth=st.integers(0, 100_000))
def test_the_search_costs_what_the_fork_is_deep_and_not_what_the_chain_is_long(
    count: int, depth: int
) -> None:
    depth = min(depth, count)
    asked: list[int] = []

    def hash_of(number: int) -> bytes:
        asked.append(number)
        return block_hash(0 if number < count - depth else 1, number)

    stored = [(number, block_hash(0, number)) for number in range(count)]
    assert find_common(stored, hash_of) == (count - depth or None)
    assert len(asked) <= 2 * max(depth, 1).bit_length() + 2
    assert len(asked) == len(set(asked))


Votes = st.dictionaries(
    st.integers(1, 7), st.integers(0, 3).map(lambda n: block_hash(n, 1)), min_size=1
)


@given(Votes)
def test_a_hash_is_believed_only_if_all_or_a_clear_majority_give_it(
    votes: Mapping[int, bytes],
) -> None:
    sizes = {side: len(numbers) for side, numbers in sides_of(votes).items()}
    match weigh(votes):
        case Agreed(believed):
            assert sizes == {believed: len(votes)}
        case Outvoted(believed, minority):
            assert sizes[believed] >= 2
            assert sizes[believed] > len(minority)
            assert {n for n in votes if votes[n] != believed} == set(minority)
        case Split():
            assert all(size < 2 or 2 * size <= len(votes) for size in sizes.values())


@pytest.mark.parametrize(
    ("hashes", "expected"),
    [
        ([1], Agreed(block_hash(1, 1))),
        ([1, 2], Split()),
        ([1, 2, 1], Outvoted(block_hash(1, 1), (2,))),
        ([1, 2, 3], Split()),
        ([1, 1, 2, 2], Split()),
        ([2, 1, 1, 2, 2], Outvoted(block_hash(2, 1), (2, 3))),
    ],
)
def test_two_of_three_are_a_majority_and_two_of_four_are_not(
    hashes: list[int], expected: object
) -> None:
    votes = {number: block_hash(branch, 1) for number, branch in enumerate(hashes, start=1)}
    assert weigh(votes) == expected
