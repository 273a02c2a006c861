"""What the fork server imports once for all its children: all that the commands import late."""

import alembic.command
import alembic.config
import psycopg
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
import web3

import jobs.check_reorgs
import jobs.cli
import jobs.fold_facts
import jobs.import_logs
import jobs.index_oracle
import jobs.index_votes
import jobs.wiring

__all__ = ["alembic", "jobs", "psycopg", "sqlalchemy", "web3"]
