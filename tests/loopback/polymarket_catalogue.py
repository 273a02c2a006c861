"""The filters and orders of Gamma's lists, as its loopback server keeps to them."""

from collections.abc import Mapping, Sequence
from typing import Any

Record = dict[str, Any]
Query = Mapping[str, list[str]]

ORDERS = frozenset({"id", "volumeNum", "endDate", "createdAt", "closedTime"})


def is_asked_for(record: Record, params: Query) -> bool:
    """Whether a list asked for like this shows a record; other names are ignored without a word."""
    # Without an explicit closed the answer is the other half of what one expects.
    if bool(record.get("closed")) is not (params.get("closed", ["true"])[0] == "true"):
        return False
    status = params.get("uma_resolution_status", [None])[0]
    if status is not None and record.get("umaResolutionStatus") != status:
        return False
    for name, key in (("condition_ids", "conditionId"), ("id", "id")):
        if name in params and record.get(key) not in params[name]:
            return False
    least = float(params.get("volume_num_min", ["0"])[0])
    if float(record.get("volumeNum") or record.get("volume") or 0) < least:
        return False
    return _ends_within(record, params)


def _ends_within(record: Record, params: Query) -> bool:
    """Both bounds are inclusive; a record without an end lies in no window."""
    if not {"end_date_min", "end_date_max"} & params.keys():
        return True
    end = str(record.get("endDate") or "")
    low, high = params.get("end_date_min", [""])[0], params.get("end_date_max", ["~"])[0]
    return bool(end) and low <= end <= high


def ordered(rows: Sequence[Record], params: Query) -> list[Record]:
    """Records in the order asked for; by id (which is a number sent as text) unless told."""
    name = params.get("order", ["id"])[0]
    falling = params.get("ascending", ["true"])[0] == "false"
    if name == "id":
        return sorted(rows, key=lambda row: int(row.get("id") or 0), reverse=falling)
    # What has no value comes first in a falling order, as databases have it.
    return sorted(
        rows, key=lambda row: (row.get(name) is None, row.get(name) or ""), reverse=falling
    )
