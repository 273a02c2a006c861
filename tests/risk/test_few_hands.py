"""A roll of few hands is told from one of many who disagree."""

from dataclasses import replace
from math import log

import pytest

from models.attack_enums import SignalSubject
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.risk.signs.few_hands import few_hands_of
from service.risk.signs.structural_signs import ROLL_BLOCKED, is_by_few, structural_signs
from service.risk.signs.watched_round import (
    Ballot,
    Holdout,
    OpenedAnswer,
    WatchedRequest,
    WatchedRound,
)

LOG = SignEvidence("VoteRevealed", 1, "0x" + "11" * 32, 0)
BLOCK = 0.27


def opened(name: str, prefix: str, *stakes: float) -> OpenedAnswer:
    return OpenedAnswer(name, tuple(Ballot(f"{prefix}{n}", s, LOG) for n, s in enumerate(stakes)))


def request(name: str, yes: OpenedAnswer, no: OpenedAnswer, **more: object) -> WatchedRequest:
    voted = yes.entities + no.entities
    made = WatchedRequest(name, 100.0, 0.65, (yes, no), 0.0, 0, voted, market="0x" + "ab" * 32)
    return replace(made, **more)  # type: ignore[arg-type]  # by name


GROUP_WORDS = (
    "28.0 % of all stake, of 3 addresses that vote alike, is not behind it and would carry it"
)
# 58 % against 30 %, by eight heads and four.
MANY = (opened("YES", "y", *[7.25] * 8), opened("NO", "n", *[7.5] * 4))


def held_out(stake: float, **more: object) -> Holdout:
    return replace(Holdout("0x1", stake, stake, 2), **more)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("holdout", "block_share", "words"),
    [
        # Nobody's 7.5 % blocks by itself.
        (held_out(7.5), BLOCK, None),
        (held_out(27.0), BLOCK, None),
        (
            held_out(28.0),
            BLOCK,
            "28.0 % of all stake, of 2 linked addresses, is not behind it and would carry it",
        ),
        (
            held_out(28.0, addresses=3, kind=SignalSubject.GROUP),
            BLOCK,
            GROUP_WORDS,
        ),
        # Where the line lies nobody can say.
        (held_out(28.0), None, None),
        (None, BLOCK, None),
    ],
)
def test_who_could_block_alone_and_did_is_few(
    holdout: Holdout | None, block_share: float | None, words: str | None
) -> None:
    assert (
        few_hands_of(
            request("r", *MANY, holdouts=() if holdout is None else (holdout,)), block_share
        )
        == words
    )


def test_a_large_holdout_that_would_not_have_carried_it_is_none() -> None:
    near = request("r", opened("YES", "y", *[10.4] * 5), MANY[1], holdouts=(held_out(12.0),))
    assert few_hands_of(near, 0.1) is None
    assert few_hands_of(replace(near, holdouts=(held_out(14.0),)), 0.1) is not None


def test_what_blocks_is_a_hands_whole_stake_and_what_lacks_the_part_it_held_out() -> None:
    """Two of its three addresses voted for the answer."""
    part = held_out(9.0, total=28.0, addresses=1)
    assert few_hands_of(request("r", *MANY, holdouts=(part,)), BLOCK) == (
        "9.0 % of all stake, of 1 address (28.0 % with the rest), is not behind it and would "
        "carry it"
    )
    # 58 % lack 7.
    little = replace(part, stake=7.0)
    assert few_hands_of(request("r", *MANY, holdouts=(little,)), BLOCK) is None
    assert few_hands_of(request("r", *MANY, holdouts=(little, held_out(27.5))), BLOCK) is not None


def test_a_majority_of_one_hand_is_few_and_a_minority_of_heads_is_not() -> None:
    alone = request("r", opened("YES", "y", 51.0, 5.0, 5.0), opened("NO", "n", 9.0))
    assert few_hands_of(alone, None) == "one entity alone has 51.0 % behind it"
    two = request("r", opened("YES", "y", 40.0, 20.0), opened("NO", "n", *[4.0] * 8))
    assert few_hands_of(two, None) is None


def rolls(*requests: WatchedRequest) -> list[AttackSign]:
    watched = WatchedRound(7, True, 0, None, 0.65, turnout=0.92, requests=requests)  # noqa: FBT003  # is_over
    return [s for s in structural_signs(watched) if s.signal == ROLL_BLOCKED]


def test_a_round_tells_the_requests_that_few_hands_keep_and_else_all_that_roll() -> None:
    split, kept = request("b", *MANY), request("a", *MANY, holdouts=(held_out(30.0),))
    [of_round, of_market] = rolls(split)
    assert of_round.log_lr == of_market.log_lr == log(1.5)
    assert not is_by_few(of_round.log_lr)
    assert "1 request rolls to the next round, by no few hands that can be seen." in of_round.words
    [of_round, _] = rolls(split, kept)
    assert of_round.log_lr == log(5)
    assert is_by_few(of_round.log_lr)
    assert of_round.requests == ("a",)
    assert "2 requests roll to the next round; 30.0 % of all stake" in of_round.words
