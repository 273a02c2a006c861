"""``settlewatch simulate what-if``: a supposed coalition against a round, and what comes of it."""

import sys
from pathlib import Path

from jobs.opened_house import print_json
from jobs.round_file import read_round
from service.errors import UsageError
from service.risk.attack.attack_inputs import BadRoundInput
from service.risk.attack.round_document import to_what_if_document
from service.risk.attack.round_what_if import (
    BadRoundWhatIf,
    RoundWhatIf,
    RoundWhatIfAnswer,
    answer_round_what_if,
)
from service.risk.result import Interval

_SHOWN = 40


def what_if_command(path: Path, question: RoundWhatIf, *, as_json: bool) -> None:
    """Answer one question about the round in a file."""
    inputs = read_round(path)
    try:
        answer = answer_round_what_if(inputs, question)
    except (BadRoundInput, BadRoundWhatIf) as error:
        raise UsageError(f"{path}: {error}.") from error
    if as_json:
        print_json(to_what_if_document(answer))
    else:
        sys.stdout.write(_page(answer))


def _page(answer: RoundWhatIfAnswer) -> str:
    terms = answer.terms
    powers = [
        word for word, can in (("force", answer.can_force), ("block", answer.can_block)) if can
    ]
    power = " and ".join(powers) or "neither force nor block"
    share = f"{answer.share:.1%} of {terms.stake:,.0f} (SPAT {terms.spat:.0%})"
    lines = [
        _head(answer),
        f"Pushing wrong answers: {answer.stake:,.0f} UMA, {share}: can {power} alone.",
        f"Flips that would not otherwise:  {_listed(answer.flips)}",
        f"Stalls that would not otherwise: {_listed(answer.stalls)}",
        *(_money(answer) if answer.has_money else _no_money(answer)),
        "  What does not pay is not safe: motives outside the formula are not in it.",
    ]
    if answer.spending is not None:
        bought = ", ".join(
            f"{one.request_id} ({one.paid_usd:,.0f})" for one in answer.spending.purchases[:_SHOWN]
        )
        lines.append(
            f"Cash goes furthest in: {bought or 'nothing that earns'}; "
            f"expected to earn {answer.spending.earns_usd:,.0f} USD, the fall left out"
        )
    lines.extend(f"Note: {warning}" for warning in answer.warnings)
    assumed = sum(row.tag == "A" for row in answer.assumptions)
    lines.append(f"{assumed} assumed numbers stand behind this: --json lists them.")
    return "\n".join(lines) + "\n"


def _head(answer: RoundWhatIfAnswer) -> str:
    at = f"{answer.as_of:%Y-%m-%d %H:%M} UTC"
    words = "support: assumed. No forecast."
    return f"Round {answer.round_id} as of {at}, model {answer.model_version}; {words}"


def _money(answer: RoundWhatIfAnswer) -> list[str]:
    attack, verb = answer.attack, "pays" if answer.pays else "does not pay"
    unknown = answer.operative - answer.interest_known
    bound = f"; of {unknown} of {answer.operative} not known: a lower bound" if unknown else ""
    return [
        f"Open interest that flips: {_told(answer.flipped_usd)}{bound}",
        f"Set that pays best, or loses least: {_listed(attack.requests)}",
        f"  gain {_told(answer.gain)}",
        f"  cost {_told(answer.cost)}, of which {_spent(answer)}",
        f"  profit {_told(answer.profit)}",
        f"  {verb} under the assumptions; P(profit) {attack.p_pays:.0%} with their spread.",
    ]


def _no_money(answer: RoundWhatIfAnswer) -> list[str]:
    return [
        f"Open interest that flips: unknown, of none of {answer.operative} requests it is known;",
        f"  so are gain, cost and profit, but for {_spent(answer)}.",
    ]


def _spent(answer: RoundWhatIfAnswer) -> str:
    stake = answer.acquisition
    return (
        f"{stake.lost_usd:,.0f} for new stake ({stake.total_usd:,.0f} USD to bind, "
        f"{stake.days_needed:,.0f} days of buying)"
    )


def _told(interval: Interval) -> str:
    return f"{interval.mean:,.0f} USD (90 %: {interval.p05:,.0f} to {interval.p95:,.0f})"


def _listed(names: tuple[str, ...]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)}: {', '.join(names[:_SHOWN])}{more}"
