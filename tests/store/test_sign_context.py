"""Groups that can force a round, as its newest assessment tells them."""

import json
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from service.risk.attack_inputs import Bloc, Voter
from service.risk.context_signs import pays_sign
from service.risk.round_assessment import assess_round
from service.risk.round_document import to_round_document
from service.store.round_assessments import NewRoundAssessment, add_round_assessment
from service.store.sign_context import forcing_blocs
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
