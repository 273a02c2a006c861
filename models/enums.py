"""The field's closed vocabularies, stored as their own words.

Standard library only: the pure layers (``service.protocol``, ``service.risk``) import this file.
"""

from enum import StrEnum


class ContractKind(StrEnum):
    """What an address of the contract book is (docs/data-dictionary.md, "Contract book")."""

    CONDITIONAL_TOKENS = "conditional_tokens"
    UMA_CTF_ADAPTER = "uma_ctf_adapter"
    NEG_RISK_UMA_CTF_ADAPTER = "neg_risk_uma_ctf_adapter"
    NEG_RISK_ADAPTER = "neg_risk_adapter"
    NEG_RISK_OPERATOR = "neg_risk_operator"
    OPTIMISTIC_ORACLE = "optimistic_oracle"
    OPTIMISTIC_ORACLE_V2 = "optimistic_oracle_v2"
    MANAGED_OPTIMISTIC_ORACLE_V2 = "managed_optimistic_oracle_v2"
    ORACLE_CHILD_TUNNEL = "oracle_child_tunnel"
    ORACLE_ROOT_TUNNEL = "oracle_root_tunnel"
    VOTING_V2 = "voting_v2"
    VOTING_TOKEN = "voting_token"
    ADDRESS_WHITELIST = "address_whitelist"
    UMA_SPORTS_ORACLE = "uma_sports_oracle"
    CTF_EXCHANGE = "ctf_exchange"
    NEG_RISK_CTF_EXCHANGE = "neg_risk_ctf_exchange"
    ORACLE_AGGREGATOR = "oracle_aggregator"
    OO_REPORTER = "oo_reporter"
    SIGNED_PROPOSER = "signed_proposer"
    GOVERNOR_V2 = "governor_v2"
    EMERGENCY_PROPOSER = "emergency_proposer"
    DESIGNATED_VOTING_FACTORY = "designated_voting_factory"
    SAFE_FACTORY = "safe_factory"
    PROXY_FACTORY = "proxy_factory"
    DEPOSIT_WALLET_FACTORY = "deposit_wallet_factory"
    RELAY_HUB = "relay_hub"
    FINDER = "finder"
    STORE = "store"
    QUESTION_CREATOR = "question_creator"


class RequestState(StrEnum):
    """The oracle contract's own word for a price request (``getState``)."""

    REQUESTED = "Requested"
    PROPOSED = "Proposed"
    EXPIRED = "Expired"
    DISPUTED = "Disputed"
    RESOLVED = "Resolved"
    SETTLED = "Settled"


class QuestionChangeKind(StrEnum):
    """An adapter's change of one question that carries no text and no proposal."""

    RESET = "reset"
    FLAGGED = "flagged"
    UNFLAGGED = "unflagged"
    PAUSED = "paused"
    UNPAUSED = "unpaused"
    RESOLVED = "resolved"
    # Adapter v1: the oracle's price is taken over; the payout follows.
    SETTLED = "settled"
    # Adapter v1: the administrators rewrote the question, which forgets its request and its flags.
    UPDATED = "updated"


class OverrideLayer(StrEnum):
    """Which contract an administrator used to set an outcome by hand."""

    ADAPTER = "adapter"
    OPERATOR = "operator"


class NegRiskChangeKind(StrEnum):
    """What the neg-risk operator or adapter says of one of its questions."""

    FLAGGED = "flagged"
    UNFLAGGED = "unflagged"
    RESOLVED = "resolved"
    OUTCOME_REPORTED = "outcome_reported"


class RequestTermKind(StrEnum):
    """A term of the managed oracle for one question (``custom``) or for one request."""

    CUSTOM_BOND = "custom_bond"
    CUSTOM_LIVENESS = "custom_liveness"
    CUSTOM_WHITELIST = "custom_whitelist"
    BOND = "bond"
    LIVENESS = "liveness"
    REWARD = "reward"


class VoteRequestChangeKind(StrEnum):
    """How a request of the vote went on."""

    RESOLVED = "resolved"
    ROLLED = "rolled"
    DELETED = "deleted"


class VotePhase(StrEnum):
    """Which half of a voting round it is: votes come in sealed, then they are opened."""

    COMMIT = "commit"
    REVEAL = "reveal"


class LinkMethod(StrEnum):
    """How a disputed request was found in the vote, the surest way first."""

    # The id the bridge logged on the question's chain.
    PARENT_ID = "parent_id"
    # The hash of the bridged text, at the bridged time.
    BRIDGED_TEXT = "bridged_text"
    # The hash of the text as the oracle stamps it, at the time of the proposal.
    DISPUTE_TEXT = "dispute_text"
    # Not found: not voted on yet, or the vote's chain is not indexed there.
    NONE = "none"


