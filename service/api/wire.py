"""How values are written in answers: JSON bytes, instants, money, ids."""

from datetime import UTC, datetime

import orjson
from starlette.responses import Response

from service.protocol.ids import to_checksum, to_hex

MICRO = 1_000_000


def json_response(body: object, status: int = 200) -> Response:
    """A JSON answer; aware datetimes are written as RFC 3339 UTC with ``Z``."""
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    return Response(content, status_code=status, media_type="application/json")


def usdc(micro: int | None) -> str | None:
    """Micro-USDC as a decimal string of USDC with all six decimals; ``None`` stays absent."""
    if micro is None:
        return None
    sign = "-" if micro < 0 else ""
    return f"{sign}{abs(micro) // MICRO}.{abs(micro) % MICRO:06d}"


def hex_or_none(value: bytes | None) -> str | None:
    """0x-hex, or absent."""
    return None if value is None else to_hex(value)


def checksum_or_none(value: bytes | None) -> str | None:
    """An EIP-55 address, or absent."""
    return None if value is None else to_checksum(value)


def from_unix(seconds: int | None) -> datetime | None:
    """A contract's unix time as an instant; absent where it is no representable one."""
    if seconds is None or not 0 <= seconds < 253_402_300_800:  # noqa: PLR2004  # the year 10000
        return None
    return datetime.fromtimestamp(seconds, UTC)
