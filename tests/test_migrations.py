"""The migrations make what the models say, on both databases, forwards and back."""

import pytest
from alembic import command
from sqlalchemy import Engine, inspect

from service.database import alembic_config, current_revision, head_revision, known_revisions


def test_the_schema_from_migrations_is_the_one_of_the_models(engine: Engine) -> None:
    command.check(alembic_config(engine))


def test_every_migration_can_be_undone_and_done_again(engine: Engine) -> None:
    command.downgrade(alembic_config(engine), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    command.upgrade(alembic_config(engine), "head")
    assert current_revision(engine) == head_revision()


def test_revisions_are_numbered_without_gaps() -> None:
    revisions = known_revisions()
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]


@pytest.mark.parametrize("revision", known_revisions()[:-1])
def test_an_older_schema_upgrades_in_place(engine: Engine, revision: str) -> None:
    command.downgrade(alembic_config(engine), revision)
    assert current_revision(engine) == revision
    command.upgrade(alembic_config(engine), "head")
    command.check(alembic_config(engine))
