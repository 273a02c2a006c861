"""Words for how questions and games went: what their logs say, and what folds conclude.

Standard library only, as ``models.enums``.
"""

from enum import StrEnum


class GameChangeKind(StrEnum):
    """What the sports oracle says of a game."""

    RESET = "reset"
    PAUSED = "paused"
    UNPAUSED = "unpaused"
    SETTLED = "settled"
    CANCELED = "canceled"
    EMERGENCY_SETTLED = "emergency_settled"


class GameState(StrEnum):
    """UmaSportsOracle's own word for a game."""

    CREATED = "Created"
    SETTLED = "Settled"
    CANCELED = "Canceled"
    PAUSED = "Paused"
    EMERGENCY_SETTLED = "EmergencySettled"


class SportsMarketChangeKind(StrEnum):
    """What the sports oracle says of a market of a game."""

    PAUSED = "paused"
    UNPAUSED = "unpaused"
    RESOLVED = "resolved"
    EMERGENCY_RESOLVED = "emergency_resolved"


class SportsMarketState(StrEnum):
    """UmaSportsOracle's own word for a market of a game."""

    CREATED = "Created"
    RESOLVED = "Resolved"
    PAUSED = "Paused"
    EMERGENCY_RESOLVED = "EmergencyResolved"


class ResetCause(StrEnum):
    """Why a question's oracle was asked again."""

    FIRST_DISPUTE = "first_dispute"
    TOO_EARLY = "too_early"
    ADMIN_RESET = "admin_reset"


class DisputeOrder(StrEnum):
    """What a dispute does to its question."""

    # The question is asked again; the vote settles bonds only.
    FIRST = "first"
    # The question waits for the vote.
    SECOND = "second"
    # The question was resolved already, or this request no longer decides it: bonds only.
    MOOT = "moot"


class ResolutionKind(StrEnum):
    """What made a question's or a sports market's outcome."""

    ORACLE = "oracle"
    DVM = "dvm"
    OVERRIDE = "override"
    OPERATOR_OVERRIDE = "operator_override"
    GAME_OVERRIDE = "game_override"
    MARKET_OVERRIDE = "market_override"


class StuckReason(StrEnum):
    """Why a question cannot be paid by ordinary means."""

    # 50-50 on a neg-risk market, which the operator refuses to pass on.
    HALF_REFUSED = "half_refused"
    # A price that is no answer, so resolving reverts.
    UNPAYABLE_PRICE = "unpayable_price"
    # The vote gave the request up after too many rounds without a quorum.
    VOTE_DELETED = "vote_deleted"
    # Another outcome of the same neg-risk market was already reported as Yes.
    ANOTHER_YES = "another_yes"
    # The proposal's liveness is so long that only a dispute ends it.
    ENDLESS_LIVENESS = "endless_liveness"


class ClarificationChannel(StrEnum):
    """Where a text that adds to a question's rules was posted."""

    BULLETIN_BOARD = "bulletin_board"
    # The managed oracle's ``RequestRulesUpdated``, and the reporter's of the second stack.
    REQUEST_RULES = "request_rules"
    REPORTER_RULES = "reporter_rules"


class ClarificationPosition(StrEnum):
    """The newest milestone of a question when a text was posted, in a fixed order of alarm."""

    BEFORE_PROPOSAL = "before_proposal"
    AFTER_PROPOSAL = "after_proposal"
    AFTER_DISPUTE = "after_dispute"
    # Too late for the votes of the round that decided: all of them were sealed.
    AFTER_COMMIT_END = "after_commit_end"
    AFTER_PAYOUT = "after_payout"
