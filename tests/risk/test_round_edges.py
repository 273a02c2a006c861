"""Any round within bounds gives finite numbers that stand in their order."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from service.risk.attack.attack_inputs import (
    AskLevel,
    Bloc,
    DocketMarket,
    OpenedVotes,
    OverrideFeatures,
    Reading,
    RoundInputs,
    RoundTerms,
    Voter,
    known,
    missing,
)
from service.risk.attack.round_assessment import assess_round
from service.risk.attack.round_document import to_round_document, to_what_if_document
from service.risk.attack.round_what_if import RoundWhatIf, answer_round_what_if
from service.risk.vote_simulation import Lean
from tests.risk.round_scenes import PARAMETERS, UMA, round_of

FEW = replace(PARAMETERS, draws=64)
STAKES = st.one_of(st.just(0.0), st.floats(1, 1e8))
MONEY = st.one_of(st.just(0.0), st.floats(0.01, 1e9))
SHARES = st.floats(0, 1)


def readings(values: st.SearchStrategy[float]) -> st.SearchStrategy[Reading]:
    return st.one_of(values.map(known), st.just(missing("not read")))


OPENED = st.builds(OpenedVotes, STAKES, STAKES, STAKES, STAKES, st.floats(0, 50), st.floats(0, 50))
MARKETS = st.builds(
    DocketMarket,
    request_id=st.just("r"),
    operative=st.booleans(),
    open_interest=readings(MONEY),
    volume=readings(MONEY),
    price=readings(SHARES),
    best_bid=readings(SHARES),
    asks=st.one_of(st.none(), st.lists(st.builds(AskLevel, SHARES, MONEY), max_size=3).map(tuple)),
    honest_error=st.builds(Lean, st.floats(0.001, 0.999), st.floats(0.5, 100)),
    hours_left=st.one_of(st.none(), st.floats(0, 200)),
    override=st.builds(OverrideFeatures, SHARES, st.booleans(), st.booleans()),
    belief=readings(SHARES),
    in_round=st.booleans(),
    opened=st.one_of(st.none(), OPENED),
)
BLOCS = st.builds(
    Bloc,
    bloc_id=st.just("b"),
    stake=STAKES,
    holdings=st.dictionaries(st.sampled_from(["0", "1", "gone"]), MONEY),
    bonds=st.dictionaries(st.sampled_from(["0", "1"]), st.floats(0, 1e5)),
    opened=st.dictionaries(st.sampled_from(["0", "1"]), STAKES),
    new_stake=readings(STAKES),
    hedged=st.one_of(st.none(), SHARES),
)
TERMS = st.builds(
    RoundTerms,
    stake=readings(st.floats(1, 1e9)),
    spat=readings(st.floats(0.01, 0.99)),
    gat=readings(st.floats(0, 1e8)),
    slash=readings(st.floats(0, 1)),
    max_rolls=readings(st.just(4.0)),
    turnout=readings(st.floats(0.01, 1)),
)


def _part(share: float, opened: Mapping[str, float]) -> dict[str, float]:
    return {key: share * amount for key, amount in opened.items()}


@st.composite
def rounds(draw: st.DrawFn) -> RoundInputs:
    requests = [
        replace(request, request_id=str(number))
        for number, request in enumerate(draw(st.lists(MARKETS, max_size=4)))
    ]
    blocs = [
        replace(bloc, bloc_id=f"b{number}", opened_wrong=_part(draw(SHARES), bloc.opened))
        for number, bloc in enumerate(draw(st.lists(BLOCS, max_size=2)))
    ]
    voters = [Voter(f"v{n}", stake) for n, stake in enumerate(draw(st.lists(STAKES, max_size=4)))]
    inputs = round_of(requests, blocs, voters, draw(TERMS))
    futures = draw(readings(MONEY))
    return replace(inputs, uma=replace(UMA, perp_open_interest_usd=futures))


@given(inputs=rounds(), extra=st.floats(0, 1e8), cash=st.floats(0, 1e7))
@settings(max_examples=60, deadline=None)
def test_every_number_is_finite_and_every_interval_in_order(
    inputs: RoundInputs, extra: float, cash: float
) -> None:
    found = assess_round(inputs, FEW)
    documents = [to_round_document(found)]
    names = tuple(bloc.bloc_id for bloc in inputs.blocs)
    question = RoundWhatIf(extra_stake=extra, coalition=names, cash_usd=cash)
    documents.append(to_what_if_document(answer_round_what_if(inputs, question, FEW)))
    for document in documents:
        # JSON has no word for what is not finite.
        read = json.loads(json.dumps(document, allow_nan=False))
        assert "nan" not in json.dumps(read)
        assert "inf" not in [text for text in _texts(read) if text.strip("-") == "inf"]
        for interval in _intervals(read):
            low, mean, high = (float(interval[key]) for key in ("p05", "mean", "p95"))
            assert low <= mean <= high
    for bloc in (*found.blocs, *found.hypothetical):
        assert 0 <= bloc.attempt <= 0.2
        assert ((bloc.found.votes.chance >= 0) & (bloc.found.votes.chance <= 1)).all()
        assert bloc.found.best.worth_usd >= 0
    if found.loss is not None:
        several, some = found.loss.p_two_or_more_wrong.mean, found.loss.p_any_wrong.mean
        assert 0 <= several <= some <= 1 + 1e-12
        assert 0 <= found.loss.mean <= (found.dollars_exposed or 0.0) * (1 + 1e-6)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _intervals(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if {"p05", "mean", "p95"} <= set(value):
            yield value
        for item in value.values():
            yield from _intervals(item)
    elif isinstance(value, list):
        for item in value:
            yield from _intervals(item)
