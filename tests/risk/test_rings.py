"""Rings: pairs that meet beyond chance, by turns, or through a common funder."""

import numpy as np
import pytest

from models.wallet_enums import LinkBasis
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.ring_parameters import load_ring_parameters
from service.risk.signs.rings import (
    Funding,
    Meeting,
    common_funders,
    compare_pairs,
    compare_turns,
    distinct_meetings,
    find_rings,
)

STAKE = Funding(0.75, LinkBasis.STAKE_PAID)
SENT = Funding(0.40, LinkBasis.TRANSFERS)
PRIORS = load_ring_parameters().ring
LOG = SignEvidence("DisputePrice", 137, "0xaa", 1)


def met(
    proposer: str, disputer: str, at: float = 0.0, event: object = None, stratum: int = 0
) -> Meeting:
    return Meeting(proposer, disputer, at, event or at, stratum, LOG)


def crowd(seed: int, count: int = 300, strata: int = 4) -> list[Meeting]:
    """Thirty proposers and twenty disputers of unequal zeal, who meet by chance."""
    rng = np.random.default_rng(seed)
    zeal = [1 / np.arange(1, size + 1) for size in (30, 20)]
    proposers, disputers = (
        rng.choice(weight.size, count, p=weight / weight.sum()) for weight in zeal
    )
    return [
        met(f"p{p}", f"d{d}", float(n), stratum=n * strata // count)
        for n, (p, d) in enumerate(zip(proposers, disputers, strict=True))
    ]


def staged(pairs: int, start: float = 1_000.0) -> list[Meeting]:
    return [met("bait", "hook", start + n, stratum=n % 4) for n in range(pairs)]


def test_a_self_dispute_is_no_meeting_and_an_event_counts_once() -> None:
    disputes = [
        met("a", "a", 0, "e0"),
        met("a", "b", 1, "e1"),
        met("a", "b", 2, "e1"),
        met("a", "c", 3, "e1"),
        met("a", "b", 90, "e1"),
    ]

    kept = distinct_meetings(disputes, 72)

    assert [(one.disputer, one.at) for one in kept] == [("b", 1), ("c", 3), ("b", 90)]


def test_chance_is_hypergeometric() -> None:
    # Of 10 disputes 4 are of a's proposals and 4 are b's: all four are the same ones.
    meetings = [
        *(met("a", "b", n) for n in range(4)),
        *(met(f"p{n}", f"d{n}", 10 + n) for n in range(6)),
    ]

    (found,) = compare_pairs(meetings, PRIORS)

    assert found.expected == pytest.approx(1.6)
    # 1 / (10 choose 4)
    assert found.p == pytest.approx(1 / 210)
    # No other pair could have met three times.
    assert found.q == found.p_any == pytest.approx(1 / 210)


def test_being_active_at_the_same_time_is_not_meeting() -> None:
    # Each alone in its own month: within it nothing else could have happened.
    meetings = [
        *(met("a", "b", n, stratum=0) for n in range(6)),
        *(met("c", "d", 50 + n, stratum=1) for n in range(6)),
    ]

    assert all(one.p == 1 for one in compare_pairs(meetings, PRIORS))


def test_staged_disputes_are_found() -> None:
    (ring,) = find_rings([*crowd(1), *staged(8)], {}, PRIORS)

    assert ring.members == ("bait", "hook")
    assert ring.ring_id == "bait"
    assert ring.pairs[0].meetings == 8
    assert len(ring.meetings) == 8
    assert ring.p is not None
    assert ring.p < 1e-6


def test_chance_alone_is_seldom_a_ring() -> None:
    told = [bool(find_rings(crowd(seed), {}, PRIORS)) for seed in range(60)]

    # Nominal 5 % of runs; more than 8 of 60 has a chance of 0.3 %.
    assert sum(told) <= 8


def test_pair_that_takes_turns_is_found() -> None:
    turns = [
        met(*pair, 500.0 + n, stratum=n % 4) for n, pair in enumerate([("x", "y"), ("y", "x")] * 2)
    ]

    (found,) = compare_turns([*crowd(2), *turns], PRIORS)

    assert (found.one, found.other, found.one_disputed, found.other_disputed) == ("x", "y", 2, 2)
    assert found.q < 0.05


def test_common_funder_joins_only_who_met_and_by_both_links() -> None:
    paid = {"a": {"f": STAKE}, "b": {"f": STAKE}, "c": {"f": STAKE}, "d": {"f": SENT}}
    meetings = [met("a", "b", 1), met("c", "d", 2)]

    (found,) = common_funders(meetings, paid, 0.4)

    assert (found.one, found.other, found.funder) == ("a", "b", "f")
    assert found.confidence == pytest.approx(0.5625)


def test_one_who_paid_for_the_other_joins_them() -> None:
    (found,) = common_funders([met("a", "b", 1)], {"b": {"a": STAKE}}, 0.4)

    assert (found.funder, found.confidence) == ("a", 0.75)
    assert (found.one_by, found.other_by) == (None, LinkBasis.STAKE_PAID)


def test_pairs_with_a_member_in_common_are_one_ring() -> None:
    second = [met("bait", "other", 2_000 + n, stratum=n % 4) for n in range(8)]

    (ring,) = find_rings([*crowd(3), *staged(8), *second], {}, PRIORS)

    assert ring.members == ("bait", "hook", "other")
    assert len(ring.meetings) == 16
