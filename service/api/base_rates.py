"""``/v1/base-rates``: how often questions are disputed, flipped and overridden."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from models.rate_enums import RateStratum, RateTarget, RateWeight
from service.api.as_of import AsOf, past_instant
from service.api.base_rate_schemas import BaseRateList
from service.api.parameters import Cursor, Limit, only
from service.api.site import Site
from service.api.wire import json_response
from service.store.keyset import BadCursor, decode_cursor, encode_cursor
from service.store.rates.base_rate_rows import RateKey, StoredRate, key_of, list_rates

_KEY_LENGTH = 5


class Weighing(StrEnum):
    """By count, or by money: all its weights together."""

    COUNT = "count"
    MONEY = "money"


_WEIGHTS = {
    Weighing.COUNT: (RateWeight.COUNT,),
    Weighing.MONEY: (RateWeight.OPEN_INTEREST, RateWeight.VOLUME, RateWeight.LOSS_COST_BASIS),
}
Target = Annotated[RateTarget | None, Query(description="Only this target.")]
Weight = Annotated[
    Weighing | None,
    Query(
        description="`count`, or `money`: by open interest (the headline), by volume and by "
        "losses, always together."
    ),
]
Stratum = Annotated[RateStratum | None, Query(description="Only this way to tell them apart.")]


def base_rates_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["base rates"])

    @router.get(
        "/v1/base-rates",
        response_model=BaseRateList,
        dependencies=[only("target", "weight", "stratum", "as_of", "limit", "cursor")],
    )
    def read_base_rates(
        target: Target = None,
        weight: Weight = None,
        stratum: Stratum = None,
        as_of: AsOf = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        """Rates by count and by money with their intervals, or the reason why there is none."""
        query = ("base-rates", target, weight, stratum, as_of)
        at = None if as_of is None else past_instant(as_of, site.clock)
        after = None if cursor is None else _position(cursor, query)
        with site.sessions() as session:
            found = list_rates(
                session,
                as_of=at,
                target=target,
                weights=() if weight is None else _WEIGHTS[weight],
                stratum=stratum,
                after=after,
                limit=limit + 1,
            )
        page = found[:limit]
        following = encode_cursor(query, key_of(page[-1].row)) if len(found) > limit else None
        return json_response(
            {
                "data": [_line(stored) for stored in page],
                "next_cursor": following,
                "notice": site.notice,
            }
        )

    return router


def _position(cursor: str, query: tuple[object, ...]) -> RateKey:
    match decode_cursor(cursor, query, _KEY_LENGTH):
        case (str(target), str(weight), str(stratum), str(name), str(measure)):
            return target, weight, stratum, name, measure
        case _:
            raise BadCursor("is not a cursor of this API")


def _line(stored: StoredRate) -> dict[str, object]:
    row = stored.row
    has_wilson = row.wilson_low is not None
    return {
        "target": row.target,
        "weight": row.weight,
        "stratum": row.stratum,
        "name": row.name,
        "measure": row.measure,
        "status": row.status,
        "estimate": row.estimate,
        "p05": row.p05,
        "p95": row.p95,
        "method": row.method,
        "wilson95": {"low": row.wilson_low, "high": row.wilson_high} if has_wilson else None,
        "questions": row.questions,
        "missing": row.missing,
        "positives": row.positives,
        "clusters": row.clusters,
        "n_eff": row.n_eff,
        "design_effect": row.design_effect,
        "largest_share": row.largest_share,
        "standard_error": row.standard_error,
        "reason": row.reason,
        "support": row.support,
        "as_of": stored.run.as_of,
        "code_version": stored.run.code_version,
        "query": stored.query,
    }
