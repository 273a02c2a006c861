"""Each sign on both sides of its line, and what looks like one and is none."""

from dataclasses import replace

import pytest

from models.attack_enums import SignalSubject
from service.risk.signs.attack_signs import AttackSign, SignEvidence, sign_document
from service.risk.signs.forced_answers import forced_answers
from service.risk.signs.structural_signs import (
    BLOCK_LINE,
    FORCE_LINE,
    ROLL_BLOCKED,
    SEALED_LARGE,
    STAKE_INFLOW,
    is_by_heads,
    structural_signs,
)
from service.risk.signs.watched_round import (
    Ballot,
    EntityStake,
    Inflow,
    OpenedAnswer,
    WatchedRequest,
    WatchedRound,
)

LOG = SignEvidence("VoteRevealed", 1, "0x" + "11" * 32, 0)
ALL = 100.0
HOUR = 3600


def answer(name: str, **stakes: float) -> OpenedAnswer:
    return OpenedAnswer(name, tuple(Ballot(who, stake, LOG) for who, stake in stakes.items()))


def request(
    *answers: OpenedAnswer, sealed: float = 0.0, sealed_entities: int = 0
) -> WatchedRequest:
    opened = {ballot.entity_id for one in answers for ballot in one.ballots}
    return WatchedRequest(
        request_id="r",
        stake=ALL,
        spat=0.65,
        answers=answers,
        sealed=sealed,
        sealed_entities=sealed_entities,
        voted_entities=len(opened) + sealed_entities,
        market="0x" + "ab" * 32,
    )


def reveal(*requests: WatchedRequest, hours_left: int = 20) -> WatchedRound:
    return WatchedRound(
        round_id=7,
        is_over=False,
        reveal_seconds_left=hours_left * HOUR,
        stake=ALL,
        spat=0.65,
        requests_in_vote=len(requests),
        requests=requests,
    )


def commit(**changes: object) -> WatchedRound:
    quiet = WatchedRound(7, False, None, ALL, 0.65, turnout=0.92, requests_in_vote=1)  # noqa: FBT003  # is_over
    return replace(quiet, **changes)  # type: ignore[arg-type]  # by name


def raised(watched: WatchedRound, name: str) -> list[AttackSign]:
    return [s for s in structural_signs(watched) if s.signal == name and s.log_lr > 0]


def test_a_roll_is_told_only_when_nothing_sealed_can_avert_it() -> None:
    yes, no = answer("YES", a=60.0, b=2.0), answer("NO", c=20.0)
    assert raised(reveal(request(yes, no, sealed=3.1, sealed_entities=1)), ROLL_BLOCKED) == []
    told = raised(reveal(request(yes, no, sealed=3.0, sealed_entities=1)), ROLL_BLOCKED)
    assert {sign.subject_kind for sign in told} == {SignalSubject.ROUND, SignalSubject.MARKET}
    assert "62.0 % < SPAT 65 %" in told[0].words
    assert "with at most 65.0 % of all stake behind YES; by now it is 62.0 %" in told[0].words
    assert "at most" not in raised(reveal(request(yes, no)), ROLL_BLOCKED)[0].words
    unknown = replace(request(yes, no), sealed_unknown=1)
    assert raised(reveal(unknown), ROLL_BLOCKED) == []


def test_a_split_vote_without_a_majority_that_rolls_is_no_sign() -> None:
    split = request(answer("YES", a=49.0), answer("NO", b=48.0))
    assert raised(reveal(split), ROLL_BLOCKED) == []


def test_what_is_still_sealed_at_the_end_of_a_round_is_never_opened() -> None:
    over = replace(reveal(request(answer("YES", a=62.0), sealed=30.0)), is_over=True)
    [sign, _] = raised(replace(over, reveal_seconds_left=0), ROLL_BLOCKED)
    assert "ended with 62.0 %" in sign.words


