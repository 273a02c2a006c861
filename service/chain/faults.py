"""What a node can do wrong, by name: each is counted for its chain and shown on ``/v1/sources``."""

from enum import StrEnum

from service.errors import TransientSourceError


class Fault(StrEnum):
    """One kind of trouble with a chain's nodes; the value is the counter's public name."""

    TIMEOUT = "timeouts"
    UNREACHABLE = "connection_errors"
    HTTP_ERROR = "http_errors"
    RATE_LIMITED = "rate_limits"
    NOT_JSON = "not_json"
    WRONG_ANSWER = "wrong_answers"
    ERROR_ANSWER = "error_answers"
    WRONG_CHAIN = "wrong_chain"
    MISSING_BLOCK = "missing_blocks"
    RANGE_TOO_WIDE = "ranges_too_wide"
    TOPICS_SPLIT = "topics_split"
    OUTSIDE_RANGE = "logs_outside_range"
    OUT_OF_ORDER = "logs_out_of_order"
    DUPLICATE_LOG = "duplicate_logs"
    BLOCK_CHANGED = "blocks_changed"
    LAGGING = "lagging_heads"
    JUMPED_BACK = "heads_jumped_back"
    DISAGREEMENT = "disagreements"
    OUTVOTED = "outvoted_urls"
    REORG = "reorgs"
    BLOCKS_REMOVED = "blocks_removed"
    LATE_LOG = "late_logs"
    WITHHELD_LOG = "withheld_logs"


class NodeFault(TransientSourceError):
    """A URL's answer that cannot be used; another URL, or the next run, may do better."""

    def __init__(
        self, source: str, fault: Fault, reason: str, *, retry_after_seconds: float | None = None
    ) -> None:
        """Name the source, the kind of fault, and the reason in words."""
        super().__init__(source, reason, retry_after_seconds=retry_after_seconds)
        self.fault = fault