class VoteConflict(StrEnum):
    """How our count of a vote and what the contracts said of it differ."""

    # Another price, or another round, than RequestResolved names.
    REPORTED_PRICE = "reported_price"
    REPORTED_ROUND = "reported_round"
    # Resolved or deleted where by our count the other happened.
    REPORTED_WITHOUT_ANSWER = "reported_without_answer"
    DELETED_WITH_ANSWER = "deleted_with_answer"
    # Another price than the vote's crossed the bridge.
    LEFT_PRICE = "left_price"
    LANDED_PRICE = "landed_price"


class StakeChangeKind(StrEnum):
    """Why a voter's stake changed."""

    STAKED = "staked"
    UNSTAKE_REQUESTED = "unstake_requested"
    UNSTAKED = "unstaked"
    SLASH_APPLIED = "slash_applied"


class DelegationKind(StrEnum):
    """Which side of a delegation spoke."""

    DELEGATE_SET = "delegate_set"
    DELEGATOR_SET = "delegator_set"


class MarketState(StrEnum):
    """Where a market stands on its way to a payout (docs/methodology.md, "States").

    The order of the members is the order of alarm: a later member is never calmer than an
    earlier one while the market is unpaid.
    """

    PRE_PROPOSAL = "pre_proposal"
    PROPOSED = "proposed"
    DISPUTED_ONCE = "disputed_once"
    REPROPOSED = "reproposed"
    VOTING = "voting"
    ANSWERED = "answered"
    FLAGGED = "flagged"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """What a binary question pays, or what a price says."""

    YES = "YES"
    NO = "NO"
    HALF = "50-50"


class Category(StrEnum):
    """The risk model's market categories (docs/methodology.md, "Cells")."""

    SPORTS = "sports"
    CRYPTO = "crypto"
    POLITICS = "politics"
    GEOPOLITICS = "geopolitics"
    CULTURE = "culture"
    WEATHER = "weather"
    MENTIONS = "mentions"
    OTHER = "other"


class OracleVersion(StrEnum):
    """Which oracle's rules a market resolves under; a new version is a new cell."""

    OOV2 = "oov2"
    MANAGED = "managed"
    MANAGED_RESOLVER = "managed_resolver"


class VolumeStratum(StrEnum):
    """Traded volume in USD, in five strata."""

    UNDER_10K = "under_10k"
    FROM_10K = "10k_100k"
    FROM_100K = "100k_1m"
    FROM_1M = "1m_10m"
    OVER_10M = "over_10m"


class Support(StrEnum):
    """What a number rests on: data, data and assumptions, or assumptions alone."""

    MEASURED = "measured"
    MIXED = "mixed"
    ASSUMED = "assumed"


class Remedy(StrEnum):
    """What was done about a payout after the oracle had answered."""

    NONE = "none"
    OVERRIDE = "override"
    REFUND = "refund"


class SourceState(StrEnum):
    """Whether a source of facts can be relied on at this moment."""

    UNKNOWN = "unknown"
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    NOT_CONFIGURED = "not_configured"


class IndexMode(StrEnum):
    """How much of the oracle's logs is read: all, or what a question needs only once disputed."""

    FULL = "full"
    LAZY = "lazy"


class LookUpKind(StrEnum):
    """Which part of a disputed request is looked up by itself."""

    BEGINNING = "beginning"
    SETTLEMENT = "settlement"


class JobOutcome(StrEnum):
    """How one run of a job ended."""

    RUNNING = "running"
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    SKIPPED = "skipped"


class AlertReason(StrEnum):
    """Why somebody is told something (service/alerts/decide.py)."""

    FIRST = "first"
    WORSENED = "worsened"
    STATE_WORSENED = "state_worsened"
    # The market trades against the proposed answer, and more than told before
    # (service/alerts/contradiction.py).
    CONTRADICTED = "contradicted"
    CONTRADICTED_MORE = "contradicted_more"
    # A data alert: no market's, see service/protocol/data_alerts.py.
    DATA = "data"
    # Structural signs of a vote, by their own names (service/risk/signs/structural_signs.py).
    ROLL_BLOCKED = "roll_blocked"
    STAKE_INFLOW = "stake_inflow_in_commit"
    FORCE_LINE = "force_line_crossed"
    BLOCK_LINE = "block_line_crossed"
    FORCE_PAYS = "force_pays"
    # An attack score above what the alert budget allows (service/risk/signs/alert_threshold.py).
    ATTACK_SCORE = "attack_score"