def test_votes_that_pass_the_line_are_told_of_a_round_that_is_over() -> None:
    """By one hand, or against the heads if all who never opened had joined it."""
    passing = reveal(request(answer("YES", a=66.0), answer("NO", b=1.0)))
    over = replace(passing, is_over=True, reveal_seconds_left=0, stake=None)
    [sign] = raised(over, FORCE_LINE)
    [running] = raised(passing, FORCE_LINE)
    assert sign.words == f"{running.words} The round is over."
    many, few = answer("YES", a=40.0, b=26.0), answer("NO", c=1.0, d=1.0)
    assert raised(replace(over, requests=(request(many, few),)), FORCE_LINE)
    never = request(many, few, sealed_entities=1)
    assert raised(replace(over, requests=(never,)), FORCE_LINE) == []
    quiet = request(answer("YES", a=30.0, b=30.0, c=10.0), answer("NO", d=1.0))
    assert structural_signs(replace(over, requests=(quiet,))) == ()


def test_an_ordinary_vote_passes_the_line_by_most_heads_and_is_no_sign() -> None:
    many = answer("YES", a=30.0, b=20.0, c=20.0)
    assert raised(reveal(request(many, answer("NO", d=20.0))), FORCE_LINE) == []
    # The same stake against most heads is one, but not while those may still join it.
    against = answer("NO", d=5.0, e=5.0, f=5.0)
    assert raised(reveal(request(many, against)), FORCE_LINE)
    early = request(many, answer("NO", d=5.0, e=5.0), sealed=5.0, sealed_entities=1)
    assert raised(reveal(early), FORCE_LINE) == []


def test_many_hands_against_the_heads_say_less_than_one_hand_or_group() -> None:
    many = request(answer("YES", a=30.0, b=20.0, c=20.0), answer("NO", d=5.0, e=5.0, f=5.0))
    [by_heads] = raised(reveal(many), FORCE_LINE)
    assert is_by_heads(by_heads.signal, by_heads.log_lr)
    assert by_heads.words.endswith("No entity or standing group that can be seen passes it alone.")
    [by_group] = raised(reveal(many, replace(many, group_behind=70.0)), FORCE_LINE)
    assert not is_by_heads(by_group.signal, by_group.log_lr)
    assert "passes it alone" not in by_group.words
    [by_one] = raised(reveal(request(answer("YES", a=66.0), answer("NO", b=1.0))), FORCE_LINE)
    assert by_one.log_lr == by_group.log_lr > by_heads.log_lr > 0


def test_a_hand_just_below_the_line_is_never_said_to_pass_it_alone() -> None:
    """Not after another request, or the heads, were told of: opened votes only grow."""
    against = answer("NO", c=1.0, d=1.0, e=1.0)
    by_heads = request(answer("YES", a=64.0, b=2.0), against)
    below = request(answer("YES", a=64.5), against)
    forced = forced_answers([by_heads, below])
    assert [(one.requests, one.by_one) for one in forced] == [((by_heads,), False)]
    [sign] = raised(reveal(by_heads, below), FORCE_LINE)
    assert is_by_heads(sign.signal, sign.log_lr)
    assert "66.0 % of all stake is behind YES in 1 request" in sign.words


def test_one_entity_above_the_line_is_told_by_whatever_many_ballots() -> None:
    split_hands = OpenedAnswer("YES", (Ballot("a", 40.0, LOG), Ballot("a", 26.0, LOG)))
    [sign] = raised(reveal(request(split_hands, answer("NO", b=1.0))), FORCE_LINE)
    assert "1 entity is behind it" in sign.words


def test_who_forces_one_answer_is_not_mixed_with_who_agrees_on_another() -> None:
    """The large one opens NO with a companion on two requests, and YES with everybody on one."""
    own = [SignEvidence("VoteRevealed", 1, "0x" + f"{i:064x}", i) for i in range(8)]

    def opened(name: str, *hands: int) -> OpenedAnswer:
        stakes = {0: 70.0, 1: 5.0}
        return OpenedAnswer(name, tuple(Ballot(f"e{h}", stakes.get(h, 4.0), own[h]) for h in hands))

    forced = request(opened("NO", 0, 1), opened("YES", 2, 3, 4, 5))
    agreed = request(opened("YES", 0, 2, 3, 4, 5, 6), opened("NO", 7))
    free = replace(request(opened("YES", 2, 3), opened("NO", 4)), request_id="free")
    named = (replace(forced, request_id=name) for name in ("no-2", "no-1"))
    [sign] = raised(reveal(replace(agreed, request_id="yes"), free, *named), FORCE_LINE)
    assert sign.requests == ("no-1", "no-2", "yes")
    assert sign.words == (
        "Opened votes of round 7 pass SPAT 65 %: 75.0 % of all stake is behind NO in 2 requests, "
        "where 2 entities are behind it, of 6 that sealed a vote. Likewise 90.0 % of all stake is "
        "behind YES in 1 request, where 6 entities are behind it, of 7 that sealed a vote."
    )
    assert sign.value == 0.75
    assert sign.evidence == (own[0], own[1])


