"""Events of questions: adapters of every version, conditional tokens, the neg-risk contracts."""

from models.enums import ContractKind, NegRiskChangeKind, OverrideLayer, QuestionChangeKind
from service.chain.event import Build, line
from service.chain.words import slots, text_hash, timestamp
from service.protocol import facts
from service.protocol.facts import Fact
from service.protocol.log_position import LogPosition

ADAPTERS = (ContractKind.UMA_CTF_ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER)
OPERATOR = ContractKind.NEG_RISK_OPERATOR
TOKENS = ContractKind.CONDITIONAL_TOKENS
# Adapters 1.0.0 and 1.0.1 have events of their own.
V1 = "v1"
_NOBODY = bytes(20)


def _initialized(  # the event's own words
    at: LogPosition,
    question_id: bytes,
    time: int,
    creator: bytes,
    data: bytes,
    token: bytes,
    reward: int,
    bond: int,
) -> Fact:
    return facts.QuestionInitialized(
        at, question_id, timestamp(time), creator, text_hash(data), data, token, reward, bond
    )


def _initialized_v1(  # the event's own words
    at: LogPosition,
    question_id: bytes,
    data: bytes,
    resolution_time: int,
    token: bytes,
    reward: int,
    bond: int,
    _early: bool,  # noqa: FBT001  # as above
) -> Fact:
    # The event names no creator, and this adapter does not stamp texts: an initializer in one is
    # whatever its writer put there.
    time = timestamp(resolution_time)
    return facts.QuestionInitialized(
        at, question_id, 0, _NOBODY, text_hash(data), data, token, reward, bond, time
    )


def _updated_v1(  # the event's own words
    at: LogPosition,
    question_id: bytes,
    _data: bytes,
    _resolution_time: int,
    _token: bytes,
    _reward: int,
    _bond: int,
    _early: bool,  # noqa: FBT001  # as above
) -> Fact:
    # The new text comes again when the oracle is asked.
    return facts.QuestionChanged(at, question_id, QuestionChangeKind.UPDATED)


def _asked_v1(  # the event's own words
    at: LogPosition,
    requestor: bytes,
    time: int,
    question_id: bytes,
    _identifier: bytes,
    data: bytes,
    _token: bytes,
    _reward: int,
    _bond: int,
    _early: bool,  # noqa: FBT001  # as above
) -> Fact:
    return facts.ResolutionAsked(at, question_id, requestor, timestamp(time), text_hash(data), data)


def _changed(kind: QuestionChangeKind) -> Build:
    return lambda at, question_id: facts.QuestionChanged(at, question_id, kind)


def _resolved(at: LogPosition, question_id: bytes, price: int, payouts: tuple[int, ...]) -> Fact:
    return facts.QuestionChanged(at, question_id, QuestionChangeKind.RESOLVED, price, payouts)


def _settled_v1(at: LogPosition, question_id: bytes, price: int, _early: bool) -> Fact:  # noqa: FBT001  # the event's own word
    return facts.QuestionChanged(at, question_id, QuestionChangeKind.SETTLED, price)


def _resolved_v1(at: LogPosition, question_id: bytes, by_hand: bool) -> Fact:  # noqa: FBT001  # the event's own word
    if by_hand:
        # The payouts are told by the conditional tokens only.
        return facts.OutcomeOverridden(at, question_id, OverrideLayer.ADAPTER, ())
    return facts.QuestionChanged(at, question_id, QuestionChangeKind.RESOLVED)


def _overridden(at: LogPosition, question_id: bytes, payouts: tuple[int, ...]) -> Fact:
    return facts.OutcomeOverridden(at, question_id, OverrideLayer.ADAPTER, payouts)


def _operator_overridden(at: LogPosition, question_id: bytes, result: bool) -> Fact:  # noqa: FBT001  # the event's own word
    payouts = (1, 0) if result else (0, 1)
    return facts.OutcomeOverridden(at, question_id, OverrideLayer.OPERATOR, payouts)


def _condition_prepared(
    at: LogPosition, condition: bytes, oracle: bytes, question: bytes, count: int
) -> Fact:
    return facts.ConditionPrepared(at, condition, oracle, question, slots(count))


def _condition_resolved(  # the event's own words
    at: LogPosition,
    condition: bytes,
    oracle: bytes,
    question: bytes,
    _slots: int,
    numerators: tuple[int, ...],
) -> Fact:
    return facts.ConditionResolved(at, condition, oracle, question, numerators)


