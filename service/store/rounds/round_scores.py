"""A loaded round assessed and put in the shape it is stored in."""

import hashlib

from service.protocol.ids import to_hex
from service.risk.attack.attack_attempt import any_attempt
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.attack.round_assessment import RoundAssessmentResult, assess_round
from service.risk.attack.round_document import to_round_document
from service.risk.attack.round_packing import pack_round, round_digest
from service.store.rounds.round_inputs import LoadedRound, open_request_id
from service.store.rounds.round_markets import PricedMarket
from service.store.rounds.round_requests import DocketRequest
from service.store.scores.round_assessments import NewRoundAssessment

OVER = "over"


def loaded_digest(loaded: LoadedRound, logs: int, parameters: AttackParameters) -> bytes:
    """Equal where nothing is new; of a round that is over every log counts."""
    digest = round_digest(loaded.inputs, parameters)
    if loaded.inputs.phase != OVER:
        return digest
    return hashlib.sha256(digest + logs.to_bytes(8, "big")).digest()


def score_loaded(
    loaded: LoadedRound, logs: int, parameters: AttackParameters
) -> NewRoundAssessment:
    """Assess a round; ``BadRoundInput`` for inputs that cannot be."""
    inputs = loaded.inputs
    result = assess_round(inputs, parameters)
    return NewRoundAssessment(
        round_id=inputs.round_id,
        as_of=inputs.as_of,
        phase=inputs.phase,
        requests=len(loaded.requests),
        logs=logs,
        digest=loaded_digest(loaded, logs, parameters),
        # The column is a lower bound; the document has null where nothing is known.
        dollars_exposed=result.dollars_exposed or 0.0,
        dollars_forceable=result.dollars_forceable,
        raw_attempt=any_attempt([bloc.raw_attempt for bloc in result.blocs]),
        document=document_of(loaded, result),
        model_version=result.model_version,
        priors_version=result.priors_version,
        inputs=pack_round(inputs),
    )


def document_of(loaded: LoadedRound, result: RoundAssessmentResult) -> dict[str, object]:
    """The round's document, with its docket in words and what was left out."""
    document = to_round_document(result)
    told = [*loaded.notes, *result.warnings]
    docket = [_docket_line(request) for request in loaded.requests]
    docket += [_open_line(priced) for priced in loaded.open_markets]
    return {**document, "docket": docket, "entities": _entities(loaded), "warnings": told}


def _docket_line(request: DocketRequest) -> dict[str, object]:
    pushed = request.pushed
    return {
        "id": request.docket.request_id,
        "role": str(request.role),
        "title": request.title,
        "market_id": request.docket.market_id,
        "slug": None if request.priced is None else request.priced.market.slug,
        "rolls": request.asked.rolls,
        "pushed_answer": str(pushed.wrong),
        "believed_answer": str(pushed.right),
        "belief": pushed.belief,
        "belief_ground": pushed.ground,
    }


def _open_line(priced: PricedMarket) -> dict[str, object]:
    market_id, pushed = to_hex(priced.market.condition_id), priced.pushed
    return {
        "id": open_request_id(market_id),
        "role": "open_proposal",
        "title": priced.market.title,
        "market_id": market_id,
        "slug": priced.market.slug,
        "rolls": 0,
        "pushed_answer": str(pushed.wrong),
        "believed_answer": str(pushed.right),
        "belief": pushed.belief,
        "belief_ground": pushed.ground,
    }


def _entities(loaded: LoadedRound) -> list[dict[str, object]]:
    """Voters that count as one, and why; single ones are left out."""
    return [
        {
            "id": to_hex(entity.entity),
            "voters": [to_hex(voter) for voter in entity.voters],
            "grounds": list(entity.grounds),
        }
        for entity in loaded.voters.entities
        if len(entity.voters) > 1
    ]
