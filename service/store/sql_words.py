"""What both databases can say, in each one's own words."""

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class hex_text(GenericFunction[str]):  # noqa: N801  # its name in a query
    """Bytes as lower-case hex, without 0x."""

    type = String()
    inherit_cache = True
    name = "hex_text"


class month_text(GenericFunction[str]):  # noqa: N801  # as above
    """The month of an instant in UTC, ``YYYY-MM``."""

    type = String()
    inherit_cache = True
    name = "month_text"


@compiles(hex_text, "sqlite")
def _hex_sqlite(element: ColumnElement[Any], compiler: SQLCompiler, **options: object) -> str:
    return f"lower(hex({compiler.process(element.clauses, **options)}))"


@compiles(hex_text, "postgresql")
def _hex_postgresql(element: ColumnElement[Any], compiler: SQLCompiler, **options: object) -> str:
    return f"encode({compiler.process(element.clauses, **options)}, 'hex')"


@compiles(month_text, "sqlite")
def _month_sqlite(element: ColumnElement[Any], compiler: SQLCompiler, **options: object) -> str:
    return f"strftime('%Y-%m', {compiler.process(element.clauses, **options)})"


@compiles(month_text, "postgresql")
def _month_postgresql(element: ColumnElement[Any], compiler: SQLCompiler, **options: object) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC', 'YYYY-MM')"
