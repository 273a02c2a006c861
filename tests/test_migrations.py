"""The migrations make what the models say, on both databases, forwards and back."""

from datetime import UTC, datetime

from alembic import command
from sqlalchemy import Engine, inspect, select, text, update
from sqlalchemy.orm import Session

from models.alert import Alert, Notification
from models.data_enums import FoldKind
from models.enums import AlertReason
from models.oracle import BridgedRequest, Dispute
from models.stale_fold import StaleFold
from service.database import (
    alembic_config,
    current_revision,
    head_revision,
    known_revisions,
    open_sessions,
)
from tests.alerts.scored import add_market, score
from tests.store.voted import add_captures


def test_the_schema_from_migrations_is_the_one_made_at_once(engine: Engine) -> None:
    made_at_once = _schema(engine) | _rules(engine)
    command.downgrade(alembic_config(engine), "base")
    command.upgrade(alembic_config(engine), "head")
    command.check(alembic_config(engine))
    assert _schema(engine) | _rules(engine) == made_at_once


def test_every_migration_can_be_undone_and_done_again(engine: Engine) -> None:
    command.downgrade(alembic_config(engine), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    command.upgrade(alembic_config(engine), "head")
    assert current_revision(engine) == head_revision()


def test_revisions_are_numbered_without_gaps() -> None:
    revisions = known_revisions()
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]


def test_an_older_schema_upgrades_in_place(engine: Engine) -> None:
    config = alembic_config(engine)
    on_the_way_down = {head_revision(): _schema(engine)}
    for revision in reversed(known_revisions()[:-1]):
        command.downgrade(config, revision)
        on_the_way_down[revision] = _schema(engine)
    for revision in known_revisions()[1:]:
        command.upgrade(config, revision)
        # What an upgrade finds is what a downgrade to there leaves: any of them can be the start.
        assert _schema(engine) == on_the_way_down[revision], revision
    command.check(config)


def _schema(engine: Engine) -> set[tuple[object, ...]]:
    """Every column with its type and nullability, and every index, by name."""
    if engine.dialect.name == "sqlite":
        columns = (
            'SELECT m.name, c.name, c.type, c."notnull" FROM sqlite_master AS m'
            " JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        )
        indexes = (
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
    else:
        columns = (
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        )
        indexes = "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public'"
    with engine.connect() as connection:
        return {
            tuple(row) for query in (columns, indexes) for row in connection.execute(text(query))
        }


def _rules(engine: Engine) -> set[tuple[object, ...]]:
    """Every key, unique constraint, reference and default."""
    seen = inspect(engine)
    found: set[tuple[object, ...]] = set()
    for table in seen.get_table_names():
        found.add((table, "primary key", *seen.get_pk_constraint(table)["constrained_columns"]))
        for unique in seen.get_unique_constraints(table):
            found.add((table, unique["name"], *unique["column_names"]))
        for key in seen.get_foreign_keys(table):
            target = key["referred_table"], *key["referred_columns"]
            rule = key["options"].get("ondelete")
            found.add((table, key["name"], *key["constrained_columns"], *target, rule))
        for index in seen.get_indexes(table):
            found.add((table, index["name"], index["unique"], *index["column_names"]))
        for column in seen.get_columns(table):
            found.add((table, column["name"], "default", column["default"]))
    return found


def test_deliveries_survive_the_change_that_lets_alerts_be_about_the_data(engine: Engine) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with open_sessions(engine).begin() as session:
        market = add_market(session, 1, now)
        assessment = score(session, market, now)
        reason = {"reason": AlertReason.FIRST, "title": "t", "body": "b", "facts": {}}
        of_market = Alert(
            market_id=market, assessment_id=assessment, reason_key="k", raised_at=now, **reason
        )
        of_data = Alert(reason_key="k", raised_at=now, **reason)
        session.add_all([of_market, of_data])
        session.flush()
        for alert in (of_market, of_data):
            session.add(Notification(alert_id=alert.id, destination="d", attempts=0))
    for _ in range(2):
        command.downgrade(alembic_config(engine), "0015")
        command.upgrade(alembic_config(engine), "head")
    with open_sessions(engine)() as session:
        # The release before has no place for an alert without a market.
        assert session.scalars(select(Notification.alert_id)).all() == [of_market.id]


def test_disputes_of_an_older_release_get_the_hash_they_join_the_vote_by(engine: Engine) -> None:
    sessions = open_sessions(engine)
    add_captures(sessions, "c-dvm-vote")
    with sessions.begin() as session:
        before = _stamped(session)
        for model in (Dispute, BridgedRequest):
            session.execute(update(model).values(stamped_hash=None))
        assert session.scalars(select(StaleFold)).all() == []
    command.downgrade(alembic_config(engine), "0020")
    command.upgrade(alembic_config(engine), "head")
    with sessions() as session:
        assert _stamped(session) == before
        assert FoldKind.EVERYTHING in session.scalars(select(StaleFold.kind)).all()
    assert len(before) == 12


def _stamped(session: Session) -> set[tuple[str, int, int, bytes | None]]:
    """Every stamped hash by where it is stored."""
    rows: list[Dispute | BridgedRequest] = [
        *session.scalars(select(Dispute)),
        *session.scalars(select(BridgedRequest)),
    ]
    return {(r.__tablename__, r.block_id, r.log_index, r.stamped_hash) for r in rows}
