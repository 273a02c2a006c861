"""Standing blocs: versions kept when a search says something new, read as of a time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.attack_enums import BlocKind
from models.bloc import BlocMember, BlocSearch, BlocVersion
from service.protocol.ids import parse_address, to_hex
from service.risk.attack.standing_blocs import StandingBloc, bloc_digest, bloc_document, carry_ids
from service.store.upserts import IN_CHUNK, chunks


def standing_blocs(session: Session, as_of: datetime) -> list[StandingBloc]:
    """The groups standing by a time, baselines included, by their names."""
    return _read_blocs(session, [row for row in _newest(session, as_of) if row.valid])


def add_blocs(
    session: Session, found: Sequence[StandingBloc], model_version: str, known_at: datetime
) -> list[StandingBloc]:
    """Keep what a search found, and that it no longer found the rest; the groups by their names."""
    rows = {row.bloc_id: row for row in _newest(session, known_at)}
    held = _read_blocs(session, [row for row in rows.values() if row.valid])
    # A group that comes back gets its old name, as long as it is still the newest one's.
    gone = _read_blocs(session, [row for row in rows.values() if not row.valid])
    named = carry_ids(found, [*held, *gone])
    for bloc in named:
        row = rows.get(bloc.bloc_id)
        digest = bloc_digest(bloc, model_version, valid=True)
        if row is None or row.digest != digest:
            _add(session, bloc, digest, (model_version, known_at), valid=True)
    kept = {bloc.bloc_id for bloc in named}
    for bloc in held:
        if bloc.bloc_id not in kept:
            digest = bloc_digest(bloc, model_version, valid=False)
            _add(session, bloc, digest, (model_version, known_at), valid=False)
    session.flush()
    return named


def add_search(session: Session, search: BlocSearch) -> None:
    """Keep that groups were looked for."""
    session.add(search)
    session.flush()


def get_search(session: Session, as_of: datetime) -> BlocSearch | None:
    """The last search known by a time."""
    query = select(BlocSearch).where(BlocSearch.known_at <= as_of)
    return session.scalars(query.order_by(BlocSearch.id.desc()).limit(1)).first()


def blocs_of_addresses(
    session: Session, addresses: Collection[bytes], as_of: datetime
) -> list[StandingBloc]:
    """The standing groups one of these addresses belongs to."""
    wanted = {to_hex(address) for address in addresses}
    blocs = standing_blocs(session, as_of)
    return [bloc for bloc in blocs if wanted & {*bloc.addresses, *bloc.entities}]


def _newest(session: Session, as_of: datetime) -> list[BlocVersion]:
    newest = (
        select(func.max(BlocVersion.id))
        .where(BlocVersion.known_at <= as_of)
        .group_by(BlocVersion.bloc_id)
    )
    query = select(BlocVersion).where(BlocVersion.id.in_(newest)).order_by(BlocVersion.bloc_id)
    return list(session.scalars(query))


def _read_blocs(session: Session, rows: Sequence[BlocVersion]) -> list[StandingBloc]:
    members: dict[int, dict[str, str]] = defaultdict(dict)
    for part in chunks([row.id for row in rows], IN_CHUNK):
        query = select(BlocMember).where(BlocMember.version_id.in_(part))
        for member in session.scalars(query):
            members[member.version_id][to_hex(member.address)] = to_hex(member.entity)
    return [_bloc_of(row, members[row.id]) for row in rows]


def _bloc_of(row: BlocVersion, entity_of: Mapping[str, str]) -> StandingBloc:
    document: dict[str, Any] = dict(row.document)
    return StandingBloc(
        bloc_id=row.bloc_id,
        kind=BlocKind(row.kind),
        entities=tuple(sorted(set(entity_of.values()))),
        addresses=tuple(sorted(entity_of)),
        evidence=tuple(document["evidence"]),
        joint_requests=row.joint_requests,
        p_value=row.p_value,
        entity_of=dict(sorted(entity_of.items())),
        tests=document["tests"],
        known_at=row.known_at,
        model_version=row.model_version,
    )


def _add(
    session: Session,
    bloc: StandingBloc,
    digest: bytes,
    made: tuple[str, datetime],
    *,
    valid: bool,
) -> None:
    model_version, known_at = made
    row = BlocVersion(
        bloc_id=bloc.bloc_id,
        kind=bloc.kind,
        valid=valid,
        joint_requests=bloc.joint_requests,
        p_value=bloc.p_value,
        document=bloc_document(bloc),
        digest=digest,
        model_version=model_version,
        known_at=known_at,
    )
    session.add(row)
    session.flush()
    session.add_all(
        BlocMember(version_id=row.id, address=parse_address(address), entity=parse_address(entity))
        for address, entity in bloc.entity_of.items()
    )
