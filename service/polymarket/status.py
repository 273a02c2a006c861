"""Health checks: one cheap question to each of Polymarket's APIs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from service.errors import SourceError
from service.polymarket import routes
from service.protocol.sources import CLOB, DATA_API, GAMMA
from service.protocol.standing import LAST_INSTANT
from service.transport.client import JsonClient

# Figures of the Data API's status that are shown.
MOST_FIGURES = 6


def read_status(api: JsonClient, source: str) -> str:
    """What a source says of itself, on one line; raises its :class:`SourceError`."""
    if source == GAMMA:
        return str(api.ask(routes.GAMMA_STATUS, is_text=True))
    if source == CLOB:
        return f"its clock shows {read_time(api):%Y-%m-%d %H:%M:%S} UTC"
    lags = list(_lags(api.ask(routes.DATA_STATUS), ""))
    return ", ".join(f"{name} {value}" for name, value in lags[:MOST_FIGURES]) or "no lag told"


def read_time(api: JsonClient) -> datetime:
    """The CLOB's clock, to the second."""
    seconds = api.ask(routes.CLOB_TIME)
    if isinstance(seconds, bool) or not isinstance(seconds, int | str):
        raise SourceError(CLOB, "a time that is no number")
    try:
        number = int(seconds)
    except ValueError as error:
        raise SourceError(CLOB, "a time that is no number") from error
    if not 0 <= number <= LAST_INSTANT:
        raise SourceError(CLOB, "a time that is no instant")
    return datetime.fromtimestamp(number, UTC)


def _lags(value: object, path: str) -> Iterator[tuple[str, int | Decimal]]:
    """Every figure of a status whose name speaks of a lag, with the path that leads to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _lags(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _lags(inner, f"{path}[{number}]")
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        if "lag" in path.lower():
            yield path.removeprefix("data."), value
    elif value is not None and not isinstance(value, str | bool):
        raise SourceError(DATA_API, "a status of an unknown shape")
