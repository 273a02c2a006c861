"""The closed vocabularies of what is made of the facts: periods, folds, issues.

Standard library only, as ``models.enums``, of which it is the second half.
"""

from enum import StrEnum


class PeriodKind(StrEnum):
    """What held for a contract over a range of blocks."""

    PARAMETER = "parameter"
    IMPLEMENTATION = "implementation"
    ROLE_HOLDER = "role_holder"
    ADMIN = "admin"
    WHITELIST_MEMBER = "whitelist_member"


class FoldKind(StrEnum):
    """What has to be folded again because a fact of it came or went."""

    QUESTION = "question"
    VOTE = "vote"
    CONTRACT = "contract"
    # All of them: a new contract book, a new way to fold, or a rebuild.
    EVERYTHING = "everything"


class DataIssueKind(StrEnum):
    """What a line of the data issues is about; the record is kept as evidence."""

    UNDECODABLE_LOG = "undecodable_log"
    REFUSED_MARKET = "refused_market"
    REFUSED_GROUP = "refused_group"
    REFUSED_RESOLUTION = "refused_resolution"
    REFUSED_BOOK = "refused_book"
    REFUSED_OPEN_INTEREST = "refused_open_interest"
    REFUSED_HOLDERS = "refused_holders"
    REFUSED_PRICE_POINT = "refused_price_point"
    REFUSED_POSITION = "refused_position"
    REFUSED_CLARIFICATION = "refused_clarification"
    # A log or row of a trade; of logs one example an exchange and event is kept.
    REFUSED_FILL = "refused_fill"
    REFUSED_ASSET_PRICE = "refused_asset_price"
    REFUSED_SIBLING_PRICE = "refused_sibling_price"
    # A row of an imported dump that is no market of ours.
    REFUSED_IMPORT = "refused_import"
    UNEXPECTED_PRICE = "unexpected_price"
    UNSCORED_MARKET = "unscored_market"
    # The nodes' side: what was missing, what is missing now, and what they do not agree on.
    LATE_LOG = "late_log"
    WITHHELD_LOG = "withheld_log"
    NODES_DISAGREE = "nodes_disagree"
    DEEP_FORK = "deep_fork"
    # Data alerts (service.protocol.data_alerts): a fact that changes what the others mean.
    UNKNOWN_REQUESTER = "unknown_requester"
    UNKNOWN_ADAPTER = "unknown_adapter"
    PAYS_AGAINST_TEXT = "pays_against_text"
    CONTRACT_UPGRADED = "contract_upgraded"
    ROLE_CHANGED = "role_changed"
    WHITELIST_REPLACED = "whitelist_replaced"
    PARAMETER_CHANGED = "parameter_changed"
    CONTRACT_MIGRATED = "contract_migrated"
    # The model's own (service/risk/explain/drift.py): its contracts changed, or the world did.
    MODEL_STALE = "model_stale"
    MODEL_DRIFTED = "model_drifted"
    # Rows that contradict each other (jobs/check_data.py); gone when they no longer do.
    BROKEN_INVARIANT = "broken_invariant"


class HolderSource(StrEnum):
    """Which route told who holds a token."""

    HOLDERS = "holders"
    # With what was paid, for the hottest markets only.
    POSITIONS = "positions"


class PriceSource(StrEnum):
    """Which route told a price of the past."""

    DATA_API = "data_api"
    CLOB = "clob"
