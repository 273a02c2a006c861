"""Alembic's entry: runs the migrations on the engine ``service.database`` hands over.

Everything happens in one transaction, on SQLite too, and under a lock, so two processes that
start on an empty database, or one that is killed half-way, leave a whole schema or none.
"""

from alembic import context
from sqlalchemy import inspect, text

from models import (  # noqa: F401  # fill the metadata
    adjudication,
    alert,
    assessment,
    attack_score,
    attack_signal,
    base_rate,
    bloc,
    catalogue,
    chain,
    clarification,
    contract_change,
    contract_period,
    data_check,
    dvm_request_state,
    fill,
    holding,
    liquidity,
    market,
    model_check,
    operation,
    oracle,
    parameter_reading,
    position,
    price,
    price_point,
    proposal_signal,
    provisional,
    question_state,
    refresh,
    round_assessment,
    sports,
    stale_fold,
    voting,
    wallet,
)
from models.base import Base

engine = context.config.attributes["engine"]
# Whether the caller found no table and wants the newest schema.
is_empty = context.config.attributes.get("is_empty", False)
# Any fixed number: only migrations take this lock.
MIGRATION_LOCK = 7_365_746

with engine.begin() as connection:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if is_empty and not inspect(connection).get_table_names():
            # What all migrations together make (tests/test_migrations.py), in a tenth of the time.
            Base.metadata.create_all(connection)
            context.get_context().stamp(context.script, "head")
        else:
            context.run_migrations()
