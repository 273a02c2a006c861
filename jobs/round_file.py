"""A round to assess out of a JSON file. docs/operations.md, "A round in a file".

Numbers that are absent, null or ``{"missing": "why"}`` are missing, and stay so.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from service.errors import UsageError
from service.risk.attack.attack_inputs import (
    AskLevel,
    BadRoundInput,
    Bloc,
    DocketMarket,
    OpenedVotes,
    OverrideFeatures,
    Reading,
    RoundInputs,
    RoundTerms,
    UmaMarket,
    Voter,
    known,
    missing,
)
from service.risk.parameters import Ambiguity, load_parameters
from service.risk.vote_simulation import Lean

# 1,000 requests with whole books are some 5 MB.
_LARGEST = 50_000_000
_NOT_GIVEN = "not in the file"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Missing(_Strict):
    missing: Annotated[str, Field(min_length=1)]


Number = float | _Missing | None
Share = Annotated[float, Field(ge=0, le=1)]
Id = Annotated[str, Field(min_length=1, max_length=100)]
# How pydantic names the alternatives of a number, which nobody wrote into a file.
_ALTERNATIVES = frozenset({"float", "_Missing", "constrained-float"})


class _Terms(_Strict):
    stake: Number = None
    spat: Number = None
    gat: Number = None
    slash: Share | _Missing | None = None
    max_rolls: Number = None
    turnout: Number = None
    frozen: bool = False


class _Uma(_Strict):
    price_usd: Number = None
    daily_volume: Number = None
    daily_sd: Number = None
    lendable: Number = None
    perp_open_interest_usd: Number = None


class _Lean(_Strict):
    mean: float
    k: float


class _Opened(_Strict):
    wrong: float
    right: float
    other: float = 0.0
    sealed: float
    opened_voters: float = 0.0
    sealed_voters: float = 0.0


class _Request(_Strict):
    id: Id
    operative: bool = True
    market_id: str | None = None
    in_round: bool = True
    open_interest_usd: Number = None
    volume_usd: Number = None
    price: Number = None
    best_bid: Number = None
    asks: list[tuple[float, float]] | None = None
    honest_error: Ambiguity | _Lean = Ambiguity.CLEAR
    hours_left: float | None = None
    embarrassment: Share | None = None
    clarified_against: bool | None = None
    resolver_gated: bool = False
    opened: _Opened | None = None
    belief: Number = None


class _Voter(_Strict):
    id: Id
    stake: float
    opened: dict[str, float] = {}
    opened_wrong: dict[str, float] = {}


class _Bloc(_Strict):
    id: Id
    stake: float
    entities: tuple[str, ...] = ()
    holdings: dict[str, float] = {}
    bonds: dict[str, float] = {}
    opened: dict[str, float] = {}
    opened_wrong: dict[str, float] = {}
    new_stake: Number = None
    hedged: Share | None = None
    borrowed: float = 0.0
    evidence: tuple[str, ...] = ()


class _Round(_Strict):
    # As many digits as a round's number has on any calendar.
    round_id: Annotated[int, Field(ge=0, lt=10**9)]
    as_of: AwareDatetime
    phase: Literal["commit", "reveal"]
    phase_end: AwareDatetime
    terms: _Terms = _Terms()
    uma: _Uma = _Uma()
    requests: list[_Request]
    voters: list[_Voter] = []
    blocs: list[_Bloc] = []


def read_round(path: Path) -> RoundInputs:
    """The round in a file; :class:`UsageError` naming the file, the key and what it takes."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path}: larger than {_LARGEST:,} bytes: not one round.")
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text.") from error
    try:
        return _to_inputs(_Round.model_validate(json.loads(text)))
    except ValidationError as error:
        first = error.errors()[0]
        parts = [str(part) for part in first["loc"] if part not in _ALTERNATIVES]
        key = ".".join(parts) or "the document"
        raise UsageError(f"{path}: {key}: {first['msg']}.") from error
    except BadRoundInput as error:
        raise UsageError(f"{path}: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON ({error}).") from error


