"""Words of base rates. Standard library only, as ``models.enums``."""

from enum import StrEnum


class RateTarget(StrEnum):
    """What happened to a question: different things, never mixed."""

    # At least one dispute of any request of the question.
    DISPUTED = "disputed"
    # An answer of the oracle was "too early" where the proposal said otherwise.
    FLIPPED_EARLY = "flipped_early"
    # The final answer is another outcome than the first proposed one.
    FLIPPED_OUTCOME = "flipped_outcome"
    # Either, where a recording does not tell them apart.
    FLIPPED = "flipped"
    # An outcome was set by hand, or a remedy announced.
    OVERRIDDEN = "overridden"
    # The last two only ever come from adjudications.
    CONTESTED = "contested"
    MISRESOLVED = "misresolved"


class RateWeight(StrEnum):
    """What a question counts for."""

    COUNT = "count"
    # At the first proposal: the money a wrong payout reassigns. The headline of money rates.
    OPEN_INTEREST = "open_interest"
    VOLUME = "volume"
    # What the losing side paid for its shares; nothing computes it yet.
    LOSS_COST_BASIS = "loss_cost_basis"


class RateStratum(StrEnum):
    """By what questions are told apart."""

    ALL = "all"
    RECENT = "recent"
    CATEGORY = "category"
    VOLUME = "volume"
    VOLUME_DECILE = "volume_decile"
    ORACLE_VERSION = "oracle_version"
    ADAPTER = "adapter"
    MONTH = "month"
    PROPOSER_CLASS = "proposer_class"
    # The questions an audit was drawn from.
    AUDIT = "audit"
    # Not a set of questions but a comparison of sets.
    BREAK = "break"
    TREND = "trend"


class RateMeasure(StrEnum):
    """What the estimate of a row is."""

    RATE = "rate"
    # Of a month, borrowing from its neighbours.
    SMOOTHED_RATE = "smoothed_rate"
    # After against before a date, or one volume decile against the one below.
    ODDS_RATIO = "odds_ratio"


class RateStatus(StrEnum):
    """Whether a row has an estimate, and if not, why."""

    ESTIMATED = "estimated"
    # Too few questions or no positive: only the upper bound is said.
    BOUND_ONLY = "bound_only"
    # The data cannot support a weighted rate: only the upper bound is said.
    REFUSED = "refused"
    # No truth labels: whatever bounds it stands in the reason.
    UNCALIBRATED = "uncalibrated"
    # The weight is not stored.
    MISSING = "missing"


class RateMethod(StrEnum):
    """How the interval was made."""

    JEFFREYS = "jeffreys"
    KISH_BETA = "kish_beta"
    CLUSTER_BOOTSTRAP = "cluster_bootstrap"
    LAPLACE = "laplace"
    # Audited strata by their sizes, each drawn from its Jeffreys posterior.
    STRATIFIED = "stratified"
    CONDITIONAL_BOUND = "conditional_bound"
    NONE = "none"


class ProposerClass(StrEnum):
    """Who proposed first."""

    POLYMARKET = "polymarket"
    WHITELISTED = "whitelisted"
    OTHER = "other"
    UNKNOWN = "unknown"
