"""The refresh plan and the requests sent, as lines to show."""

from collections.abc import Mapping

from service.protocol.rate_limits import BUCKETS
from service.protocol.refresh_plan import RefreshPlan
from service.store.operations.request_minutes import NOTHING, Measured


def limit_lines(plan: RefreshPlan, measured: Mapping[str, Measured]) -> list[dict[str, object]]:
    """Every published limit: our share of it, what is planned, what was sent (``LimitLine``)."""
    lines: list[dict[str, object]] = []
    for bucket in BUCKETS.values():
        sent = measured.get(bucket.name, NOTHING)
        lines.append(
            {
                "name": bucket.name,
                "source": bucket.source,
                "scope": bucket.scope,
                "published_per_10s": bucket.published,
                "limit_per_10s": bucket.limit,
                "limit_per_minute": bucket.per_minute,
                "planned_per_minute": round(plan.per_minute(bucket.name), 1),
                "measured_per_minute": round(sent.per_minute, 1),
                "most_in_a_minute": sent.most_in_a_minute,
                "refused": sent.refused,
                "overloaded": bucket.name in plan.overloaded,
            }
        )
    return lines


def stretch_lines(plan: RefreshPlan) -> list[dict[str, object]]:
    """The groups of markets that are read less often than they should (``StretchLine``)."""
    return [
        {
            "kind": group.kind.value,
            "state": group.state.value,
            "band": group.band.name.lower(),
            "markets": group.markets,
            "seconds": round(group.seconds, 1),
            "base_seconds": group.base_seconds,
        }
        for group in plan.stretched
    ]