def test_shares_and_hands_that_differ_between_requests_are_told_as_they_are() -> None:
    alone = request(answer("NO", a=70.0), answer("YES", c=5.0, d=5.0))
    joined = request(answer("NO", a=70.0, b=10.0), answer("YES", c=5.0, d=5.0))
    [sign] = raised(reveal(joined, alone), FORCE_LINE)
    assert "70.0 to 80.0 % of all stake is behind NO in 2 requests" in sign.words
    assert "where 1 to 2 entities are behind it, of 3 to 4 that sealed a vote" in sign.words
    assert sign.value == 0.7


@pytest.mark.parametrize(("added", "is_told"), [(5.0, []), (5.1, [STAKE_INFLOW])])
def test_stake_of_more_than_a_twentieth_in_a_commit_phase_is_told(
    added: float, is_told: list[str]
) -> None:
    inflow = (Inflow("v", added, LOG),)
    assert [s.signal for s in raised(commit(inflows=inflow), STAKE_INFLOW)] == is_told
    # Nothing is voted on: who stakes then is early.
    assert raised(commit(inflows=inflow, requests_in_vote=0), STAKE_INFLOW) == []


@pytest.mark.parametrize(
    ("share", "stood", "is_told"),
    [(27.0, (), 0), (27.1, (), 1), (25.1, (BLOCK_LINE,), 1), (25.0, (BLOCK_LINE,), 0)],
)
def test_the_block_line_is_turnout_less_spat_and_is_left_two_points_below(
    share: float, stood: tuple[str, ...], is_told: int
) -> None:
    entity = EntityStake("0x1", share, standing=frozenset(stood))
    watched = commit(entities=(entity,))
    assert len(raised(watched, BLOCK_LINE)) == is_told
    # No turnout is known: nobody can say where the line is.
    assert raised(replace(watched, turnout=None), BLOCK_LINE) == []


def test_a_group_above_a_line_by_one_of_its_entities_names_that_entity() -> None:
    """By a line that both are above: what the others add is no crossing of its own."""

    def group(alone: float, *stood: str) -> EntityStake:
        leading = EntityStake("0x1", alone, standing=frozenset(stood))
        return EntityStake("bloc", 70.0, 4, kind=SignalSubject.GROUP, led_by=leading)

    [force, block] = structural_signs(commit(entities=(group(66.0),), requests_in_vote=0))
    assert force.hand == block.hand == "0x1"
    assert "and 0x1 among them is above it alone" in force.words
    [force, block] = structural_signs(commit(entities=(group(40.0),), requests_in_vote=0))
    assert (force.hand, block.hand) == (None, "0x1")
    # One that was above it is so until two points below.
    stood = commit(entities=(group(64.0, FORCE_LINE),), requests_in_vote=0)
    assert structural_signs(stood)[0].hand == "0x1"
    [alone, _] = structural_signs(commit(entities=(EntityStake("0x1", 70.0),), requests_in_vote=0))
    assert alone.hand is None
    assert "hand" not in sign_document(alone)


@pytest.mark.parametrize(
    ("sealed", "hours_left", "log_lrs"),
    [(4.0, 5, 0), (6.0, 7, 0), (6.0, 5, 2), (40.0, 5, 2)],
)
def test_large_sealed_stake_is_told_late_and_more_where_it_decides(
    sealed: float, hours_left: int, log_lrs: int
) -> None:
    open_vote = request(answer("YES", a=40.0), sealed=sealed, sealed_entities=1)
    told = raised(reveal(open_vote, hours_left=hours_left), SEALED_LARGE)
    assert len(told) == log_lrs
    decides = sealed > 25.0
    assert all(("it alone says" in sign.words) is decides for sign in told)


def test_what_is_not_stored_makes_no_sign() -> None:
    blind = commit(stake=None, spat=None, entities=(EntityStake("0x1", 90.0),))
    assert [sign for sign in structural_signs(blind) if sign.log_lr > 0] == []
