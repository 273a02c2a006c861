"""Links out of transfers: who first paid for several, and who sends to and fro."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from models.wallet_enums import LinkBasis, LinkKind
from service.protocol.funding_links import (
    DUST,
    MOST_FIRST_FUNDED,
    Moved,
    first_funders,
    link_first_funders,
    link_transfers,
)
from service.protocol.log_position import LogPosition
from service.protocol.wallet_ladder import Reading
from service.protocol.wallet_links import Link, combine

START = datetime(2026, 1, 1, tzinfo=UTC)
UMA = 10**18
FUNDER, EXCHANGE = b"\xf0" * 20, b"\xee" * 20
ALICE, BOB, CAROL = b"\x01" * 20, b"\x02" * 20, b"\x03" * 20


def moved(number: int, sender: bytes, recipient: bytes, uma: int = 500) -> Moved:
    at = LogPosition(1, number, bytes(32), 0, number.to_bytes(32, "big"), b"\xdd" * 20)
    mined = START + timedelta(hours=number)
    return Moved(sender, recipient, uma * UMA, at, mined, mined + timedelta(minutes=13))


def reading(
    address: bytes, number: int, *, is_busy: bool | None = False, has_code: bool = False
) -> Reading:
    at = START + timedelta(hours=number)
    return Reading(1, address, has_code, None, None, number, at, is_busy)


def first(transfers: Sequence[Moved], *readings: Reading) -> list[Link]:
    everybody = {one.recipient: 10**6 for one in transfers}
    funded = first_funders(transfers, everybody, {}, {EXCHANGE})
    return link_first_funders(funded, {FUNDER: readings})


def test_two_whose_first_tokens_one_quiet_account_sent_are_linked_at_0_40() -> None:
    links = first(
        [moved(1, FUNDER, ALICE), moved(2, FUNDER, BOB), moved(3, EXCHANGE, CAROL)],
        reading(FUNDER, 10),
    )
    assert [(x.source, x.target) for x in links] == [(FUNDER, ALICE), (FUNDER, BOB)]
    assert {(x.kind, x.basis) for x in links} == {(LinkKind.FUND, LinkBasis.FIRST_FUNDED)}
    assert (links[0].confidence * links[1].confidence).quantize(Decimal("0.01")) == Decimal("0.40")
    # Known once the second was, and the sender had been asked for.
    assert {x.known_at for x in links} == {START + timedelta(hours=10)}
    assert links[0].evidence[0].transaction == (1).to_bytes(32, "big")


def test_only_the_first_tokens_count_and_dust_does_not() -> None:
    dust = Moved(FUNDER, BOB, DUST - 1, moved(1, FUNDER, BOB).at, START, START)
    later = [moved(2, EXCHANGE, BOB), moved(3, FUNDER, BOB), moved(4, FUNDER, ALICE)]
    assert first([dust, *later], reading(FUNDER, 10)) == []


def test_who_was_not_searched_from_the_beginning_has_no_first_tokens() -> None:
    transfers = [moved(1, FUNDER, ALICE), moved(2, FUNDER, BOB)]
    assert first_funders(transfers, {ALICE: 100}, {}, ()) == {}
    assert first_funders(transfers, {ALICE: 100, BOB: 2}, {}, ()) == {}
    assert list(first_funders(transfers, {ALICE: 100, BOB: 3}, {}, ())) == [FUNDER]


def test_who_was_never_asked_for_a_contract_or_sends_much_links_nobody() -> None:
    transfers = [moved(1, FUNDER, ALICE), moved(2, FUNDER, BOB)]
    assert first(transfers) == []
    assert first(transfers, reading(FUNDER, 10, is_busy=None, has_code=True)) == []
    assert first(transfers, reading(FUNDER, 10, is_busy=True)) == []
    ended = first(transfers, reading(FUNDER, 10), reading(FUNDER, 20, is_busy=True))
    assert [x.confidence for x in ended if x.target == ALICE] == [Decimal("0.633"), Decimal(0)]
    assert ended[1].known_at == START + timedelta(hours=20)


def test_who_first_paid_for_very_many_voters_is_taken_for_an_exchange() -> None:
    many = [moved(n, FUNDER, bytes([n]) * 20) for n in range(1, MOST_FIRST_FUNDED + 2)]
    assert len(first(many[1:], reading(FUNDER, 0))) == MOST_FIRST_FUNDED
    links = first(many, reading(FUNDER, 0))
    end = many[-1].known_at
    # They stood until the last of them was known; that one never.
    assert {x.known_at for x in links if not x.confidence} == {end}
    assert many[-1].recipient not in {x.target for x in links}


def between(transfers: Sequence[Moved]) -> list[Link]:
    return link_transfers(transfers, {ALICE: START, BOB: START}, {EXCHANGE})


def test_three_transfers_to_and_fro_are_a_strong_link_both_ways() -> None:
    small = [moved(1, ALICE, BOB, 100), moved(2, BOB, ALICE, 100)]
    assert between(small) == []
    one, other = between([*small, moved(3, ALICE, BOB, 100)])
    assert {(one.source, one.target), (other.source, other.target)} == {(ALICE, BOB), (BOB, ALICE)}
    assert {one.confidence, other.confidence} == {Decimal("0.85")}
    assert len(one.evidence) == 3
    # Never as sure as ownership.
    assert combine([one, other]) == Decimal("0.85")


def test_much_one_way_is_a_weak_link_and_becomes_strong_when_it_comes_back() -> None:
    links = between(
        [moved(1, ALICE, BOB, 600), moved(2, ALICE, BOB, 600), moved(5, BOB, ALICE, 200)]
    )
    assert [(x.source, x.confidence) for x in links] == [
        (ALICE, Decimal("0.40")),
        (BOB, Decimal("0.85")),
        (ALICE, Decimal("0.85")),
    ]
    assert [x.known_at for x in links[:2]] == [moved(2, ALICE, BOB).known_at, links[2].known_at]


def test_strangers_dust_and_hubs_make_no_link_between_voters() -> None:
    assert between([moved(1, CAROL, BOB, 10**6), moved(2, EXCHANGE, ALICE, 10**6)]) == []
    assert between([moved(n, *pair, 99) for n in range(50) for pair in ((ALICE, BOB),)]) == []


def test_a_link_is_not_known_before_both_are_known_to_vote() -> None:
    """Their transfers are asked for from then on; that they are older changes nothing."""
    late = START + timedelta(days=90)
    transfers = [moved(1, ALICE, BOB, 1_200), moved(2, BOB, ALICE), moved(3, ALICE, BOB)]
    links = link_transfers(transfers, {ALICE: START, BOB: late}, ())
    # The weaker version that came first was never all that was known.
    assert {(x.source, x.confidence, x.known_at) for x in links} == {
        (ALICE, Decimal("0.85"), late),
        (BOB, Decimal("0.85"), late),
    }
    assert len(links) == 2


def test_first_tokens_are_not_known_before_two_who_got_them_are_known_to_vote() -> None:
    transfers = [moved(n, FUNDER, to) for n, to in ((1, ALICE), (2, BOB), (3, CAROL))]
    searched = dict.fromkeys((ALICE, BOB, CAROL), 100)
    early, late, last = (START + timedelta(days=days) for days in (1, 60, 90))
    funded = first_funders(transfers, searched, {ALICE: last, BOB: late, CAROL: early}, ())
    links = link_first_funders(funded, {FUNDER: [reading(FUNDER, 10)]})
    assert {x.target: x.known_at for x in links} == {CAROL: late, BOB: late, ALICE: last}


class Counted(int):
    """An amount that counts how often it is added to another."""

    added = 0

    def __radd__(self, other: int) -> int:
        Counted.added += 1
        return int(self) + other


def test_what_many_transfers_cost_grows_with_their_number() -> None:
    """Each is added up once, however many went before."""
    Counted.added = 0
    small = [replace(moved(number, ALICE, BOB), amount=Counted(DUST)) for number in range(1, 2_001)]
    [link] = link_transfers(small, {ALICE: START, BOB: START}, ())
    assert link.confidence == Decimal("0.40")
    assert Counted.added == len(small)
