"""A question's state while its facts are read in order: what each fact changes."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from models.enums import (
    NegRiskChangeKind,
    OverrideLayer,
    QuestionChangeKind,
)
from service.protocol import facts
from service.protocol.asking_fold import AskingFold
from service.protocol.contract_facts import ContractChanged
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import LogPosition
from service.protocol.question_status import NegRiskStatus
from service.protocol.vote_facts import VoteRequestChanged, VoteRequested


@dataclass(slots=True)
class QuestionFold:
    """What the contracts hold of a question, and what its logs showed on the way."""

    asking: AskingFold
    is_legacy: bool
    ancillary_hash: bytes
    resolved: bool = False
    paused: bool = False
    reset: bool = False
    flagged_at: datetime | None = None
    resolved_at: datetime | None = None
    override_layers: list[OverrideLayer] = field(default_factory=list)
    overridden_at: datetime | None = None
    payouts: tuple[int, ...] | None = None
    paid_at: datetime | None = None
    paid_log: LogPosition | None = None
    posts: list[DatedFact] = field(default_factory=list)
    condition_id: bytes | None = None
    neg_risk: NegRiskStatus | None = None
    # Adapter v1 took the oracle's price over: it cannot be asked again.
    is_price_taken: bool = False

    def tell(self, dated: DatedFact) -> None:
        """Take in the next fact."""
        if self.asking.tell(dated, is_over=self.resolved):
            return
        match dated.fact:
            case facts.QuestionChanged() as fact:
                self._change(fact, dated.mined_at)
            case facts.OutcomeOverridden() as fact:
                self._override(fact.layer, dated.mined_at)
            case facts.ResolutionAsked() as fact:
                self.ancillary_hash = fact.ancillary_hash
                self.asking.operate(fact.request_timestamp)
            case facts.ClarificationPosted() | facts.RulesUpdated():
                # They change nothing of what the contracts answer.
                self.posts.append(dated)
            case _:
                self._tell_rest(dated)

    def _tell_rest(self, dated: DatedFact) -> None:
        """The vote, the tokens and the neg-risk contracts."""
        match dated.fact:
            case facts.RequestBridged() as fact:
                self.asking.requests.bridged[fact.child_request_id] = fact
            case facts.PricePushed() as fact:
                self.asking.requests.pushed[fact.request_hash] = fact.price
            case VoteRequestChanged() | VoteRequested() as fact:
                self.asking.requests.hear_of_vote(fact)
            case facts.ConditionPrepared() as fact:
                self.condition_id = fact.condition_id
            case facts.ConditionResolved() as fact:
                self.condition_id = fact.condition_id
                self.payouts = fact.numerators
                self.paid_at = dated.mined_at
                self.paid_log = fact.at
            case facts.NegRiskQuestionPrepared() as fact:
                self.neg_risk = NegRiskStatus(
                    operator=fact.at.address,
                    neg_risk_market_id=fact.neg_risk_market_id,
                    neg_risk_question_id=fact.neg_risk_question_id,
                )
            case facts.NegRiskQuestionReported() | facts.NegRiskChanged() as fact:
                self._tell_neg_risk(fact, dated.mined_at)
            case facts.RequestTermsChanged() as fact:
                self.asking.requests.terms.tell(fact)
            case ContractChanged() as fact:
                self.asking.requests.terms.tell_default(fact)
            case _:
                # The votes themselves do not change what the contracts answer.
                pass

    def _change(self, change: facts.QuestionChanged, at: datetime) -> None:
        match change.kind:
            case QuestionChangeKind.RESET:
                self.reset = True
                self.asking.reset(change.at, at, is_legacy=self.is_legacy)
            case QuestionChangeKind.FLAGGED:
                self.flagged_at = at
                # Adapter v1 flags without a pause.
                self.paused = self.paused or not self.is_legacy
            case QuestionChangeKind.UNFLAGGED:
                self.flagged_at = None
                self.paused = False
            case QuestionChangeKind.PAUSED:
                self.paused = True
            case QuestionChangeKind.UNPAUSED:
                # Also of a flagged question, whose flag stays: then both ways are open.
                self.paused = False
            case QuestionChangeKind.RESOLVED:
                self.resolved = True
                self.resolved_at = at
            case QuestionChangeKind.SETTLED:
                self.is_price_taken = True
            case QuestionChangeKind.UPDATED:
                self.asking.operate(None)
                self.flagged_at = None
                self.paused = False
            case _:
                assert_never(change.kind)

    def _override(self, layer: OverrideLayer, at: datetime) -> None:
        self.override_layers.append(layer)
        self.overridden_at = at
        if layer is OverrideLayer.ADAPTER:
            # Every version leaves the question paused as it was.
            self.resolved = True
            self.resolved_at = at

    def _tell_neg_risk(
        self, fact: facts.NegRiskQuestionReported | facts.NegRiskChanged, at: datetime
    ) -> None:
        known = self.neg_risk
        if known is None:
            return
        is_ours = fact.neg_risk_question_id == known.neg_risk_question_id
        match fact:
            case facts.NegRiskQuestionReported() if is_ours:
                self.neg_risk = replace(known, reported_at=at, reported_result=fact.result)
            case facts.NegRiskChanged(kind=NegRiskChangeKind.FLAGGED) if is_ours:
                self.neg_risk = replace(known, flagged_at=at)
            case facts.NegRiskChanged(kind=NegRiskChangeKind.UNFLAGGED) if is_ours:
                self.neg_risk = replace(known, flagged_at=None)
            case facts.NegRiskChanged(kind=NegRiskChangeKind.OUTCOME_REPORTED, result=True):
                self.neg_risk = replace(known, is_other_yes=known.is_other_yes or not is_ours)
            case _:
                # A resolution's own ground truth is the tokens' log.
                pass
