"""What the API needs to know of the pages served beside it."""

from http import HTTPStatus
from typing import Protocol

from fastapi import APIRouter
from starlette.responses import Response


class Pages(Protocol):
    """Pages for people, made elsewhere and handed in."""

    @property
    def router(self) -> APIRouter:
        """The routes of the pages."""
        ...

    def error_page(self, status: HTTPStatus, detail: str) -> Response:
        """An error, for a person."""
        ...