def _to_inputs(told: _Round) -> RoundInputs:
    terms, uma = told.terms, told.uma
    made = RoundInputs(
        round_id=told.round_id,
        as_of=_utc(told.as_of),
        phase=told.phase,
        phase_end=_utc(told.phase_end),
        terms=RoundTerms(
            stake=_reading(terms.stake),
            spat=_reading(terms.spat),
            gat=_reading(terms.gat),
            slash=_reading(terms.slash),
            max_rolls=_reading(terms.max_rolls),
            turnout=_reading(terms.turnout),
            is_frozen=terms.frozen,
        ),
        uma=UmaMarket(
            price_usd=_reading(uma.price_usd),
            daily_volume=_reading(uma.daily_volume),
            daily_sd=_reading(uma.daily_sd),
            lendable=_reading(uma.lendable),
            perp_open_interest_usd=_reading(uma.perp_open_interest_usd),
        ),
        requests=tuple(_request(request) for request in told.requests),
        voters=tuple(Voter(v.id, v.stake, v.opened, v.opened_wrong) for v in told.voters),
        blocs=tuple(_bloc(bloc) for bloc in told.blocs),
    )
    _check_ids(told)
    _check_stakes(told)
    return made


def _request(told: _Request) -> DocketMarket:
    lean = told.honest_error
    if isinstance(lean, Ambiguity):
        mean, k = load_parameters().vote.wrong_share[lean]
    else:
        mean, k = lean.mean, lean.k
    return DocketMarket(
        request_id=told.id,
        operative=told.operative,
        open_interest=_reading(told.open_interest_usd),
        volume=_reading(told.volume_usd),
        price=_reading(told.price),
        best_bid=_reading(told.best_bid),
        asks=None if told.asks is None else tuple(AskLevel(*level) for level in told.asks),
        honest_error=Lean(mean, k),
        hours_left=told.hours_left,
        override=OverrideFeatures(told.embarrassment, told.clarified_against, told.resolver_gated),
        market_id=told.market_id,
        in_round=told.in_round,
        opened=None if told.opened is None else OpenedVotes(**told.opened.model_dump()),
        belief=_reading(told.belief),
    )


def _bloc(told: _Bloc) -> Bloc:
    return Bloc(
        told.id,
        told.stake,
        entities=told.entities,
        holdings=told.holdings,
        bonds=told.bonds,
        opened=told.opened,
        opened_wrong=told.opened_wrong,
        new_stake=_reading(told.new_stake),
        hedged=told.hedged,
        borrowed=told.borrowed,
        evidence=told.evidence,
    )


def _reading(told: Number) -> Reading:
    if isinstance(told, _Missing):
        return missing(told.missing)
    return missing(_NOT_GIVEN) if told is None else known(told)


def _check_ids(told: _Round) -> None:
    """Nobody is there twice, and what somebody has of a request is of one in the file."""
    groups: tuple[tuple[str, Sequence[_Voter | _Bloc]], ...] = (
        ("voters", told.voters),
        ("blocs", told.blocs),
    )
    for kind, named in groups:
        seen: set[str] = set()
        for one in named:
            if one.id in seen:
                raise BadRoundInput(f"{kind}: {one.id!r} is there twice")
            seen.add(one.id)
    requests = {request.id for request in told.requests}
    everybody: list[_Voter | _Bloc] = [*told.voters, *told.blocs]
    for one in everybody:
        for name in ("holdings", "bonds", "opened", "opened_wrong"):
            for key in getattr(one, name, {}):
                if key not in requests:
                    raise BadRoundInput(f"{one.id}: {name}: {key!r} is no request of this round")


def _check_stakes(told: _Round) -> None:
    """Nobody has more than there is."""
    stake = told.terms.stake
    everybody: list[_Voter | _Bloc] = [*told.voters, *told.blocs]
    for one in everybody:
        if isinstance(stake, float) and one.stake > stake:
            raise BadRoundInput(f"{one.id}: {one.stake:,.0f} UMA are more than all stake")


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise BadRoundInput(f"{at.isoformat()} is no instant of the calendar in UTC") from None
