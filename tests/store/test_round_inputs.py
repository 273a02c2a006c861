"""Rounds of the recorded chain as an assessment would have read them at each time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from models.attack_enums import BlocKind
from models.enums import Outcome
from models.price import AssetQuote
from models.price_enums import VolumeScope
from service.database import open_engine, open_sessions
from service.protocol.ids import to_hex
from service.protocol.rounds import RoundTime
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.attack.round_assessment import assess_round
from service.risk.attack.round_packing import pack_round, round_digest, unpack_round
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.parameters import load_parameters
from service.store.attacks.blocs import add_blocs
from service.store.oracle.contracts import load_book
from service.store.rounds.round_inputs import LoadedRound, load_round
from service.store.rounds.round_requests import RequestRole
from tests.store.round_scenes import WHALE, list_market

PARAMETERS, ATTACK = load_parameters(), load_attack_parameters()
MINUTE = timedelta(minutes=1)
# Where one voter holds 59 % of the stake, is short of SPAT, stakes 20 million more and wins.
ROLLED, FORCED = 10_079, 10_080
# Where three voters together hold 86 %.
JOINT = 10_082
TRIO = (
    WHALE,
    "0xfd2aa6b1556c8475cd1e82d27d50e3e83b50ac04",
    "0x68128e8f93c6ff7b48115c4d7d3d962c3470ccd5",
)


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[Session]:
    engine = open_engine(whole_chain_url)
    with open_sessions(engine)() as session:
        yield session
    engine.dispose()


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def sealed(round_id: int) -> datetime:
    """The last minute in which votes could be sealed."""
    return instant(RoundTime(round_id).reveal_starts_at) - MINUTE


def ended(round_id: int) -> datetime:
    """When every opened vote of a round is known."""
    return instant(RoundTime(round_id).ends_at) + timedelta(minutes=20)


def load(session: Session, round_id: int, at: datetime) -> LoadedRound:
    found = load_round(session, round_id, load_book(session), PARAMETERS, ATTACK, at)
    assert found is not None
    return found


def test_a_round_knows_its_stake_and_thresholds_before_a_vote_is_opened(whole: Session) -> None:
    found = load(whole, ROLLED, sealed(ROLLED)).inputs
    assert (found.phase, found.phase_end) == ("commit", sealed(ROLLED) + MINUTE)
    terms = found.terms
    assert (terms.stake.value, terms.spat.value, terms.gat.value) == (30_500_000, 0.65, 5_000_000)
    assert terms.max_rolls.value == 2
    assert not terms.is_frozen
    assert terms.slash.value is None
    assert terms.slash.reason
    assert found.new_stake_in_commit.value == 0
    # Nothing of what was opened a day later is read.
    assert all(request.opened is None for request in found.requests)
    assert not any(voter.opened for voter in found.voters)
    largest = found.voters[0]
    assert (largest.entity_id, round(largest.stake / 30_500_000, 3)) == (WHALE, 0.591)


def test_the_votes_of_the_flip_fall_short_of_spat_in_its_first_round(whole: Session) -> None:
    found = load(whole, ROLLED, ended(ROLLED)).inputs
    assert found.phase == "over"
    assert found.terms.is_frozen
    operative = next(request for request in found.requests if request.operative)
    assert operative.opened is not None
    assert round(operative.opened.wrong / (found.terms.stake.value or 0), 3) == 0.620
    assert operative.opened.sealed == 0
    result = assess_round(found, ATTACK)
    assert [(m.p_wrong.mean, m.p_roll.mean) for m in result.markets] == [(0, 1), (0, 1)]
    # Nothing is left to vote: how often voters err does not matter any more.
    assert {m.p_roll.p05 for m in result.markets} == {1}


def test_stake_that_comes_while_votes_are_sealed_is_told_and_lets_its_holder_force(
    whole: Session,
) -> None:
    starts = instant(RoundTime(FORCED).starts_at)
    before = load(whole, FORCED, starts + MINUTE).inputs
    after = load(whole, FORCED, sealed(FORCED)).inputs
    assert before.new_stake_in_commit.value is None
    assert "not begun" in (before.new_stake_in_commit.reason or "")
    assert after.new_stake_in_commit.value == 20_000_000
    assert after.terms.stake.value == 50_500_000
    was, now = (assess_round(inputs, ATTACK) for inputs in (before, after))
    powers = [
        next(b for b in result.blocs if b.found.bloc.entities == (WHALE,)) for result in (was, now)
    ]
    assert [bloc.found.can_force for bloc in powers] == [False, True]
    assert all(bloc.found.can_block for bloc in powers)
    assert [request.asked.rolls for request in load(whole, FORCED, sealed(FORCED)).requests] == [
        1,
        1,
    ]


def test_only_the_last_request_of_a_question_pays(whole: Session) -> None:
    found = load(whole, JOINT, sealed(JOINT))
    roles = [request.role for request in found.requests]
    assert roles.count(RequestRole.OPERATIVE) == 6
    assert roles.count(RequestRole.SUPERSEDED) == 6
    by_market: dict[str | None, list[bool]] = {}
    for request in found.inputs.requests:
        by_market.setdefault(request.market_id, []).append(request.operative)
    assert len(by_market) == 6
    assert all(sorted(operative) == [False, True] for operative in by_market.values())


def test_voters_that_stand_together_count_as_one_bloc_from_when_that_is_known(
    whole: Session,
) -> None:
    known_at = sealed(JOINT) - timedelta(hours=6)
    bloc = StandingBloc(
        "co-voting-1",
        BlocKind.CO_VOTING,
        TRIO,
        TRIO,
        ("voted together",),
        5,
        0.001,
        dict(zip(TRIO, TRIO, strict=True)),
    )
    add_blocs(whole, [bloc], "blocs-1", known_at)
    before = load(whole, JOINT, known_at - MINUTE).inputs
    after = load(whole, JOINT, sealed(JOINT)).inputs
    assert "co-voting-1" not in {b.bloc_id for b in before.blocs}
    result = assess_round(after, ATTACK)
    found = next(b.found for b in result.blocs if b.found.bloc.bloc_id == "co-voting-1")
    assert round(found.share, 2) == 0.86
    assert found.can_force
    assert set(found.bloc.entities) == set(TRIO)
    assert found.bloc.evidence == ("voted together",)


def test_a_listed_market_brings_its_money_and_what_the_bloc_holds_of_the_pushed_answer(
    whole: Session,
) -> None:
    at = sealed(FORCED)
    market = list_market(whole, FORCED, at)
    request = next(r for r in load(whole, FORCED, at).requests if r.role is RequestRole.OPERATIVE)
    docket, pushed = request.docket, request.pushed
    assert docket.market_id == to_hex(market.condition_id)
    assert docket.open_interest.value == 250_000
    assert docket.price.value == pytest.approx(0.2)
    assert docket.best_bid.value == 0.19
    assert docket.asks is not None
    assert [(ask.price, ask.shares) for ask in docket.asks] == [(0.21, 1000.0), (0.5, 20.0)]
    assert pushed.wrong is Outcome.YES
    assert docket.hours_left == pytest.approx(1 / 60, abs=0.01)
    bloc = next(b for b in load(whole, FORCED, at).inputs.blocs if b.entities == (WHALE,))
    # 7,000 shares of the pushed answer less 2,000 of the other one.
    assert bloc.holdings == {docket.request_id: 5000.0}
    later = load(whole, FORCED, at + timedelta(hours=1)).requests
    stale = next(r.docket for r in later if r.role is RequestRole.OPERATIVE)
    assert stale.asks is None
    assert "older than" in (stale.price.reason or "")


def test_uma_costs_what_the_sources_said_by_then(whole: Session) -> None:
    at = sealed(ROLLED)
    whole.add(
        AssetQuote(
            asset="UMA",
            source="coingecko",
            price_usd=Decimal("1.25"),
            volume_usd=Decimal(5_000_000),
            volume_scope=VolumeScope.MARKET,
            observed_at=at - MINUTE,
            known_at=at - MINUTE,
        )
    )
    whole.flush()
    assert load(whole, ROLLED, at - 2 * MINUTE).inputs.uma.price_usd.value is None
    uma = load(whole, ROLLED, at).inputs.uma
    assert (uma.price_usd.value, uma.daily_volume.value) == (1.25, 4_000_000)


def test_who_opened_against_the_pushed_answer_is_credited_with_none_of_it(whole: Session) -> None:
    """Three opened NO on all but two requests, with 86 % of the stake; another opened YES."""
    list_market(whole, JOINT, sealed(JOINT))
    loaded = load(whole, JOINT, ended(JOINT))
    blocs = {b.found.bloc.bloc_id: b for b in assess_round(loaded.inputs, ATTACK).blocs}
    taking = set()
    for bloc in blocs.values():
        opened, wrong = bloc.found.bloc.opened, bloc.found.bloc.opened_wrong
        against = {key for key in opened if wrong.get(key, 0.0) == 0}
        assert opened
        assert not against & set(bloc.found.best.requests)
        assert not against & set(bloc.captured)
        if bloc.found.dollars_winnable_usd:
            taking.add(bloc.found.bloc.bloc_id)
            assert any(wrong.values())
    assert taking <= {f"alone:{WHALE}"}


def test_inputs_survive_packing_and_equal_ones_have_one_digest(whole: Session) -> None:
    found = [load(whole, round_id, ended(round_id)).inputs for round_id in (ROLLED, JOINT)]
    for inputs in found:
        assert unpack_round(pack_round(inputs)) == inputs
    first, second = (round_digest(inputs, ATTACK) for inputs in found)
    assert first != second
    later = load(whole, JOINT, ended(JOINT) + timedelta(hours=1)).inputs
    assert round_digest(later, ATTACK) == second
