"""Why a partial baseline is not compared on a set of rows, in words."""

from collections.abc import Mapping, Sequence

from service.calibration.baselines import NOTIFIER, VOLUME, has_value
from service.calibration.rows import StudyRow

STORED = "store"
_RECORDED: Mapping[str, str] = {
    NOTIFIER: "needs both outcomes' order books and the traded volume as of the proposal, "
    "which none of these recordings hold",
    VOLUME: "needs the volume as of the proposal; these recordings hold final volume only, "
    "which a dispute itself raises",
}


def why_missing(name: str, rows: Sequence[StudyRow]) -> str:
    """What the rows lack; of recordings and of stored questions apart."""
    known = int(has_value(rows, name).sum())
    if known:
        return (
            f"{known} of the {len(rows)} rows have what it needs, but none of them comes after "
            "positive and negative rows with the same, which it could be calibrated on"
        )
    stored = [row for row in rows if row.recorded_as == STORED]
    reasons = [_RECORDED[name]] if len(stored) < len(rows) else []
    if stored:
        reasons.append(_of_stored(name, stored))
    return "; ".join(reasons)


def _of_stored(name: str, rows: Sequence[StudyRow]) -> str:
    if name == VOLUME:
        return (
            "needs the traded volume as known when the answer came, which is stored of none of "
            f"the {len(rows)} stored questions"
        )
    traded = int(has_value(rows, VOLUME).sum())
    return (
        "needs, as known when the answer came, the traded volume and both outcomes' order books "
        f"of the last day, which are not stored together of any of the {len(rows)} stored "
        f"questions (the volume of {traded})"
    )
