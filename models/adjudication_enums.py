"""The closed vocabularies of adjudication; standard library only."""

from enum import StrEnum


class Verdict(StrEnum):
    """What the rules require, as an adjudicator reads them. docs/methodology.md, "Adjudication"."""

    YES = "YES"
    NO = "NO"
    HALF = "50-50"
    # The rules, with the evidence there is, decide none of the three.
    NOT_DETERMINABLE = "not determinable"


class RulesTrack(StrEnum):
    """Which rules a verdict is under; both are published, the first is the headline."""

    # As they stood when the answer was first proposed: official clarifications issued before count.
    ORIGINAL = "rules_original"
    # With every official clarification, those issued after that proposal too.
    CLARIFIED = "rules_clarified"


class LabelClass(StrEnum):
    """What a soft label may be used for."""

    # Three or more independent blind adjudicators, and 0.2 >= q or q >= 0.8.
    SETTLED = "settled"
    # Too few adjudicators.
    PROVISIONAL = "provisional"
    # 0.2 < q < 0.8: reported separately, in no headline rate.
    CONTESTED = "contested"


class CorrectionStatus(StrEnum):
    """Where a correction stands."""

    RECEIVED = "received"
    # Sent to blind adjudicators.
    IN_ADJUDICATION = "in_adjudication"
    ACCEPTED = "accepted"
    DECLINED = "declined"
