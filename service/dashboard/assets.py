"""The stylesheet and the icon, under names that change with their content."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#12324a"/>'
    '<path d="M6 21h6l4-11 4 13 2-5h4" fill="none" stroke="#7fd1c7" stroke-width="2.6" '
    'stroke-linecap="round" stroke-linejoin="round"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file pages link to."""

    path: str
    content: bytes
    media_type: str


def load_assets() -> dict[str, Asset]:
    """All assets by their short name."""
    css = files("service.dashboard").joinpath("static/settlewatch.css").read_bytes()
    return {
        "css": _named("settlewatch", "css", css, "text/css; charset=utf-8"),
        "icon": _named("icon", "svg", _ICON.encode(), "image/svg+xml"),
    }


def _named(name: str, ending: str, content: bytes, media_type: str) -> Asset:
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(f"/assets/{name}-{digest}.{ending}", content, media_type)
