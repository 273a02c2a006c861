"""``settlewatch adjudicate export``: blind packets, in an order that tells nothing."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from models.adjudication_enums import RulesTrack
from models.market import Market
from service.clock import Clock
from service.errors import UsageError
from service.protocol.ids import to_hex
from service.store.markets.markets import get_market
from service.store.truth.adjudication_cases import Addition, AdjudicationCase, load_case
from service.store.truth.audit_plans import list_planned, list_plans

BOTH = "both"
TRACKS = (*(track.value for track in RulesTrack), BOTH)
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@")
# What the adjudicator fills in; a second link goes into a copy of the row's evidence in JSON.
ANSWER = (
    "adjudicator",
    "verdict",
    "confidence",
    "is_blind",
    "evidence_url",
    "evidence_quote",
    "made_at",
)
COLUMNS = (
    "packet_id",
    "market",
    "track",
    "title",
    "yes_means",
    "no_means",
    "judged_at",
    "rules",
    "rules_source",
    "clarifications",
    *ANSWER,
)
Packet = dict[str, object]


@dataclass(slots=True)
class Exported:
    """What was written."""

    markets: int = 0
    packets: int = 0
    # What whoever hands the packets out should know.
    remarks: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, object]:
        """As ``--json`` prints it."""
        return {"markets": self.markets, "packets": self.packets, "remarks": self.remarks}


def export_packets(
    sessions: sessionmaker[Session],
    clock: Clock,
    plan: int | None,
    refs: Sequence[str],
    track: str,
    out: str,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Exported:
    """Write the packets of a plan's markets, or of those named, to a file or standard output."""
    if (plan is None) == (not refs):
        raise UsageError("--plan, --case: give one plan, or the markets, and not both.")
    if track not in TRACKS:
        raise UsageError(f"--track: {track!r} is not known. Choose one of: {', '.join(TRACKS)}.")
    done, packets = Exported(), []
    with sessions() as session:
        now, markets = clock.now(), _markets(session, plan, refs)
        for market in markets:
            case = load_case(session, market, now)
            done.markets += 1
            progress(done.markets, len(markets))
            done.remarks += _remarks(case)
            packets += _packets(case, track)
    done.packets = len(packets)
    _write(packets, out)
    return done


def _markets(session: Session, plan: int | None, refs: Sequence[str]) -> list[Market]:
    if plan is not None:
        planned = [one.market for one in list_planned(session, plan)]
        if not planned:
            known = ", ".join(str(row.id) for row in list_plans(session)) or "none yet"
            raise UsageError(f"--plan: there is no plan {plan}. Known: {known}.")
        return planned
    found = {ref: get_market(session, ref) for ref in refs}
    unknown = [ref for ref, market in found.items() if market is None]
    if unknown:
        raise UsageError(f"--case: {unknown[0]!r} names no stored market. Import it first.")
    # By condition id: in no order of anything that happened to them.
    unique = {market.condition_id: market for market in found.values() if market is not None}
    return [unique[condition] for condition in sorted(unique)]


def _remarks(case: AdjudicationCase) -> list[str]:
    ref = to_hex(case.condition_id)
    remarks = []
    if case.rules is None:
        remarks.append(f"{ref}: no rules are known; its packet has none.")
    if case.rules_source.endswith("after the proposal"):
        remarks.append(f"{ref}: its rules were first seen after the proposal.")
    return remarks


def _packets(case: AdjudicationCase, track: str) -> list[Packet]:
    if track == RulesTrack.ORIGINAL:
        return [_packet(case, track, case.early)]
    if track == RulesTrack.CLARIFIED:
        return [_packet(case, track, case.additions)]
    if case.early == case.additions:
        # One answer serves both tracks.
        return [_packet(case, BOTH, case.additions)]
    return [
        _packet(case, RulesTrack.ORIGINAL, case.early),
        _packet(case, RulesTrack.CLARIFIED, case.additions),
    ]


def _packet(case: AdjudicationCase, track: str, additions: Iterable[Addition]) -> Packet:
    first, second = (*case.outcomes, "", "")[:2]
    told: Packet = {
        "packet_id": case.packet_id,
        "market": to_hex(case.condition_id),
        "track": str(track),
        "title": case.title,
        "yes_means": first,
        "no_means": second,
        "judged_at": None if case.judged_at is None else case.judged_at.isoformat(),
        "rules": case.rules,
        "rules_source": case.rules_source,
        "clarifications": [
            {"at": addition.at.isoformat(), "text": addition.text} for addition in additions
        ],
    }
    return {**told, **dict.fromkeys(ANSWER)}


def _write(packets: Sequence[Packet], out: str) -> None:
    if out == "-":
        sys.stdout.write("".join(_line(packet) for packet in packets))
        return
    path = Path(out)
    match path.suffix.lower():
        case ".csv":
            text = _csv(packets)
        case ".json":
            text = json.dumps(packets, ensure_ascii=False, indent=1) + "\n"
        case ".ndjson":
            text = "".join(_line(packet) for packet in packets)
        case _:
            raise UsageError(f"--out {out}: name a .csv, .json or .ndjson file, or -.")
    try:
        path.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error.strerror}).") from error


def _line(packet: Packet) -> str:
    return json.dumps(packet, ensure_ascii=False, separators=(",", ":")) + "\n"


def _csv(packets: Sequence[Packet]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for packet in packets:
        writer.writerow([_cell(packet[column]) for column in COLUMNS])
    return buffer.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text
