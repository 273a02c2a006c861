"""What blocs hold of the answers they could push, and the bonds they have in the vote."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import Outcome
from service.protocol.prices import outcome_of
from service.risk.attack.attack_inputs import Bloc
from service.risk.attack.pushed_answer import PushedAnswer
from service.store.money.exposures import list_held
from service.store.rounds.round_requests import DocketRequest, RequestRole

_MICRO = 1_000_000


def with_holdings(
    session: Session,
    blocs: Sequence[Bloc],
    wallets: Mapping[str, Collection[bytes]],
    pushed: Mapping[int, tuple[str, PushedAnswer]],
    requests: Sequence[DocketRequest],
    at: datetime,
) -> list[Bloc]:
    """The blocs with shares of the pushed answers, and bonds lost unless these win.

    ``wallets``: addresses by entity. ``pushed``: by market the id of the request that pays it, and
    what is pushed on it. What is held on both sides is worth the same whatever wins, and is taken
    out. A wallet that was never asked for counts as holding nothing: a lower bound.
    """
    of_bloc: dict[str, set[bytes]] = defaultdict(set)
    for bloc in blocs:
        for entity in bloc.entities:
            of_bloc[bloc.bloc_id].update(wallets.get(entity, ()))
    net: dict[bytes, dict[str, float]] = defaultdict(dict)
    everybody = set().union(*of_bloc.values())
    for held in list_held(session, everybody, at) if everybody else ():
        if held.market_id in pushed:
            request_id, answer = pushed[held.market_id]
            sides = (held.yes, held.no) if answer.wrong is Outcome.YES else (held.no, held.yes)
            net[held.wallet][request_id] = (sides[0] - sides[1]) / _MICRO
    bonds = [(request, *_bond(request)) for request in requests]
    return [
        replace(
            bloc,
            holdings=_positive(_summed(net.get(w, {}) for w in sorted(of_bloc[bloc.bloc_id]))),
            bonds={
                request.docket.request_id: amount
                for request, staker, amount in bonds
                if amount and staker in of_bloc[bloc.bloc_id]
            },
        )
        for bloc in blocs
    ]


def _bond(request: DocketRequest) -> tuple[bytes | None, float]:
    """Who is on the side of the pushed answer, and the USD he has put on it."""
    asked = None if request.question is None else request.question.request
    if asked is None or asked.bond is None or request.role is RequestRole.GOVERNANCE:
        return None, 0.0
    proposed = None if asked.proposed_price is None else outcome_of(asked.proposed_price)
    staker = asked.proposer if proposed is request.pushed.wrong else asked.disputer
    return staker, (asked.bond + (asked.final_fee or 0)) / _MICRO


def _summed(maps: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for amounts in maps:
        for key, amount in amounts.items():
            total[key] = total.get(key, 0.0) + amount
    return total


def _positive(amounts: Mapping[str, float]) -> dict[str, float]:
    """An entity whose wallets together hold more of the other side gains nothing by pushing."""
    return {key: round(amount, 6) for key, amount in amounts.items() if amount > 0}
