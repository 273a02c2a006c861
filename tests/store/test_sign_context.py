"""Groups that can force a round, as its newest assessment tells them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from service.database import open_engine, open_sessions
from service.risk.attack.attack_inputs import Bloc, Voter
from service.risk.attack.round_assessment import assess_round
from service.risk.attack.round_document import to_round_document
from service.risk.signs.context_signs import pays_sign
from service.store.attacks.sign_context import forcing_blocs
from service.store.scores.round_assessments import NewRoundAssessment, add_round_assessment
from tests.replays import read_replay
from tests.risk.round_scenes import MILLION, QUICK, market, round_of

ROUND = 10_330
# Either has all it needs to see: one forces and holds much of the wrong answer, one only blocks.
BLOCS = [Bloc("forces", 16 * MILLION, holdings={"big": 20_000_000}), Bloc("blocks", 8 * MILLION)]


def test_a_group_that_can_force_and_would_gain_is_told_from_the_assessment(
    session: Session,
) -> None:
    voters = [Voter("v0", 16 * MILLION), Voter("v1", 8 * MILLION)]
    inputs = replace(round_of([market("big", 3e7)], BLOCS, voters), round_id=ROUND)
    document = json.loads(json.dumps(to_round_document(assess_round(inputs, QUICK))))
    new = NewRoundAssessment(
        round_id=ROUND,
        as_of=inputs.as_of,
        phase="commit",
        requests=1,
        logs=1,
        digest=bytes(32),
        dollars_exposed=3e7,
        dollars_forceable=3e7,
        raw_attempt=0.01,
        document=document,
        model_version="test",
        priors_version="test",
        inputs=b"",
    )
    add_round_assessment(session, new)
    assert forcing_blocs(session, ROUND, inputs.as_of - timedelta(seconds=1)) == []
    [bloc] = forcing_blocs(session, ROUND, inputs.as_of)
    # No price of UMA is stored: the assumed one, a dollar, stands for it.
    assert (bloc.bloc_id, bloc.stake_value_usd) == ("forces", 16 * MILLION)
    sign = pays_sign(ROUND, [bloc])
    assert sign.log_lr > 0
    assert sign.value is not None
    assert sign.value > 160_000


def test_a_lone_forcing_voter_is_told_with_its_newest_stake(whole_chain_url: str) -> None:
    """The recorded whale staked 20 million on 13 March; its assessment is made up."""
    whale = "0x8b3c0a6f115f8aa098e2d08366dc615761cd2f65"
    worth = {"mean": "900000.00", "p05": "-1.00", "p95": "2000000.00"}
    bloc = {
        "id": f"alone:{whale}",
        "entities": [whale],
        "can_force": True,
        "share": 0.7529,
        "stake_uma": "38000000.000000",
        "best": {"worth": worth, "requests": ["a"]},
    }
    at = datetime(2025, 3, 14, tzinfo=UTC)
    stake_tx = next(
        step["tx"] for step in read_replay("g-whale-flip")["steps"] if "20000000" in step["step"]
    )
    engine = open_engine(whole_chain_url)
    with open_sessions(engine).begin() as session:
        new = NewRoundAssessment(
            round_id=10080,
            as_of=at,
            phase="reveal",
            requests=2,
            logs=1,
            digest=bytes(32),
            dollars_exposed=3e7,
            dollars_forceable=3e7,
            raw_attempt=0.01,
            document={"blocs": [bloc], "entities": []},
            model_version="test",
            priors_version="test",
            inputs=b"",
        )
        add_round_assessment(session, new)
        sign = pays_sign(10080, forcing_blocs(session, 10080, at))
    engine.dispose()
    assert sign.words.startswith("1 address holds 75.3 % of all stake")
    assert [one.transaction for one in sign.evidence] == [None, stake_tx]
