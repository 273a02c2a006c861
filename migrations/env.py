"""Alembic's entry: runs the migrations on the engine ``service.database`` hands over.

Everything happens in one transaction, on SQLite too, and under a lock, so two processes that
start on an empty database, or one that is killed half-way, leave a whole schema or none.
"""

from alembic import context
from sqlalchemy import text

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
        context.run_migrations()
