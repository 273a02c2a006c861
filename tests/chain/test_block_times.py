"""Finding blocks by their time."""

from hypothesis import given
from hypothesis import strategies as st

from service.chain.block_times import blocks_at, first_block_from

steps = st.lists(st.integers(0, 5), min_size=1, max_size=200)


@given(steps, st.integers(0, 300))
def test_the_blocks_of_a_second_are_all_that_bear_it(steps: list[int], second: int) -> None:
    times = [sum(steps[: n + 1]) for n in range(len(steps))]
    bearing = [number for number, time in enumerate(times) if time == second]
    expected = (bearing[0], bearing[-1]) if bearing else None
    assert blocks_at(second, 0, len(times) - 1, times.__getitem__) == expected


@given(steps, st.integers(0, 300))
def test_the_first_block_from_a_second_is_the_first_that_is_not_before_it(
    steps: list[int], second: int
) -> None:
    times = [sum(steps[: n + 1]) for n in range(len(steps))]
    expected = next((number for number, time in enumerate(times) if time >= second), None)
    assert first_block_from(second, 0, len(times) - 1, times.__getitem__) == expected


def test_few_blocks_are_asked_for_in_a_chain_of_millions() -> None:
    asked: list[int] = []

    def time_of(number: int) -> int:
        asked.append(number)
        return 1_590_824_836 + 2 * number

    assert blocks_at(1_590_824_836 + 2 * 70_000_001, 0, 95_000_000, time_of) == (
        70_000_001,
        70_000_001,
    )
    assert len(set(asked)) < 80
