"""``link_wallets``: whose wallets belong together, folded anew from facts and readings.

Links follow the facts: where a reorg or an import takes or brings some, the next run writes what
is different. docs/methodology.md, "Links between wallets".
"""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from service.protocol.contracts import ContractBook
from service.protocol.wallets import Recipe
from service.store.wallets.wallet_folds import fold_wallets, replace_folded


def link_wallets(
    sessions: sessionmaker[Session], book: ContractBook, recipes: tuple[Recipe, ...]
) -> CycleReport:
    """Work links out while reading, then write the differences in one short transaction."""
    with sessions() as session:
        folded = fold_wallets(session, book, recipes)
    done = in_transaction(sessions, lambda session: replace_folded(session, folded))
    return CycleReport(
        {
            "wallets": done.wallets,
            "links": done.links,
            "versions_added": done.added,
            "versions_removed": done.removed,
        }
    )
