"""fill the hashes by which older releases' disputes join the vote.

Revision: 0021
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from eth_hash.auto import keccak

import models.base
from service.protocol.dvm_text import stamp

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# Rows a page, and values in one IN list: below SQLite's limit on variables in any build.
PAGE = 500


def _fact_table(name: str, *columns: sa.ColumnClause[Any]) -> sa.TableClause:
    return sa.table(
        name,
        sa.column("block_id", sa.BigInteger()),
        sa.column("log_index", sa.Integer()),
        sa.column("transaction_hash", models.base.Bytes32()),
        sa.column("address", models.base.Address()),
        sa.column("ancillary_hash", models.base.Bytes32()),
        sa.column("requester", models.base.Address()),
        sa.column("stamped_hash", models.base.Bytes32()),
        *columns,
    )


disputes = _fact_table("disputes")
bridged = _fact_table("bridged_requests")
texts = sa.table(
    "ancillary_texts",
    sa.column("hash", models.base.Bytes32()),
    sa.column("data", sa.LargeBinary()),
)


def upgrade() -> None:
    """Apply."""
    for page in _pages(disputes):
        _fill(disputes, page, _of_disputes(page))
    for page in _pages(bridged):
        _fill(bridged, page, _of_bridged(page))
    # What joins by text, and what was asked again after its deletion, is to be folded anew.
    mark = sa.text(
        "INSERT INTO stale_folds (kind, key) "
        "SELECT 'everything', :key WHERE EXISTS (SELECT 1 FROM blocks)"
    )
    op.execute(mark.bindparams(sa.bindparam("key", b"", sa.LargeBinary)))


def _pages(table: sa.TableClause) -> Iterator[Sequence[Any]]:
    """The rows without a hash, in order of their keys."""
    key = sa.tuple_(table.c.block_id, table.c.log_index)
    last = (-1, -1)
    while True:
        query = sa.select(table).where(table.c.stamped_hash.is_(None), key > last)
        page = op.get_bind().execute(query.order_by(*key.clauses).limit(PAGE)).all()
        if not page:
            return
        yield page
        last = (page[-1].block_id, page[-1].log_index)


def _of_disputes(page: Sequence[Any]) -> list[bytes | None]:
    hashes = {row.ancillary_hash for row in page}
    query = sa.select(texts.c.hash, texts.c.data).where(texts.c.hash.in_(hashes))
    data = {row.hash: row.data for row in op.get_bind().execute(query)}
    return [
        keccak(stamp(bytes(data[row.ancillary_hash]), row.requester))
        if row.ancillary_hash in data
        else None
        for row in page
    ]


def _of_bridged(page: Sequence[Any]) -> list[bytes | None]:
    """The hash of the dispute beside each; none where several disputes could be it."""
    blocks = {row.block_id for row in page}
    found: dict[Any, set[bytes]] = defaultdict(set)
    query = sa.select(disputes).where(
        disputes.c.block_id.in_(blocks), disputes.c.stamped_hash.is_not(None)
    )
    for row in op.get_bind().execute(query):
        found[row.transaction_hash, row.address, row.ancillary_hash].add(row.stamped_hash)
    # What a bridge calls the requester is the oracle that was disputed.
    beside = [found[row.transaction_hash, row.requester, row.ancillary_hash] for row in page]
    return [next(iter(hashes)) if len(hashes) == 1 else None for hashes in beside]


def _fill(table: sa.TableClause, page: Sequence[Any], hashes: Sequence[bytes | None]) -> None:
    rows = [
        {"block": row.block_id, "index": row.log_index, "hash": found}
        for row, found in zip(page, hashes, strict=True)
        if found is not None
    ]
    if rows:
        update = sa.update(table).where(
            table.c.block_id == sa.bindparam("block"), table.c.log_index == sa.bindparam("index")
        )
        op.get_bind().execute(update.values(stamped_hash=sa.bindparam("hash")), rows)


def downgrade() -> None:
    """Undo: nothing to take back, newer rows have the same hashes."""