def _neg_risk_prepared(  # the event's own words
    at: LogPosition, market: bytes, question: bytes, request: bytes, index: int, _data: bytes
) -> Fact:
    return facts.NegRiskQuestionPrepared(at, market, question, request, slots(index))


def _neg_risk_changed(kind: NegRiskChangeKind) -> Build:
    return lambda at, question_id, *result: facts.NegRiskChanged(at, question_id, kind, *result)


def _outcome_reported(at: LogPosition, _market: bytes, question: bytes, outcome: bool) -> Fact:  # noqa: FBT001  # the event's own word
    return facts.NegRiskChanged(at, question, NegRiskChangeKind.OUTCOME_REPORTED, outcome)


LINES = (
    line(
        ADAPTERS,
        "QuestionInitialized(bytes32*,uint256*,address*,bytes,address,uint256,uint256)",
        _initialized,
    ),
    line(ADAPTERS, "QuestionReset(bytes32*)", _changed(QuestionChangeKind.RESET)),
    line(ADAPTERS, "QuestionFlagged(bytes32*)", _changed(QuestionChangeKind.FLAGGED)),
    line(ADAPTERS, "QuestionUnflagged(bytes32*)", _changed(QuestionChangeKind.UNFLAGGED)),
    # Adapter v1 does not index the id.
    line(
        ADAPTERS,
        ("QuestionPaused(bytes32*)", "QuestionPaused(bytes32)"),
        _changed(QuestionChangeKind.PAUSED),
    ),
    line(
        ADAPTERS,
        ("QuestionUnpaused(bytes32*)", "QuestionUnpaused(bytes32)"),
        _changed(QuestionChangeKind.UNPAUSED),
    ),
    line(ADAPTERS, "QuestionResolved(bytes32*,int256*,uint256[])", _resolved),
    line(ADAPTERS, "QuestionEmergencyResolved(bytes32*,uint256[])", _overridden),
    line(ADAPTERS, "QuestionManuallyResolved(bytes32*,uint256[])", _overridden),
    line(ADAPTERS, "AncillaryDataUpdated(bytes32*,address*,bytes)", facts.ClarificationPosted),
    line(
        ADAPTERS,
        "QuestionInitialized(bytes32*,bytes,uint256,address,uint256,uint256,bool)",
        _initialized_v1,
        era=V1,
    ),
    line(
        ADAPTERS,
        "QuestionUpdated(bytes32*,bytes,uint256,address,uint256,uint256,bool)",
        _updated_v1,
        era=V1,
    ),
    line(
        ADAPTERS,
        "ResolutionDataRequested(address*,uint256*,bytes32*,bytes32,bytes,address,uint256,uint256,"
        "bool)",
        _asked_v1,
        era=V1,
    ),
    line(
        ADAPTERS,
        (
            "QuestionFlaggedForAdminResolution(bytes32)",
            "QuestionFlaggedForAdminResolution(bytes32*)",
        ),
        _changed(QuestionChangeKind.FLAGGED),
        era=V1,
    ),
    line(ADAPTERS, "QuestionSettled(bytes32*,int256*,bool*)", _settled_v1, era=V1),
    line(
        ADAPTERS,
        ("QuestionResolved(bytes32*,bool*)", "QuestionResolved(bytes32*,bool)"),
        _resolved_v1,
        era=V1,
    ),
    line(TOKENS, "ConditionPreparation(bytes32*,address*,bytes32*,uint256)", _condition_prepared),
    line(
        TOKENS,
        "ConditionResolution(bytes32*,address*,bytes32*,uint256,uint256[])",
        _condition_resolved,
    ),
    line(
        OPERATOR, "QuestionPrepared(bytes32*,bytes32*,bytes32*,uint256,bytes)", _neg_risk_prepared
    ),
    line(OPERATOR, "QuestionReported(bytes32*,bytes32,bool)", facts.NegRiskQuestionReported),
    line(OPERATOR, "QuestionEmergencyResolved(bytes32*,bool)", _operator_overridden),
    line(
        OPERATOR, "QuestionResolved(bytes32*,bool)", _neg_risk_changed(NegRiskChangeKind.RESOLVED)
    ),
    line(OPERATOR, "QuestionFlagged(bytes32*)", _neg_risk_changed(NegRiskChangeKind.FLAGGED)),
    line(OPERATOR, "QuestionUnflagged(bytes32*)", _neg_risk_changed(NegRiskChangeKind.UNFLAGGED)),
    line(
        ContractKind.NEG_RISK_ADAPTER,
        "OutcomeReported(bytes32*,bytes32*,bool)",
        _outcome_reported,
    ),
)
