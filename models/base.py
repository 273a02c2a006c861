"""The declarative base and the column types both databases share."""

from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import JSON, TypeEngine

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite numbers rows by itself only for a plain INTEGER key.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Every stored shape of Settlewatch."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class RawBytes(LargeBinary):
    """Bytes, handed to either driver and taken from it as they are.

    SQLAlchemy wraps every value for drivers that need it; both of ours take plain bytes.
    """

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing to do."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Nothing to do."""


class Bytes32(TypeDecorator[bytes]):
    """A 32-byte hash or id, kept as raw bytes."""

    impl = RawBytes(32)
    cache_ok = True


class Address(TypeDecorator[bytes]):
    """A 20-byte account address, kept as raw bytes (no checksum case to disagree about)."""

    impl = RawBytes(20)
    cache_ok = True


class Int256(TypeDecorator[int]):
    """A signed 256-bit integer: NUMERIC on PostgreSQL, decimal text on SQLite.

    Never order or sum these in SQL: on SQLite they are text.
    """

    impl = String(79)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use exact NUMERIC where the database has it."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(78, 0))
        return dialect.type_descriptor(String(79))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """Send an exact integer."""
        if value is None:
            return None
        return Decimal(value) if dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002  # the base class names it
        """Give back a Python int whatever the database stored."""
        return None if value is None else int(value)


class Uint256(Int256):
    """An unsigned 256-bit integer; stored as :class:`Int256`."""

    cache_ok = True


class UmaAmount(Uint256):
    """UMA in wei (18 decimals)."""

    cache_ok = True


class UsdcAmount(TypeDecorator[int]):
    """USDC in micro-units (6 decimals); fits a signed 64-bit integer up to 9.2 trillion USD."""

    impl = BigInteger
    cache_ok = True


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number with 18 digits behind the point: NUMERIC on PostgreSQL, text on SQLite.

    Never order or sum these in SQL: on SQLite they are text.
    """

    impl = String(40)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use exact NUMERIC where the database has it; SQLite's would be a binary float."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(38, 18))
        return dialect.type_descriptor(String(40))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Round to the digits kept, the same on both databases."""
        if value is None:
            return None
        kept = value.quantize(Decimal(1).scaleb(-18), context=Context(prec=38))
        return kept if dialect.name == "postgresql" else f"{kept:f}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  # the base class names it
        """Give back the number without trailing zeros, whatever the database stored."""
        if value is None:
            return None
        number = Decimal(value).normalize(Context(prec=38))
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


class Probability(TypeDecorator[float]):
    """A probability in 0..1; a float because only ``service.risk`` makes it."""

    impl = Numeric(asdecimal=False)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use the eight-byte float of either database."""
        from sqlalchemy import Double  # noqa: PLC0415  # only needed to describe the type

        return dialect.type_descriptor(Double())


class UtcTimestamp(TypeDecorator[datetime]):
    """An instant. Naive datetimes are refused; what comes back is always aware UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC, and drop the zone for SQLite, which has none."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a datetime without a time zone cannot be stored: {value!r}"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the base class names it
        """Give back aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# JSON documents that are read whole and never filtered on.
Document = JSON().with_variant(JSON(none_as_null=True), "sqlite", "postgresql")
