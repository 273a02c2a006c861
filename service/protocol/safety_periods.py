"""How long administrators must wait, by contract and version, before they may set an outcome.

Sources: the safety period of UmaCtfAdapter 2.0 to 4 and ``DELAY_PERIOD`` of NegRiskOperator;
docs/methodology.md, "Lifecycle". The published sources of adapter 1 disagree (2 or 30 days), so its
wait is not known.
"""

from datetime import datetime, timedelta

from models.enums import ContractKind

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)

# By the kind of contract and the first part of its version in the contract book.
_PERIODS = {
    (ContractKind.UMA_CTF_ADAPTER, "2"): 2 * _DAY,
    (ContractKind.UMA_CTF_ADAPTER, "3"): 2 * _DAY,
    (ContractKind.UMA_CTF_ADAPTER, "4"): _HOUR,
    (ContractKind.NEG_RISK_UMA_CTF_ADAPTER, "3"): 2 * _DAY,
    (ContractKind.NEG_RISK_UMA_CTF_ADAPTER, "4"): _HOUR,
    (ContractKind.NEG_RISK_OPERATOR, "1"): _HOUR,
    (ContractKind.NEG_RISK_OPERATOR, "2"): timedelta(0),
}


def safety_period(kind: ContractKind | None, version: str | None) -> timedelta | None:
    """The wait after a flag (and, on the operator, after a report); ``None`` if not known.

    A book that does not name the version of a contract leaves the wait unknown.
    """
    if kind is None or version is None:
        return None
    return _PERIODS.get((kind, version.partition(".")[0]))


def ends_at(start: datetime | None, period: timedelta | None) -> datetime | None:
    """When a wait that began at ``start`` is over; ``None`` if there is none or it is unknown."""
    return None if start is None or period is None else start + period
