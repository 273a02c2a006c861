"""Inputs of rounds packed and back, and what makes their fingerprint another."""

import json
import zlib
from dataclasses import replace

import pytest

from service.risk.attack.attack_inputs import (
    Bloc,
    DisputeCount,
    OpenedVotes,
    RoundInputs,
    Voter,
    known,
    missing,
)
from service.risk.attack.round_packing import pack_round, round_digest, unpack_round
from tests.risk.round_scenes import PARAMETERS, market, round_of


def opening() -> RoundInputs:
    opened = OpenedVotes(1e6, 2e6, 3.5, 4e6, 5.0, 6.0)
    requests = [replace(market("r1"), opened=opened), replace(market("r2"), asks=None)]
    voters = [
        Voter("0xa", 3e6, {"r1": 2e6, "r2": 2e6}),
        Voter("0xb", 1e6 / 3, {"r2": 0.1}),
    ]
    bloc = Bloc(
        "b",
        3e6,
        entities=("0xa",),
        holdings={"r1": 12.5},
        bonds={"r2": 750.0},
        opened={"r1": 2e6},
        new_stake=known(5.0),
        hedged=0.25,
        borrowed=7.0,
        evidence=("voted together",),
    )
    found = round_of(requests, [bloc], voters)
    return replace(
        found,
        disputes=DisputeCount(24.0, 3, None),
        new_stake_in_commit=known(7.0),
        past_attempts=missing("none"),
    )


def test_what_is_packed_comes_back_equal() -> None:
    for inputs in (opening(), round_of([])):
        assert unpack_round(pack_round(inputs)) == inputs


def test_bytes_of_another_format_are_refused() -> None:
    told = json.loads(zlib.decompress(pack_round(opening())))
    with pytest.raises(ValueError, match="format 99"):
        unpack_round(zlib.compress(json.dumps({**told, "format": 99}).encode()))


def test_a_tick_leaves_the_digest_and_news_changes_it() -> None:
    inputs = opening()
    digest = round_digest(inputs, PARAMETERS)
    first, second = inputs.requests
    ticked = replace(first, price=known(0.1001), open_interest=known(100_400.0), hours_left=3.0)
    assert round_digest(replace(inputs, requests=(ticked, second)), PARAMETERS) == digest
    for news in (
        replace(inputs, requests=(replace(first, price=known(0.12)), second)),
        replace(inputs, requests=(first,)),
        replace(inputs, phase="over"),
        replace(inputs, voters=inputs.voters[:1]),
        replace(inputs, new_stake_in_commit=known(8.0)),
        replace(inputs, terms=replace(inputs.terms, spat=known(0.6))),
    ):
        assert round_digest(news, PARAMETERS) != digest
