"""``/v1/markets/{ref}/attack``: what forcing one market's answer would take and pay."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.attack_enums import SignalSubject
from models.market import Market
from service.api.lookup import require_market
from service.api.market_attack_schemas import MarketAttackAnswer
from service.api.parameters import Ref, only
from service.api.problems import Problem
from service.api.round_lines import CAUTION, Line
from service.api.round_questions import RoundShelf
from service.api.site import Site
from service.api.wire import json_response
from service.protocol.ids import to_hex
from service.protocol.rounds import ROUND_SECONDS
from service.risk.attack.attack_attempt import any_attempt
from service.risk.attack.attack_inputs import RoundInputs
from service.risk.attack.round_document import to_round_document
from service.risk.document import to_rfc3339
from service.risk.parameters import load_parameters
from service.risk.signs.attack_signs import AttackSign, sign_document, strongest_first
from service.store.attacks.attack_scores import latest_attack_score
from service.store.attacks.fusion_inputs import signs_for
from service.store.links import transaction_link
from service.store.rounds.market_attack import (
    Payment,
    PlacedMarket,
    get_payment,
    last_place,
    place_market,
    suppose_market,
)
from service.store.scores.round_assessments import round_span

_ALWAYS = (
    "whether anybody means to: who could is not who would",
    "what voters agreed off the chain, or hold on other venues, and who shares no public link",
    "how far UMA's price would fall and whether administrators would step in: both are assumed",
)
_ANSWERS = ("pushed_answer", "believed_answer", "belief_ground")
# What made the numbers, and what they rest on.
_MADE_BY = ("model_version", "priors_version", "support")
# What only a round can say.
_OF_A_ROUND = (
    *_MADE_BY,
    "terms_as_of",
    "terms_round_id",
    "round_id",
    "phase",
    "stake_to_force_uma",
    "stake_to_stall_uma",
    "alone",
    "p_captured",
)
_NO_ROUND = "what standing blocs hold of it: they are looked up for markets of a round"
_ROUND = timedelta(seconds=ROUND_SECONDS)
_POWERS = ("id", "share", "stake_uma", "can_force", "can_block", "force_shortfall_uma", "evidence")


def market_attack_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["markets"])
    shelf = RoundShelf()

    @router.get(
        "/v1/markets/{ref}/attack", response_model=MarketAttackAnswer, dependencies=[only()]
    )
    def read_attack(ref: Ref) -> Response:
        """Stake, cost and gain of forcing this market's answer; who could; signs that anybody is.

        Of a market in no round, as if it were the only one of the newest assessed one; of a paid
        one what was said of it last before it was paid.
        """
        now = site.clock.now()
        with site.sessions() as session:
            market = require_market(session, ref)
            payment = get_payment(session, market, now)
            if payment is not None:
                body = _paid(last_place(session, market, payment.paid_at), payment, now)
            elif (placed := place_market(session, market, now)) is not None:
                body = _placed(placed)
            else:
                body = _supposed(session, market, shelf, site)
            signs = signs_for(session, SignalSubject.MARKET, to_hex(market.condition_id), now)
            fused = _fused(session, market, site)
        return json_response(
            {
                "ref": to_hex(market.condition_id),
                **body,
                "paid": None if payment is None else _payment_line(payment, site),
                "signs": [_sign_line(sign) for sign in strongest_first(signs)],
                "attack_score": fused,
                "caution": CAUTION,
                "notice": site.notice,
            }
        )

    return router


def _placed(placed: PlacedMarket) -> Line:
    row, docket = placed.row, placed.docket
    told: Mapping[str, Any] = row.document
    request_id = docket["id"]
    is_open = docket["role"] == "open_proposal"
    cannot = list(_ALWAYS)
    if docket["role"] == "superseded":
        cannot.append("anything of its payout: this request settles bonds alone")
    return {
        **_made_by(told),
        "as_of": row.as_of,
        "terms_as_of": row.as_of,
        "terms_round_id": row.round_id,
        "place": "open_proposal" if is_open else "in_round",
        "round_id": row.round_id,
        "phase": row.phase,
        **_answers(docket),
        "stake_to_force_uma": told["stake_to_force_uma"],
        "stake_to_stall_uma": told["stake_to_stall_uma"],
        "alone": _alone(told["markets"], request_id),
        "blocs": [_power(bloc) for bloc in told["blocs"] or told["hypothetical_blocs"]],
        "in_best_sets": [b["id"] for b in told["blocs"] if request_id in b["best"]["requests"]],
        "p_captured": None if is_open else captured_chance(told["blocs"], request_id),
        "cannot_be_said": cannot,
    }


def captured_chance(blocs: Sequence[Mapping[str, Any]], request_id: str) -> Line:
    """By whom the vote on it would be captured, and that it is by anybody, with 90 % intervals.

    All intervals are over the one level of attempts, so that its ends are the ends of both.
    """
    found = [bloc for bloc in blocs if request_id in bloc["p_captured"]]
    # Assessments of an earlier release have none.
    rates = {
        bloc["id"]: bloc["p_captured_interval"][request_id]
        for bloc in found
        if "p_captured_interval" in bloc
    }
    chances = {bloc["id"]: bloc["p_captured"][request_id] for bloc in found}
    value = any_attempt(list(chances.values()))
    interval = None
    if len(rates) == len(chances):
        low, high = (any_attempt([r[end] for r in rates.values()]) for end in ("p05", "p95"))
        interval = {"mean": value, "p05": low, "p95": high}
    return {
        "value": value,
        "interval": interval,
        "by_bloc": chances,
        "by_bloc_interval": rates,
        "calibration_status": "uncalibrated_ranked",
    }


def _made_by(told: Mapping[str, Any]) -> Line:
    return {name: told[name] for name in _MADE_BY}


def _paid(placed: PlacedMarket | None, payment: Payment, now: datetime) -> Line:
    """What was said of a market that no vote can change any more."""
    over = f"anything of an attack to come: the market was paid at {to_rfc3339(payment.paid_at)}"
    if placed is None:
        unseen = "what one would have taken: no assessed round voted on it before it was paid"
        nothing = dict.fromkeys((*_OF_A_ROUND, *_ANSWERS))
        return {
            **nothing,
            "as_of": now,
            "place": "paid",
            "blocs": [],
            "in_best_sets": [],
            "cannot_be_said": [over, unseen],
        }
    told = _placed(placed)
    cannot: Any = told["cannot_be_said"]
    return {**told, "place": "paid", "p_captured": None, "cannot_be_said": [over, *cannot]}


def _payment_line(payment: Payment, site: Site) -> Line:
    outcome = payment.outcome
    link = None
    if site.has_explorers:
        link = transaction_link(payment.chain_id, payment.transaction_hash)
    return {
        "at": payment.paid_at,
        "payouts": list(payment.numerators),
        "outcome": None if outcome is None else outcome.value,
        "transaction": to_hex(payment.transaction_hash),
        "link": link,
    }


def _supposed(session: Session, market: Market, shelf: RoundShelf, site: Site) -> Line:
    span = round_span(session)
    inputs = None if span is None else shelf.get(session, span[1])
    if inputs is None:
        detail = "No round of the vote was assessed yet: score_rounds needs the vote's logs."
        raise Problem(HTTPStatus.NOT_FOUND, detail, reference=to_hex(market.condition_id))
    now = site.clock.now()
    found = suppose_market(session, market, inputs, load_parameters(), now)
    told: Mapping[str, Any] = to_round_document(found.result)
    (request,) = told["requests"]
    pushed = found.pushed
    return {
        **_made_by(told),
        "as_of": now,
        "terms_as_of": to_rfc3339(inputs.as_of),
        "terms_round_id": inputs.round_id,
        "place": "hypothetical",
        "round_id": None,
        "phase": None,
        "pushed_answer": str(pushed.wrong),
        "believed_answer": str(pushed.right),
        "belief_ground": pushed.ground,
        "stake_to_force_uma": told["stake_to_force_uma"],
        "stake_to_stall_uma": told["stake_to_stall_uma"],
        "alone": _alone(told["markets"], request["id"]),
        "blocs": [_power(bloc) for bloc in told["hypothetical_blocs"]],
        "in_best_sets": [],
        "p_captured": None,
        "cannot_be_said": [*_ALWAYS, _NO_ROUND, *_stale(inputs, now)],
    }


def _stale(inputs: RoundInputs, now: datetime) -> list[str]:
    """Terms older than a round says of today's stake nothing."""
    age = now - inputs.as_of
    if age <= _ROUND:
        return []
    read = f"these are of round {inputs.round_id}, {age.days} days ago"
    return [f"today's stake, thresholds and price of UMA: {read}"]


def _answers(docket: Mapping[str, Any]) -> Line:
    return {name: docket[name] for name in _ANSWERS}


def _alone(markets: Sequence[Mapping[str, Any]], request_id: str) -> Line:
    return dict(next(line for line in markets if line["request"] == request_id))


def _power(bloc: Mapping[str, Any]) -> Line:
    return {name: bloc[name] for name in _POWERS}


def _sign_line(sign: AttackSign) -> Line:
    return {
        "family": sign.family,
        "signal": sign.signal,
        "log_lr": sign.log_lr,
        "value": sign.value,
        "unit": sign.unit,
        "support": sign.support,
        "round_id": sign.round_id,
        **sign_document(sign),
    }


def _fused(session: Session, market: Market, site: Site) -> Line | None:
    kind, subject = SignalSubject.MARKET, to_hex(market.condition_id)
    row = latest_attack_score(session, kind, subject, site.clock.now())
    if row is None:
        return None
    p = None
    if row.p_mean is not None:
        p = {"mean": row.p_mean, "p05": row.p_low, "p95": row.p_high}
    return {
        "score": row.score,
        "calibration_status": row.calibration_status,
        "p": p,
        "model_version": row.model_version,
        "known_at": row.known_at,
    }
