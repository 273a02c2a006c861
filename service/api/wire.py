"""How values are written in answers: JSON bytes, instants, money, ids."""

import orjson
from starlette.responses import Response

from service.protocol.ids import to_checksum, to_hex

MICRO = 1_000_000


def json_response(body: object, status: int = 200) -> Response:
    """A JSON answer; aware datetimes are written as RFC 3339 UTC with ``Z``."""
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    return Response(content, status_code=status, media_type="application/json")


def hex_or_none(value: bytes | None) -> str | None:
    """0x-hex, or absent."""
    return None if value is None else to_hex(value)


def checksum_or_none(value: bytes | None) -> str | None:
    """An EIP-55 address, or absent."""
    return None if value is None else to_checksum(value)
