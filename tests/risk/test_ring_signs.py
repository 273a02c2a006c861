"""Signs of bursts and rings: of what, how strong, with which transactions."""

from dataclasses import replace
from math import log

import numpy as np
import pytest

from models.attack_enums import SignalSubject
from models.wallet_enums import LinkBasis
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.risk.signs.burst_baseline import DAY
from service.risk.signs.ring_parameters import load_ring_parameters
from service.risk.signs.ring_signs import RingFindings, SeenDispute, detect
from service.risk.signs.rings import Funding

STAKE = Funding(0.75, LinkBasis.STAKE_PAID)
FIRST = Funding(0.633, LinkBasis.FIRST_FUNDED)
SENT = Funding(0.40, LinkBasis.TRANSFERS)
PARAMETERS = load_ring_parameters()
NOW = 120.0 * DAY


def seen(number: int, at: float, **changes: object) -> SeenDispute:
    one = SeenDispute(
        at=at,
        proposer=f"p{number % 17}",
        disputer=f"d{number % 13}",
        event=number,
        market=f"m{number}",
        category="politics",
        is_sure=False,
        evidence=SignEvidence("DisputePrice", 137, f"0x{number:x}", 1),
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def usual(seed: int = 1, a_day: float = 4.0) -> list[SeenDispute]:
    times = np.sort(np.random.default_rng(seed).uniform(0, NOW, int(a_day * 120)))
    return [seen(number, float(at)) for number, at in enumerate(times)]


def burst(count: int, **changes: object) -> list[SeenDispute]:
    return [seen(5_000 + n, NOW - 10 + 6 * n / count, **changes) for n in range(count)]


def found(
    disputes: list[SeenDispute], paid: dict[str, dict[str, Funding]] | None = None
) -> RingFindings:
    return detect(disputes, paid or {}, 0.0, NOW, PARAMETERS)


def named(findings: RingFindings, signal: str) -> list[AttackSign]:
    return [sign for sign in findings.signs if sign.signal == signal]


def test_burst_is_told_of_the_platform_and_of_each_market_in_it() -> None:
    findings = found([*usual(), *burst(15)])

    (platform,) = named(findings, "dispute_burst")
    assert (platform.subject_kind, platform.subject) == (SignalSubject.PLATFORM, "")
    assert platform.log_lr == pytest.approx(log(53.25), abs=0.01)
    inside = {sign.subject for sign in named(findings, "in_dispute_burst")}
    assert {f"m{5_000 + n}" for n in range(15)} <= inside
    assert "0x1388" in {one.transaction for one in platform.evidence}
    assert "expected; as much in 0.1% of weeks without a burst" in platform.words


def test_usual_weeks_are_told_as_nothing() -> None:
    findings = found(usual())

    assert [sign.log_lr for sign in named(findings, "dispute_burst")] == [0.0]
    assert named(findings, "in_dispute_burst") == []


def test_an_event_with_many_markets_is_no_burst() -> None:
    assert all(sign.log_lr == 0 for sign in found([*usual(), *burst(30, event="race")]).signs)


def test_self_disputes_are_counted_apart() -> None:
    mine = burst(15, proposer="a", disputer="a")

    findings = found([*usual(), *mine])

    assert findings.self_disputes == 15
    assert all(sign.log_lr == 0 for sign in findings.signs)


def test_sure_proposals_disputed_together_are_seen_before_all_disputes_are() -> None:
    findings = found([*usual(a_day=11), *burst(8, is_sure=True)])

    (sure,) = named(findings, "sure_dispute_burst")
    (every,) = named(findings, "dispute_burst")
    assert sure.log_lr > 0
    assert every.log_lr < sure.log_lr
    assert len(named(findings, "in_sure_dispute_burst")) == 8


def test_short_history_is_missing_with_its_reason() -> None:
    findings = detect(burst(15), {}, NOW - 48, NOW, PARAMETERS)

    assert findings.missing[0] == (
        "dispute_burst: disputes: 0 days of history before the last 3, 7 needed"
    )


def test_ring_is_told_of_the_group_its_members_and_its_recent_markets() -> None:
    staged = [
        seen(7_000 + n, NOW - 100 * DAY + n * 12 * DAY, proposer="bait", disputer="hook")
        for n in range(9)
    ]

    findings = found([*usual(), *staged])

    (ring,) = findings.rings
    assert ring.members == ("bait", "hook")
    assert [sign.subject for sign in named(findings, "ring")] == ["bait"]
    assert {sign.subject for sign in named(findings, "ring_member")} == {"bait", "hook"}
    # The last of them was disputed four days ago, the one before it 16.
    assert [sign.subject for sign in named(findings, "ring_dispute")] == ["m7008"]
    assert named(findings, "ring")[0].log_lr > 3
    assert "hook disputed bait in 9 events" in named(findings, "ring")[0].words


def test_common_funder_counts_as_surely_as_it_is_linked() -> None:
    once = [seen(7_000, NOW - 5, proposer="a", disputer="b")]

    findings = found([*usual(), *once], {"a": {"f": STAKE}, "b": {"f": STAKE}})

    (ring,) = named(findings, "ring")
    assert ring.log_lr == pytest.approx(log(1 + 0.5625 * 0.5))
    assert "f paid the stake of both a and b, who met in a dispute" in ring.words


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        ({"b": {"a": SENT}}, "a sent tokens to b, whom it met in a dispute (confidence 0.40)"),
        ({"a": {"b": STAKE}}, "b paid the stake of a, whom it met in a dispute (confidence 0.75)"),
        (
            {"a": {"f": FIRST}, "b": {"f": FIRST}},
            "f first funded both a and b, who met in a dispute (confidence 0.40)",
        ),
        (
            {"a": {"f": FIRST}, "b": {"f": STAKE}},
            "f first funded a and paid the stake of b, who met in a dispute (confidence 0.47)",
        ),
    ],
)
def test_a_ring_says_what_a_funder_did_and_no_more(
    paid: dict[str, dict[str, Funding]], said: str
) -> None:
    (ring,) = named(found([seen(7_000, NOW - 5, proposer="a", disputer="b")], paid), "ring")
    assert ring.words == f"2 entities that meet in disputes: {said}"


def test_disputers_of_one_funder_that_burst_together_are_seen() -> None:
    paid = {f"x{n}": {"f": STAKE if n else SENT} for n in range(10)}
    together = [
        seen(8_000 + n, NOW - 6 + n * 0.5, disputer=f"x{n}", category=None) for n in range(10)
    ]

    (cluster,) = named(found([*usual(), *together], paid), "cluster_dispute_burst")

    assert (cluster.subject_kind, cluster.subject) == (SignalSubject.GROUP, "f")
    assert "by f and those it paid the stake of or sent tokens to in" in cluster.words
    assert cluster.log_lr > 0


def test_a_disputer_nobody_funded_is_told_of_alone() -> None:
    alone = burst(10, disputer="lone", category=None)

    (cluster,) = named(found([*usual(), *alone]), "cluster_dispute_burst")

    assert "events with first disputes by lone in" in cluster.words
