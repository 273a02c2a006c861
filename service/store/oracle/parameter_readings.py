"""Readings of parameters: a value that is read again only lasts longer."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.parameter_reading import ParameterReading as Row
from service.protocol.parameter_readings import ParameterReading


def add_reading(
    session: Session, chain_id: int, address: bytes, name: str, value: str, block: int, at: datetime
) -> bool:
    """Keep what a getter said at a block; returns whether that is a new value."""
    newest = session.scalars(
        select(Row)
        .where(Row.chain_id == chain_id, Row.address == address, Row.name == name)
        .order_by(Row.last_block.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if newest is not None and newest.last_block >= block:
        return False
    if newest is not None and newest.value == value:
        newest.last_block = block
        return False
    session.add(
        Row(
            chain_id=chain_id,
            address=address,
            name=name,
            value=value,
            first_block=block,
            last_block=block,
            known_at=at,
        )
    )
    session.flush()
    return True


def list_readings(
    session: Session, chain_id: int, as_of: datetime | None = None
) -> list[ParameterReading]:
    """A chain's readings known by ``as_of``, oldest first."""
    query = select(Row).where(Row.chain_id == chain_id).order_by(Row.first_block, Row.id)
    if as_of is not None:
        query = query.where(Row.known_at <= as_of)
    return [
        ParameterReading(
            row.chain_id,
            row.address,
            row.name,
            row.value,
            row.first_block,
            row.last_block,
            row.known_at,
        )
        for row in session.scalars(query)
    ]
