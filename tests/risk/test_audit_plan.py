"""How an audit's sample is spread and drawn."""

from collections import Counter
from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk.truth.audit_plan import (
    Allocation,
    AuditCandidate,
    Screen,
    Stratum,
    allocate,
    draw,
    load_audit_priors,
    screens_of,
    stratify,
)

PRIORS = load_audit_priors()
MICRO = 1_000_000
SAFE = AuditCandidate(1, 0.97, 0.99, None, 0.0, 20_000 * MICRO)


def stratum(
    name: str, size: int, rate: float = 0.01, value: float = 1.0, first: int = 0
) -> Stratum:
    return Stratum(name, tuple(range(first, first + size)), rate, value)


@pytest.mark.parametrize(
    ("candidate", "screens", "name"),
    [
        (SAFE, (), "safe/small"),
        (replace(SAFE, volume=100_000 * MICRO), (), "safe/large"),
        (replace(SAFE, volume=None), (), "safe/small"),
        (replace(SAFE, price_before=0.79), (Screen.PRICE_BEFORE,), "disagreed/small"),
        (replace(SAFE, price_before=0.80), (), "safe/small"),
        (replace(SAFE, price_after=0.89), (Screen.PRICE_AFTER,), "disagreed/small"),
        (replace(SAFE, price_after=0.90), (), "safe/small"),
        (replace(SAFE, sibling_price=0.65), (Screen.SIBLING,), "disagreed/small"),
        (replace(SAFE, wording=0.7), (), "wordy/small"),
        (replace(SAFE, price_before=None, price_after=None), (), "unseen/small"),
        (
            replace(SAFE, price_before=0.5, has_complaint=True),
            (Screen.PRICE_BEFORE, Screen.COMPLAINT),
            "complained/small",
        ),
    ],
)
def test_a_market_is_in_the_stratum_its_screens_say(
    candidate: AuditCandidate, screens: tuple[Screen, ...], name: str
) -> None:
    assert screens_of(candidate, PRIORS) == screens
    assert [s.name for s in stratify([candidate], PRIORS)] == [name]


def test_the_default_plan_looks_at_3000_safe_markets_for_400_of_each_risk() -> None:
    strata = [
        stratum("safe/small", 900_000),
        stratum("safe/large", 100_000),
        stratum("wordy/small", 9_000),
        stratum("disagreed/small", 900),
    ]
    planned = [s.planned for s in allocate(strata, 3800, Allocation.DEFAULT, PRIORS)]
    assert planned == pytest.approx([2700, 300, 400, 400], abs=8)
    half = [s.planned for s in allocate(strata, 1900, Allocation.DEFAULT, PRIORS)]
    assert half == pytest.approx([1350, 150, 200, 200], abs=8)


def test_neyman_follows_size_spread_and_value() -> None:
    strata = [
        stratum("safe/small", 90_000, 1e-4),
        stratum("safe/large", 10_000, 1e-4, 50.0),
        stratum("disagreed/small", 5_000, 0.02),
    ]
    priors = replace(PRIORS, minimum=0)
    planned = [s.planned for s in allocate(strata, 1000, Allocation.NEYMAN, priors)]
    weights = [s.size * sqrt(s.assumed_rate * (1 - s.assumed_rate)) * s.value for s in strata]
    assert planned == pytest.approx([1000 * w / sum(weights) for w in weights], abs=1)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(1e-5, 0.5), st.floats(1, 1e6)), min_size=1),
    st.integers(1, 3000),
    st.sampled_from(Allocation),
)
def test_a_budget_is_spent_and_no_stratum_gets_more_than_it_has(
    rows: list[tuple[int, float, float]], budget: int, allocation: Allocation
) -> None:
    strata = [stratum(f"{'safe' if n % 2 else 'wordy'}/{n}", *row) for n, row in enumerate(rows)]
    planned = allocate(strata, budget, allocation, PRIORS)
    assert sum(s.planned for s in planned) == min(budget, sum(s.size for s in strata))
    assert all(0 <= s.planned <= s.size for s in planned)
    if budget >= PRIORS.minimum * len(strata):
        assert all(s.planned >= min(s.size, PRIORS.minimum) for s in planned)


def test_no_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        allocate([stratum("safe/small", 10)], 0, Allocation.DEFAULT, PRIORS)


def test_the_same_seed_draws_the_same_markets_in_the_same_order() -> None:
    strata = [
        replace(stratum("safe/small", 1000), planned=30),
        replace(stratum("wordy/small", 40, first=5000), planned=10),
    ]
    first, again, other = draw(strata, 7), draw(strata, 7), draw(strata, 8)
    assert first == again != other
    assert Counter(d.stratum for d in first) == {"safe/small": 30, "wordy/small": 10}
    assert {d.inclusion for d in first if d.stratum == "wordy/small"} == {0.25}
    assert len({d.market_id for d in first}) == 40
    # Strata are mixed, so that the order tells an adjudicator nothing.
    assert [d.stratum for d in first] != sorted(d.stratum for d in first)
