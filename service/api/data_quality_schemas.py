"""The shapes of ``/v1/data-quality``."""

from datetime import datetime
from typing import Any

from pydantic import Field

from models.data_enums import DataIssueKind
from service.api.schemas import Hex32, Paged
from service.api.shape import Shape


class IssueLine(Shape):
    """One open issue: a break, a data alert, or a record that could not become a fact."""

    id: int
    kind: DataIssueKind
    is_alert: bool = Field(description="A fact that changes what others mean; nothing is broken.")
    source: str = Field(
        description="The invariant, chain, API or job that the issue is about.",
        examples=["disputes_are_bridged", "chain 137"],
    )
    key: str
    reason: str
    known_at: datetime
    chain_id: int | None
    block: int | None
    transaction: Hex32 | None
    link: str | None = Field(description="The transaction in the chain's public explorer.")
    evidence: dict[str, Any] | None = Field(description="What is kept of the record, as stored.")


class CheckLine(Shape):
    """One invariant over all rows, as it was last checked."""

    name: str = Field(examples=["payouts_follow_prices"])
    says: str = Field(description="The rule in one sentence.")
    checked: int = Field(description="Rows held against it, the broken ones among them.")
    broken: int = Field(description="Zero is the target; each one is an issue.")
    not_checkable: int = Field(
        description="Rows whose other half lies before the first indexed block, in a gap, or is "
        "still to come."
    )
    lagging: int = Field(
        description="Rows that differ and may yet come to agree: one source follows the other."
    )
    as_of: datetime
    duration_seconds: float
    offenders: list[IssueLine] = Field(description="The first breaks, longest known first.")


class DataQuality(Paged[IssueLine]):
    """What the stored rows say of themselves; ``data`` are the open issues, newest first."""

    checks: list[CheckLine] = Field(description="Empty until `check_data` has run.")
    open_issues: dict[str, int] = Field(description="How many issues are open, by kind.")
