"""Rounds of the vote as their pages show them; wording that accuses nobody."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.round_assessment import RoundAssessment
from service.dashboard.words import MICRO, dollars, label, odds, percent

# Addresses and ids of requests, of which the two ends are shown.
_HEX = re.compile(r"0x[0-9a-f]{40}(?:[0-9a-f]{24})?\b")
_MOST_BLOCS = 20
PHASES: Mapping[str, str] = {
    "waiting": "Not begun",
    "commit": "Votes are sealed",
    "reveal": "Votes are opened",
    "over": "Over",
}
ROLES: Mapping[str, str] = {
    "operative": "Pays the market",
    "superseded": "Settles bonds only",
    "governance": "Governance",
    "unlinked": "Of no stored question",
}
PRIVACY = (
    "Addresses, not people. Who could is not who would: a large stake is no sign of any intention. "
    "Groups rest on public evidence that may be wrong, out of date or made by someone else to "
    "mislead; stake and holdings are lower bounds."
)


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round in the list."""

    round_id: int
    phase: str
    ends_at: datetime
    requests: int
    exposed: str
    winnable: str
    could: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request of a round."""

    title: str
    path: str | None
    role: str
    answers: str
    ground: str
    open_interest: str
    outlook: str


@dataclass(frozen=True, slots=True)
class BlocRow:
    """What one group, or a large voter, could do."""

    name: str
    members: str
    share: str
    stake: str
    could: str
    lacks: str
    takes: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoundView:
    """One round."""

    round_id: int
    phase: str
    ends_at: datetime
    as_of: datetime
    # Model and priors.
    model: str
    facts: tuple[tuple[str, str, str], ...]
    requests: tuple[RequestRow, ...]
    open_requests: int
    blocs: tuple[BlocRow, ...]
    # Whether ``blocs`` are nobody in particular.
    hypothetical: bool
    left_out: int
    warnings: tuple[str, ...]


def round_row(row: RoundAssessment) -> RoundRow:
    """A round as a line of the list."""
    told: Mapping[str, Any] = row.document
    return RoundRow(
        round_id=row.round_id,
        phase=label(PHASES, row.phase),
        ends_at=datetime.fromisoformat(told["phase_end"]),
        requests=row.requests,
        exposed=_exposed(told),
        winnable=_usd(told["dollars_winnable"]),
        could=_who_could(told["blocs"]),
    )


def view_round(row: RoundAssessment) -> RoundView:
    """A round as its page shows it."""
    told: Mapping[str, Any] = row.document
    standing = told["blocs"]
    shown = standing or told["hypothetical_blocs"]
    inside = [line for line in told["docket"] if line["role"] != "open_proposal"]
    return RoundView(
        round_id=row.round_id,
        phase=label(PHASES, row.phase),
        ends_at=datetime.fromisoformat(told["phase_end"]),
        as_of=row.as_of,
        model=f"{row.model_version}, priors {row.priors_version}",
        facts=_facts(told),
        requests=tuple(_request_rows(inside, told["markets"])),
        open_requests=len(told["docket"]) - len(inside),
        blocs=tuple(_bloc_row(bloc) for bloc in shown[:_MOST_BLOCS]),
        hypothetical=not standing,
        left_out=max(0, len(shown) - _MOST_BLOCS),
        warnings=tuple(_HEX.sub(_shortened, warning) for warning in told["warnings"]),
    )


def _facts(told: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """What, how much, and what that is."""
    params, rate = told["params"], told["p_round_attack"]
    frozen = "frozen" if told["stake_is_frozen"] else "as it stands"
    inflow = told["new_stake_in_commit_uma"]
    return (
        ("Hangs on it", _exposed(told), "open interest its votes pay out"),
        (
            "Could be taken",
            _usd(told["dollars_winnable"]),
            "open interest that the votes of one group or voter alone would decide, at most",
        ),
        (
            "Would pay to take",
            _usd(told["dollars_forceable"]),
            "best set of that group or voter; 0 says that none pays by these assumptions",
        ),
        (
            "Could be brought in",
            _usd(told["dollars_forceable_open"]),
            "open proposals, after two disputes each",
        ),
        ("All stake", _uma(told["stake_uma"]), frozen),
        (
            "To force an answer",
            _uma(told["stake_to_force_uma"]),
            f"new stake from nothing: more than {percent(params['spat'])} must agree",
        ),
        ("To stall it", _uma(told["stake_to_stall_uma"]), "new stake that stays away"),
        (
            "New stake while votes were sealed",
            "unknown" if inflow is None else _uma(inflow),
            "without restaked rewards",
        ),
        (
            "Somebody tries",
            odds(rate["mean"]),
            f"{odds(rate['p05'])} to {odds(rate['p95'])}; assumed, never calibrated",
        ),
    )


def _request_rows(
    docket: Sequence[Mapping[str, Any]], markets: Sequence[Mapping[str, Any]]
) -> list[RequestRow]:
    of_request = {line["request"]: line for line in markets}
    rows = []
    for line in docket:
        alone = of_request[line["id"]]
        times = "once" if line["rolls"] == 1 else f"{line['rolls']} times"
        rolls = f", rolled {times}" if line["rolls"] else ""
        pays = line["role"] == "operative"
        rows.append(
            RequestRow(
                title=line["title"] or line["id"],
                path=f"/markets/{line['market_id']}" if line["slug"] else None,
                role=label(ROLES, line["role"]) + rolls,
                answers=f"{_answer(line['believed_answer'])}, not {_answer(line['pushed_answer'])}",
                ground=f"by {line['belief_ground']}",
                open_interest=_usd(alone["open_interest"]) if pays else "\u2013",
                outlook=f"{_chance(alone, 'p_wrong')} wrong, {_chance(alone, 'p_roll')} rolled",
            )
        )
    return rows


def _chance(alone: Mapping[str, Any], name: str) -> str:
    """With its interval, which assessments of an earlier release do not have."""
    rate = alone.get(f"{name}_interval")
    shown = percent(alone[name])
    return shown if rate is None else f"{shown} ({percent(rate['p05'])} to {percent(rate['p95'])})"


def _bloc_row(bloc: Mapping[str, Any]) -> BlocRow:
    lacks = Decimal(bloc["force_shortfall_uma"])
    return BlocRow(
        name=_short(bloc["id"]),
        members=", ".join(_short(entity) for entity in bloc["entities"]),
        share=percent(bloc["share"]),
        stake=_uma(bloc["stake_uma"]),
        could=_could(bloc),
        lacks=_uma(bloc["force_shortfall_uma"]) if lacks else "nothing",
        takes=_usd(bloc["dollars_winnable"]),
        evidence=tuple(bloc["evidence"]),
    )


def _could(bloc: Mapping[str, Any]) -> str:
    if bloc["can_force"]:
        return "force any answer alone"
    return "keep any answer from passing" if bloc["can_block"] else "neither alone"


def _who_could(blocs: Sequence[Mapping[str, Any]]) -> str:
    if not blocs:
        return "nobody known"
    forces = sum(bloc["can_force"] for bloc in blocs)
    blocks = sum(bloc["can_block"] for bloc in blocs)
    return f"{forces} could force, {blocks} could block"


def _answer(outcome: str) -> str:
    return {"YES": "Yes", "NO": "No"}.get(outcome, outcome)


def _short(name: str) -> str:
    """An id with its address shortened."""
    head, sep, rest = name.rpartition(":")
    rest = _HEX.sub(_shortened, rest)
    if sep:
        return f"{label({'alone': 'One voter'}, head)} {rest}"
    return rest if rest.startswith("0x") else label({}, rest)


def _shortened(found: re.Match[str]) -> str:
    return f"{found[0][:6]}\u2026{found[0][-4:]}"


def _exposed(told: Mapping[str, Any]) -> str:
    """What hangs on the round, with how much of it is not known; older documents do not say."""
    known = told.get("open_interest_known")
    amount = _usd(told["dollars_exposed"])
    if known is None or known["known"] == known["of"]:
        return amount
    unread = f"{known['of'] - known['known']} of {known['of']} not known"
    return f"unknown ({unread})" if told["dollars_exposed"] is None else f"{amount} ({unread})"


def _usd(amount: str | None) -> str:
    return "unknown" if amount is None else dollars(int(Decimal(amount) * MICRO))


def _uma(amount: str) -> str:
    return f"{Decimal(amount):,.0f} UMA"
