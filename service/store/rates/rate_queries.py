"""The query that counts a base rate again, as text that runs on the database it came from."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.rate_enums import RateStratum, RateTarget, RateWeight
from service.protocol.contracts import ContractBook
from service.risk.rates.rate_rows import RateRow
from service.store.oracle.finished_questions import finished_questions

_COLUMNS = {
    RateStratum.CATEGORY: "category",
    RateStratum.VOLUME: "volume_stratum",
    RateStratum.VOLUME_DECILE: "volume_decile",
    RateStratum.ORACLE_VERSION: "oracle_version",
    RateStratum.ADAPTER: "adapter",
    RateStratum.MONTH: "month",
    RateStratum.PROPOSER_CLASS: "proposer_class",
}
_UNLABELLED = {RateTarget.CONTESTED, RateTarget.MISRESOLVED}


def questions_text(session: Session, book: ContractBook, at: datetime, since: datetime) -> str:
    """The finished questions as of ``at``, one row each, with every value written out."""
    compiled = finished_questions(book, at, since).compile(
        dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
    )
    return str(compiled)


def selection_text(row: RateRow) -> str:
    """What counts a row again, of the questions named ``finished``."""
    target, weight = row.target, row.weight
    if row.stratum in {RateStratum.BREAK, RateStratum.TREND}:
        by = "month" if row.stratum is RateStratum.BREAK else "volume_decile"
        return (
            f"SELECT {by}, count(*) AS questions, sum({target}) AS positives FROM finished "
            f"WHERE {target} IS NOT NULL AND {by} IS NOT NULL GROUP BY {by} ORDER BY {by}"
        )
    if row.stratum is RateStratum.AUDIT:
        plan = int(row.name.partition(" ")[0].removeprefix("plan_"))
        # What an audit's labels say is no count: the row is drawn from soft labels.
        return f"SELECT count(*) AS drawn FROM audit_items WHERE plan_id = {plan}"
    within = _condition(row)
    if weight is RateWeight.LOSS_COST_BASIS:
        return "SELECT 0 AS questions, count(*) AS missing FROM finished"
    if target in _UNLABELLED:
        counted = (
            "count(*) AS questions"
            if weight is RateWeight.COUNT
            else f"count({weight}) AS questions, count(*) - count({weight}) AS missing"
        )
        return (
            f"SELECT {counted}, sum(disputed) AS disputed, "
            f"sum(flipped_outcome) AS flipped_outcome FROM finished WHERE {within}"
        )
    if weight is RateWeight.COUNT:
        return (
            f"SELECT count(*) AS questions, sum({target}) AS positives FROM finished "
            f"WHERE {target} IS NOT NULL AND {within}"
        )
    return (
        f"SELECT count({weight}) AS questions, count(*) - count({weight}) AS missing, "
        f"sum(CASE WHEN {weight} > 0 THEN {target} ELSE 0 END) AS positives, "
        f"sum({weight}) AS weight, sum({weight} * {target}) AS positive_weight FROM finished "
        f"WHERE {target} IS NOT NULL AND {within}"
    )


def whole_text(questions: str, selection: str) -> str:
    """Both parts as one query to run."""
    return f"WITH finished AS (\n{questions}\n)\n{selection}"


def _condition(row: RateRow) -> str:
    match row.stratum:
        case RateStratum.ALL:
            return "1 = 1"
        case RateStratum.RECENT:
            return "recent = 1"
        case RateStratum.VOLUME_DECILE:
            return f"volume_decile = {int(row.name)}"
        case _:
            # A name may come from a contract book's file.
            quoted = row.name.replace("'", "''")
            return f"{_COLUMNS[row.stratum]} = '{quoted}'"
