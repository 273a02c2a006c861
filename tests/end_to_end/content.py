"""What two databases that hold the same facts share: every row of every table, without row ids."""

import hashlib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

import models
from jobs.export import export_rows
from jobs.index_chain import RECHECK
from models.base import Base
from models.data_enums import DataIssueKind

# Every table is known, whichever of them the tests that run import.
for module in pkgutil.iter_modules(models.__path__, "models."):
    importlib.import_module(module.name)

# Records of the runs themselves, not of what they read.
RUNS = frozenset({"base_rate_runs", "base_rates", "job_runs", "sources", "stale_folds"})
# When a row was last touched by the wall clock.
TOUCHED = {"cursors": {"updated_at"}}
# The same among rows: how far a second reading came, and what it found the nodes to have done.
RUN_ROWS: Mapping[str, tuple[str, frozenset[str]]] = {
    "cursors": ("reader", frozenset({RECHECK})),
    "data_issues": (
        "kind",
        frozenset(
            {
                DataIssueKind.LATE_LOG,
                DataIssueKind.WITHHELD_LOG,
                DataIssueKind.NODES_DISAGREE,
                DataIssueKind.DEEP_FORK,
            }
        ),
    ),
}

# A text is stored once under its hash and belongs to no block, so one that only a removed branch
# spoke of stays; no row leads to it any more. Those that a row leads to are compared.
TEXTS = "ancillary_texts"

Content = Mapping[str, str]


def content(session: Session, *, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """A digest of each table, blind to order and row ids, and of the questions as exported."""
    rows: dict[str, dict[Any, str]] = {}
    found = {}
    # Parents first: a row is told apart by what its foreign keys lead to.
    for table in Base.metadata.sorted_tables:
        rows[table.name] = _rows(session, table, rows)
        if table.name not in RUNS | without | {TEXTS}:
            found[table.name] = _digest(rows[table.name].values())
    named = _named_texts(session)
    found[TEXTS] = _digest(words for key, words in rows[TEXTS].items() if key in named)
    found["export questions"] = _digest(repr(row) for row in export_rows(session, "questions"))
    return found


def differences(left: Content, right: Content) -> list[str]:
    """The tables that are not the same."""
    return sorted(name for name in {*left, *right} if left.get(name) != right.get(name))


def _rows(
    session: Session, table: Table, parents: Mapping[str, Mapping[Any, str]]
) -> dict[Any, str]:
    """Each row's words by its primary key; the number the database gave it is not among them."""
    own = [c.name for c in table.primary_key if c.autoincrement is True or c.name == "id"]
    left_out = {*own, *TOUCHED.get(table.name, ())}
    found = {}
    column_of_runs, runs = RUN_ROWS.get(table.name, ("", frozenset()))
    for row in session.execute(select(table)).mappings():
        if row.get(column_of_runs) in runs:
            continue
        words = []
        for column in table.c:
            value = row[column.name]
            if column.name in left_out:
                continue
            for key in column.foreign_keys:
                if value is not None and key.column.name == "id":
                    value = parents[key.column.table.name][value]
            words.append(f"{column.name}={value!r}")
        keys = tuple(row[column.name] for column in table.primary_key)
        found[keys[0] if len(keys) == 1 else keys] = "|".join(words)
    return found


def _named_texts(session: Session) -> set[bytes]:
    """The hashes of the texts that some row leads to."""
    return {
        named
        for table in Base.metadata.sorted_tables
        for column in table.c
        if column.name.endswith("ancillary_hash") and table.name != TEXTS
        for named in session.scalars(select(column).distinct())
        if named is not None
    }


def _digest(rows: Iterable[str]) -> str:
    ordered = sorted(rows)
    return f"{len(ordered)} rows {hashlib.sha256(repr(ordered).encode()).hexdigest()[:16]}"
