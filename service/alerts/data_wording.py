"""What an alert about the data says. Pure; it reports a log and accuses nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.data_enums import DataIssueKind
from service.alerts.plain import one_line, utc
from service.alerts.wording import Wording

_HEADLINES = {
    DataIssueKind.UNKNOWN_REQUESTER: "An unknown address asks the managed oracle",
    DataIssueKind.UNKNOWN_ADAPTER: "A market names an unknown contract as its resolver",
    DataIssueKind.CONTRACT_UPGRADED: "A contract's code was replaced",
    DataIssueKind.ROLE_CHANGED: "A role changed hands",
    DataIssueKind.WHITELIST_REPLACED: "The oracle reads another whitelist",
    DataIssueKind.PARAMETER_CHANGED: "A parameter changed",
    DataIssueKind.CONTRACT_MIGRATED: "The oracle relies on another contract",
    DataIssueKind.PAYS_AGAINST_TEXT: "A question's text and its payout rule disagree",
    DataIssueKind.MODEL_STALE: "The risk model is older than the contracts it scores",
    DataIssueKind.MODEL_DRIFTED: "The markets are not what the risk model was made for",
}
_TO_DO = {
    DataIssueKind.MODEL_STALE: "Scores say so until the priors are renewed. See /v1/model.",
    DataIssueKind.MODEL_DRIFTED: "Scores say so until the check passes. See /v1/model.",
}
_BOOK = "The facts are stored. See whether the contract book still holds."
REASON_LENGTH = 400


@dataclass(frozen=True, slots=True)
class DataSubject:
    """One data alert, as it is told."""

    kind: DataIssueKind
    reason: str
    known_at: datetime
    links: Sequence[str]


def compose_data_alert(subject: DataSubject) -> Wording:
    """The title and the text of a data alert."""
    lines = (
        f"{one_line(subject.reason, REASON_LENGTH)}.",
        _TO_DO.get(subject.kind, _BOOK),
        f"Known at {utc(subject.known_at)}.",
        *subject.links,
    )
    return Wording(f"Data: {_HEADLINES[subject.kind]}", "\n".join(lines))
