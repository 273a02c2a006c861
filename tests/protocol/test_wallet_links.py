"""The ladder of evidence: what makes a link, how sure, when it was known, and what never does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from models.enums import DelegationKind, StakeChangeKind
from models.wallet_enums import LinkBasis, LinkKind
from service.protocol.log_position import LogPosition
from service.protocol.vote_facts import DelegationChanged, StakeChanged
from service.protocol.wallet_ladder import (
    Creation,
    Designated,
    Reading,
    SentVotes,
    Told,
    link_created,
    link_delegations,
    link_derived,
    link_designated,
    link_funders,
    link_sent_votes,
    link_signers,
)
from service.protocol.wallet_links import (
    HUB_DEGREE,
    Link,
    combine,
    merge_entities,
    newest,
    reach,
    without_hubs,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
VOTING = b"\xee" * 20
ALICE, BOB, CAROL, INSTANCE = (bytes([n]) * 20 for n in (1, 2, 3, 4))
UMA = 10**18


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def place(number: int) -> LogPosition:
    return LogPosition(1, number, bytes(32), 0, number.to_bytes(32, "big"), VOTING)


def told(number: int, fact: DelegationChanged | StakeChanged) -> Told:
    return Told(fact, hour(number), hour(number) + timedelta(minutes=13))


def names(number: int, delegator: bytes, delegate: bytes) -> Told:
    kind = DelegationKind.DELEGATE_SET
    return told(number, DelegationChanged(place(number), kind, delegator, delegate))


def accepts(number: int, delegate: bytes, delegator: bytes) -> Told:
    kind = DelegationKind.DELEGATOR_SET
    return told(number, DelegationChanged(place(number), kind, delegator, delegate))


def pays(number: int, source: bytes, voter: bytes, amount: int) -> Told:
    kind = StakeChangeKind.STAKED
    return told(number, StakeChanged(place(number), kind, voter, amount * UMA, None, source))


def reading(number: int, *owners: bytes, has_code: bool = True) -> Reading:
    return Reading(137, BOB, has_code, owners or None, None, number, hour(number))


def a_link(source: bytes, target: bytes, confidence: str, kind: LinkKind = LinkKind.OWN) -> Link:
    basis = LinkBasis.DERIVED if kind is LinkKind.OWN else LinkBasis.STAKE_PAID
    return Link(source, target, kind, basis, Decimal(confidence), START)


def confidences(links: list[Link]) -> list[str]:
    return [str(link.confidence) for link in links]


def test_a_derived_wallet_gets_surer_with_its_code_and_less_sure_with_another_owner() -> None:
    readings = [reading(1, has_code=False), reading(2, ALICE), reading(3, ALICE, CAROL)]
    versions = link_derived(ALICE, BOB, "follows", START, readings)
    assert confidences(versions) == ["0.70", "0.70", "0.99", "0.50"]
    assert [newest(versions, hour(n))[0].confidence for n in (0, 2, 3)] == [
        Decimal("0.70"),
        Decimal("0.99"),
        Decimal("0.50"),
    ]
    assert newest(versions, START - timedelta(seconds=1)) == []


def test_nothing_follows_from_an_account_that_is_a_contract() -> None:
    of_owner = replace(reading(5), address=ALICE)
    versions = link_derived(ALICE, BOB, "follows", START, [reading(6)], [of_owner])
    assert confidences(versions) == ["0.70", "0"]
    assert newest(versions, hour(9))[0].confidence == 0


def test_a_factorys_log_is_as_good_as_code_and_tells_the_block() -> None:
    made = Creation(ALICE, BOB, place(4), hour(4), hour(5))
    [link] = link_created(made, START, [])
    assert (link.confidence, link.valid_from, link.known_at) == (Decimal("0.99"), hour(4), hour(5))
    assert link.evidence[0].transaction == place(4).transaction_hash
    moved = link_created(made, START, [reading(9, CAROL)])
    assert confidences(moved) == ["0.99", "0.50"]
    # The log stays evidence beside the reading.
    assert [item.block for item in moved[-1].evidence] == [4, 9]


def test_half_a_delegation_links_nobody() -> None:
    assert link_delegations([names(1, ALICE, BOB)]) == []
    assert link_delegations([accepts(1, BOB, ALICE)]) == []
    assert link_delegations([names(1, ALICE, BOB), accepts(2, BOB, CAROL)]) == []


def test_a_delegation_holds_while_both_sides_name_each_other() -> None:
    log = [
        names(1, ALICE, BOB),
        accepts(2, BOB, ALICE),
        # The one key of the delegate is pointed at another voter, who had named it, too.
        names(3, CAROL, BOB),
        accepts(4, BOB, CAROL),
    ]
    votes = [link for link in link_delegations(log) if link.kind is LinkKind.VOTE]
    spans = [(v.target, v.valid_from, v.valid_to, v.known_at.hour) for v in votes]
    assert spans == [
        (ALICE, hour(2), None, 2),
        (ALICE, hour(2), hour(4), 4),
        (CAROL, hour(4), None, 4),
    ]
    assert {v.confidence for v in votes} == {Decimal("0.99")}
    # What was not known yet is not read: at three o'clock the first one held.
    [known] = [v for v in newest(votes, hour(3)) if v.target == ALICE]
    assert known.holds_at(hour(3))
    [ended] = [v for v in newest(votes, hour(5)) if v.target == ALICE]
    assert not ended.holds_at(hour(5))


def test_a_delegate_is_hardly_taken_for_the_owner() -> None:
    links = link_delegations([names(1, ALICE, BOB), accepts(2, BOB, ALICE)])
    assert [str(x.confidence) for x in links if x.kind is LinkKind.OWN] == ["0.50"]
    assert merge_entities(links) == {}


def test_naming_oneself_or_nobody_is_no_delegation() -> None:
    for other in (ALICE, bytes(20)):
        assert link_delegations([names(1, ALICE, other), accepts(2, other, ALICE)]) == []


def test_a_staking_contract_counts_once_it_has_staked_its_owners_own_tokens() -> None:
    made = Designated(BOB, ALICE, INSTANCE, place(1), hour(1), hour(1))
    gift = pays(2, CAROL, INSTANCE, 5_000)
    assert link_designated([made], []) == []
    assert link_designated([made], [gift]) == []
    own = pays(3, INSTANCE, INSTANCE, 10)
    owner, voter = link_designated([made], [gift, own])
    assert (owner.source, owner.kind, owner.confidence) == (ALICE, LinkKind.OWN, Decimal("0.95"))
    assert (voter.source, voter.kind, voter.confidence) == (BOB, LinkKind.VOTE, Decimal("0.99"))
    assert owner.known_at == own.known_at
    assert merge_entities([owner, voter]) == {ALICE: ALICE, INSTANCE: ALICE}


def test_who_paid_most_of_a_stake_is_linked_and_dust_frames_nobody() -> None:
    never = frozenset({VOTING})
    dust = [pays(1, BOB, ALICE, 999)]
    assert link_funders(dust, never) == []
    [link] = link_funders([*dust, pays(2, BOB, ALICE, 1)], never)
    assert (link.source, link.target, link.kind) == (BOB, ALICE, LinkKind.FUND)
    assert (str(link.confidence), link.valid_from) == ("0.75", hour(2))
    half = [pays(1, ALICE, ALICE, 5_000), pays(2, BOB, ALICE, 5_000)]
    assert link_funders(half, never) == []
    ended = link_funders([pays(1, BOB, ALICE, 5_000), pays(2, ALICE, ALICE, 5_000)], never)
    assert [x.valid_to for x in ended] == [None, hour(2)]


def test_restaked_rewards_come_from_the_vote_itself_and_count_for_nobody() -> None:
    never = frozenset({VOTING})
    log = [pays(1, VOTING, ALICE, 9_000), pays(2, BOB, ALICE, 1_000)]
    assert [x.source for x in link_funders(log, never)] == [BOB]


def test_votes_sent_for_another_prove_control_then_and_not_today() -> None:
    sent = SentVotes(BOB, ALICE, hour(1), hour(2), hour(5), hour(6))
    versions = link_sent_votes([sent, SentVotes(BOB, BOB, *[START] * 4)])
    assert [(v.valid_from, v.valid_to) for v in versions] == [
        (hour(1), hour(1)),
        (hour(1), hour(5)),
    ]
    assert not newest(versions, hour(9))[0].holds_at(hour(9))


def test_a_lone_signer_owns_and_several_only_share() -> None:
    [alone] = link_signers([replace(reading(1, ALICE), threshold=1)], 10)
    shared = link_signers([replace(reading(1, ALICE, CAROL), threshold=2)], 10)
    assert (alone.kind, str(alone.confidence)) == (LinkKind.OWN, "0.95")
    assert {(x.kind, str(x.confidence)) for x in shared} == {(LinkKind.FUND, "0.40")}


def held_at(links: list[Link], number: int) -> set[tuple[bytes, LinkKind]]:
    known = newest(links, hour(number))
    return {(x.source, x.kind) for x in known if x.holds_at(hour(number))}


def test_a_signer_that_left_is_linked_until_then_and_no_longer_owns_among_several() -> None:
    own, fund = LinkKind.OWN, LinkKind.FUND
    log = [
        reading(1, ALICE),
        reading(3, ALICE, CAROL),
        # Says nothing.
        reading(4),
        reading(5, CAROL),
        reading(7, ALICE),
    ]
    links = link_signers(reversed(log), 10)
    assert held_at(links, 2) == {(ALICE, own)}
    assert held_at(links, 4) == {(ALICE, fund), (CAROL, fund)}
    assert held_at(links, 6) == {(CAROL, own)}
    assert held_at(links, 8) == {(ALICE, own)}
    # By what is known at the end Alice owned it from then on, and Carol until then.
    spans = {(x.source, x.kind): (x.valid_from, x.valid_to) for x in newest(links, hour(9))}
    assert spans[ALICE, own] == (hour(7), None)
    assert spans[CAROL, own] == (None, hour(7))
    assert merge_entities(x for x in newest(links, hour(6)) if x.holds_at(hour(6))) == {
        BOB: BOB,
        CAROL: BOB,
    }


def test_the_same_account_on_another_chain_and_a_committee() -> None:
    elsewhere = replace(reading(2, CAROL), chain_id=1)
    links = link_signers([reading(1, ALICE), elsewhere], 10)
    assert {source for source, _ in held_at(links, 3)} == {ALICE, CAROL}
    assert held_at(link_signers([reading(1, ALICE), reading(2, ALICE, CAROL)], 1), 3) == set()


def test_a_payer_of_very_many_and_a_known_contract_link_nobody() -> None:
    many = [
        a_link(BOB, n.to_bytes(20, "big"), "0.75", LinkKind.FUND) for n in range(HUB_DEGREE + 1)
    ]
    other = a_link(ALICE, CAROL, "0.75", LinkKind.FUND)
    assert without_hubs([*many, other], ()) == [other]
    assert without_hubs([*many[1:], other], ()) == [*many[1:], other]
    assert without_hubs([other], {CAROL}) == []


def test_the_same_kind_of_evidence_counts_once_and_weak_evidence_stays_weak() -> None:
    own = [a_link(ALICE, BOB, c) for c in ("0.70", "0.99")]
    assert combine(own) == Decimal("0.99")
    fund = a_link(ALICE, BOB, "0.75", LinkKind.FUND)
    named = a_link(ALICE, BOB, "0.80", LinkKind.NAME)
    assert combine([fund, named]) == Decimal("0.90")
    assert combine([fund]) == Decimal("0.75")


def test_entities_are_merged_over_sure_links_alone() -> None:
    links = [a_link(ALICE, BOB, "0.95"), a_link(BOB, CAROL, "0.949")]
    assert merge_entities(links) == {ALICE: ALICE, BOB: ALICE}
    assert merge_entities([a_link(ALICE, BOB, "0.99", LinkKind.FUND)]) == {}


@st.composite
def own_links(draw: st.DrawFn) -> list[Link]:
    addresses = [bytes([n]) * 20 for n in range(1, 7)]
    pairs = draw(st.lists(st.tuples(st.sampled_from(addresses), st.sampled_from(addresses))))
    sure = st.sampled_from(["0.10", "0.50", "0.95", "0.99"])
    return [a_link(one, other, draw(sure)) for one, other in pairs if one != other]


@given(own_links(), st.randoms())
def test_merging_is_the_same_in_any_order_and_joins_what_sure_links_join(
    links: list[Link], random: st.DataObject
) -> None:
    entities = merge_entities(links)
    shuffled = sorted(links, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert merge_entities(shuffled) == entities
    sure = {a for x in links if x.confidence >= Decimal("0.95") for a in (x.source, x.target)}
    assert entities.keys() == sure
    for link in links:
        # The surest come first; weaker ones join as far as the whole chain is sure.
        if link.confidence == Decimal("0.99"):
            assert entities[link.source] == entities[link.target]
    assert all(entities[entity] == entity <= address for address, entity in entities.items())


@given(own_links())
def test_a_path_is_never_surer_than_its_weakest_step(links: list[Link]) -> None:
    start = bytes([1]) * 20
    found = reach(links, start)
    assert start not in found
    for address, sure in found.items():
        around = [x.confidence for x in links if address in {x.source, x.target}]
        assert 0 < sure <= max(around)
