"""``settlewatch base-rates DATA…``: base rates of recorded questions, on the terminal."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.opened_house import print_json
from models.enums import Support
from models.rate_enums import RateMeasure, RateTarget
from service.calibration.rate_document import rates_document
from service.calibration.study import read_study
from service.errors import UsageError
from service.risk.rates.rate_parameters import load_rate_parameters

Line = Mapping[str, Any]


def base_rates_command(paths: Sequence[Path], target: str | None, *, as_json: bool) -> None:
    """Print the base rates of recordings; a bad path or target is a :class:`UsageError`."""
    if target is not None and target not in set(RateTarget):
        known = ", ".join(RateTarget)
        raise UsageError(f"--target: {target!r} is not known. Choose one of: {known}.")
    study = read_study(list(paths))
    document = rates_document(study, load_rate_parameters())
    for recording in _recordings(document):
        rates = [r for r in recording["rates"] if target is None or r["target"] == target]
        recording["rates"] = rates
    if as_json:
        print_json(document)
    else:
        sys.stdout.writelines(line + "\n" for line in _text(document))
    study.demand_all_read()


def _recordings(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["recordings"]
    return found


def _text(document: Mapping[str, Any]) -> Iterator[str]:
    yield from document["caveats"]
    yield f"Counted by {document['code_version']}; in brackets 90 % intervals."
    for recording in _recordings(document):
        yield ""
        yield (
            f"{recording['recorded_as']}: {recording['questions']:,} labelled questions, "
            f"{recording['from']:%Y-%m-%d} to {recording['to']:%Y-%m-%d}; "
            f"{recording['unlabelled']:,} without a label left out"
        )
        for line in recording["rates"]:
            if line["measure"] != RateMeasure.SMOOTHED_RATE:
                yield "  " + _rate(line)
        for mass in recording["where_disputes_are"]:
            yield "  " + _mass(mass)


def _rate(line: Line) -> str:
    name = f"{line['target']} by {line['weight']}, {line['stratum']} {line['name']}: "
    say = _percent if line["measure"] == RateMeasure.RATE else _ratio
    counted = f"{line['positives']:g} of {line['questions']:,}, n_eff {line['n_eff']:,.0f}"
    if line["largest_share"] is not None:
        counted += f", largest {_percent(line['largest_share'])}"
    if line["estimate"] is not None:
        interval = f"{say(line['p05'])} to {say(line['p95'])}"
        return f"{name}{say(line['estimate'])} ({interval}; {counted}){_notes(line)}"
    bound = "" if line["p95"] is None else f"at most {say(line['p95'])}, "
    return f"{name}{bound}{line['reason']} ({counted})"


def _notes(line: Line) -> str:
    """What to know of an estimate: of chosen cases, or of the smaller part of all."""
    support = line["support"]
    notes = [line["reason"], None if support == Support.MEASURED else f"support: {support}"]
    return "".join(f"; {note}" for note in notes if note)


def _mass(mass: Line) -> str:
    return (
        f"volume {mass['name']}: {_percent(mass['share_of_questions'])} of questions, "
        f"{_percent(mass['share_of_disputed'])} of disputed ones, "
        f"{_percent(mass['share_of_volume'])} of volume, "
        f"{_percent(mass['share_of_disputed_volume'])} of the disputed volume"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.3g} %"


def _ratio(ratio: float) -> str:
    return f"odds x {ratio:.3g}"
