"""A round's inputs as compressed JSON and back, exactly; and their fingerprint in steps. Pure.

Requests are named once and then counted: what each of 600 voters has opened of 200 requests would
otherwise repeat every name.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from math import floor, log10
from typing import Any

from service.risk.attack.attack_inputs import (
    AskLevel,
    Bloc,
    DisputeCount,
    DocketMarket,
    OpenedVotes,
    OverrideFeatures,
    Reading,
    RoundInputs,
    RoundTerms,
    UmaMarket,
    Voter,
)
from service.risk.attack.attack_parameters import ATTACK_VERSION, AttackParameters
from service.risk.vote_simulation import Lean

# Raised with every change of what is packed: score_rounds packs rounds of another one anew.
PACKED_FORMAT = 2
# What bytes of another release, or cut ones, can make go wrong in ``unpack_round``.
UNREADABLE = (KeyError, TypeError, ValueError, zlib.error)
Packed = dict[str, Any]


def pack_round(inputs: RoundInputs) -> bytes:
    """The inputs as bytes."""
    places = {request.request_id: place for place, request in enumerate(inputs.requests)}
    told: Packed = {
        "format": PACKED_FORMAT,
        "round_id": inputs.round_id,
        "as_of": inputs.as_of.isoformat(),
        "phase": inputs.phase,
        "phase_end": inputs.phase_end.isoformat(),
        "block": inputs.block,
        "terms": _pack_readings(inputs.terms) | {"is_frozen": inputs.terms.is_frozen},
        "uma": _pack_readings(inputs.uma),
        "requests": [_pack_request(request) for request in inputs.requests],
        "voters": [
            [v.entity_id, v.stake, _by_place(v.opened, places), _by_place(v.opened_wrong, places)]
            for v in inputs.voters
        ],
        "blocs": [_pack_bloc(bloc, places) for bloc in inputs.blocs],
        "new_stake": _pack_reading(inputs.new_stake_in_commit),
        "disputes": None if inputs.disputes is None else asdict(inputs.disputes),
        "past_attempts": _pack_reading(inputs.past_attempts),
    }
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 6)


def unpack_round(packed: bytes) -> RoundInputs:
    """The inputs again; one of ``UNREADABLE`` for bytes of another release."""
    told: Packed = json.loads(zlib.decompress(packed))
    if told["format"] != PACKED_FORMAT:
        message = f"a round packed as format {told['format']}, not {PACKED_FORMAT}"
        raise ValueError(message)
    names = [request["request_id"] for request in told["requests"]]
    is_frozen = told["terms"].pop("is_frozen")
    return RoundInputs(
        round_id=told["round_id"],
        as_of=datetime.fromisoformat(told["as_of"]),
        phase=told["phase"],
        phase_end=datetime.fromisoformat(told["phase_end"]),
        terms=RoundTerms(**_unpack_readings(told["terms"]), is_frozen=is_frozen),
        uma=UmaMarket(**_unpack_readings(told["uma"])),
        requests=tuple(_unpack_request(request) for request in told["requests"]),
        voters=tuple(
            Voter(id_, stake, _by_name(opened, names), _by_name(wrong, names))
            for id_, stake, opened, wrong in told["voters"]
        ),
        blocs=tuple(_unpack_bloc(bloc, names) for bloc in told["blocs"]),
        block=told["block"],
        new_stake_in_commit=_unpack_reading(told["new_stake"]),
        disputes=None if told["disputes"] is None else DisputeCount(**told["disputes"]),
        past_attempts=_unpack_reading(told["past_attempts"]),
    )


def round_digest(inputs: RoundInputs, parameters: AttackParameters) -> bytes:
    """SHA-256 over what an assessment depends on, in steps, so that no tick makes a new one.

    Money, volumes and depth count in two leading digits, prices in cents, stake in thousandths of
    all stake, UMA's price in two digits; time counts as the phase only.
    """
    all_stake = inputs.terms.stake.value or 1.0
    said = [
        ATTACK_VERSION,
        parameters.digest,
        inputs.round_id,
        inputs.phase,
        inputs.terms.is_frozen,
        _steps(inputs.terms, 4),
        _steps(inputs.uma, 2),
        [_request_steps(request, all_stake) for request in inputs.requests],
        [[v.entity_id, _share(v.stake, all_stake), len(v.opened)] for v in inputs.voters],
        [_bloc_steps(bloc, all_stake) for bloc in inputs.blocs],
        _leading(inputs.new_stake_in_commit.value, 3),
        None if inputs.disputes is None else _leading(float(inputs.disputes.seen), 1),
        _leading(inputs.past_attempts.value, 1),
    ]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).digest()


def _request_steps(request: DocketMarket, all_stake: float) -> list[object]:
    opened, asks = request.opened, request.asks
    return [
        request.request_id,
        request.operative,
        request.in_round,
        request.market_id,
        _leading(request.open_interest.value, 2),
        _leading(request.volume.value, 1),
        _cents(request.price.value),
        _cents(request.best_bid.value),
        None if asks is None else _leading(sum(level.shares for level in asks), 1),
        [request.honest_error.mean, request.honest_error.k],
        _cents(request.belief.value),
        asdict(request.override),
        None
        if opened is None
        else [
            _share(amount, all_stake)
            for amount in (opened.wrong, opened.right, opened.other, opened.sealed)
        ],
    ]


def _bloc_steps(bloc: Bloc, all_stake: float) -> list[object]:
    return [
        bloc.bloc_id,
        list(bloc.entities),
        _share(bloc.stake, all_stake),
        sorted((key, _leading(amount, 2)) for key, amount in bloc.holdings.items()),
        sorted(bloc.bonds),
        _leading(bloc.new_stake.value, 2),
        list(bloc.evidence),
    ]


def _steps(part: RoundTerms | UmaMarket, digits: int) -> list[object]:
    return [
        _leading(value.value, digits)
        for value in (getattr(part, field.name) for field in fields(part))
        if isinstance(value, Reading)
    ]


def _share(stake: float, all_stake: float) -> float:
    return round(stake / all_stake, 3)


def _cents(price: float | None) -> float | None:
    return None if price is None else round(price, 2)


def _leading(amount: float | None, digits: int) -> float | None:
    if not amount:
        return amount
    return round(amount, digits - 1 - floor(log10(abs(amount))))


def _pack_reading(reading: Reading) -> list[object]:
    return [reading.value, reading.reason]


def _unpack_reading(told: Sequence[Any]) -> Reading:
    return Reading(told[0], told[1])


def _pack_readings(part: RoundTerms | UmaMarket) -> Packed:
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    return {name: _pack_reading(v) for name, v in values.items() if isinstance(v, Reading)}


def _unpack_readings(told: Packed) -> dict[str, Any]:
    return {name: _unpack_reading(value) for name, value in told.items()}


def _pack_request(request: DocketMarket) -> Packed:
    return {
        "request_id": request.request_id,
        "operative": request.operative,
        "open_interest": _pack_reading(request.open_interest),
        "volume": _pack_reading(request.volume),
        "price": _pack_reading(request.price),
        "best_bid": _pack_reading(request.best_bid),
        "asks": None if request.asks is None else [[a.price, a.shares] for a in request.asks],
        "honest_error": [request.honest_error.mean, request.honest_error.k],
        "hours_left": request.hours_left,
        "override": asdict(request.override),
        "market_id": request.market_id,
        "in_round": request.in_round,
        "opened": None if request.opened is None else asdict(request.opened),
        "belief": _pack_reading(request.belief),
    }


def _unpack_request(told: Packed) -> DocketMarket:
    readings = {
        name: _unpack_reading(told[name])
        for name in ("open_interest", "volume", "price", "best_bid")
    }
    asks, opened = told["asks"], told["opened"]
    return DocketMarket(
        request_id=told["request_id"],
        operative=told["operative"],
        **readings,
        asks=None if asks is None else tuple(AskLevel(*level) for level in asks),
        honest_error=Lean(*told["honest_error"]),
        hours_left=told["hours_left"],
        override=OverrideFeatures(**told["override"]),
        market_id=told["market_id"],
        in_round=told["in_round"],
        opened=None if opened is None else OpenedVotes(**opened),
        belief=_unpack_reading(told["belief"]),
    )


def _pack_bloc(bloc: Bloc, places: Mapping[str, int]) -> Packed:
    return {
        "bloc_id": bloc.bloc_id,
        "stake": bloc.stake,
        "entities": list(bloc.entities),
        "holdings": _by_place(bloc.holdings, places),
        "bonds": _by_place(bloc.bonds, places),
        "opened": _by_place(bloc.opened, places),
        "opened_wrong": _by_place(bloc.opened_wrong, places),
        "new_stake": _pack_reading(bloc.new_stake),
        "hedged": bloc.hedged,
        "borrowed": bloc.borrowed,
        "evidence": list(bloc.evidence),
    }


def _unpack_bloc(told: Packed, names: Sequence[str]) -> Bloc:
    return Bloc(
        told["bloc_id"],
        told["stake"],
        entities=tuple(told["entities"]),
        holdings=_by_name(told["holdings"], names),
        bonds=_by_name(told["bonds"], names),
        opened=_by_name(told["opened"], names),
        opened_wrong=_by_name(told["opened_wrong"], names),
        new_stake=_unpack_reading(told["new_stake"]),
        hedged=told["hedged"],
        borrowed=told["borrowed"],
        evidence=tuple(told["evidence"]),
    )


def _by_place(
    amounts: Mapping[str, float], places: Mapping[str, int]
) -> list[tuple[float, list[int]]]:
    """Each amount with the places of the requests it is of: a voter's votes weigh the same on all.

    What is of no request of the round is of no use here.
    """
    found: dict[float, list[int]] = {}
    for name, amount in amounts.items():
        if name in places:
            found.setdefault(amount, []).append(places[name])
    return list(found.items())


def _by_name(told: Sequence[Sequence[Any]], names: Sequence[str]) -> dict[str, float]:
    return {names[place]: amount for amount, of_it in told for place in of_it}
