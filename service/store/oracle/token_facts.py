"""What the tokens and the neg-risk contracts say of a page of questions."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import or_

from models import oracle
from models.enums import NegRiskChangeKind, OverrideLayer
from service.protocol.dated_fact import DatedFact
from service.protocol.market_ids import MAX_INDEX, neg_risk_market_of, neg_risk_question_id
from service.store.oracle.fact_reader import FactReader, Found, QuestionKey, give


def add_token_facts(reader: FactReader, ids: set[bytes], found: Found) -> None:
    """What the tokens and the neg-risk contracts say, through the neg-risk id where needed."""
    owners: dict[bytes, list[QuestionKey]] = defaultdict(list)
    for key in list(found):
        owners[key[2]].append(key)
    # A question with tokens of its own adapter's making has nothing to do with the operator, even
    # where the same text was also asked through it.
    direct: set[QuestionKey] = set()
    for token, fact in _token_rows(reader, ids):
        keys = [key for key in owners[token.question_id] if token.oracle == key[1]]
        give(fact, keys, found)
        direct.update(keys)
    neg_risk: dict[bytes, list[QuestionKey]] = {}
    for row, fact in reader.rows(
        oracle.NegRiskQuestion, oracle.NegRiskQuestion.request_id.in_(ids)
    ):
        neg_risk[row.neg_risk_question_id] = [k for k in owners[row.request_id] if k not in direct]
        give(fact, neg_risk[row.neg_risk_question_id], found)
    if neg_risk:
        _add_neg_risk_facts(reader, neg_risk, found)


def _add_neg_risk_facts(
    reader: FactReader, neg_risk: Mapping[bytes, list[QuestionKey]], found: Found
) -> None:
    """Reports, flags, overrides and payouts under the neg-risk ids."""
    reported: set[bytes] = set()
    of_ours = oracle.NegRiskReport.neg_risk_question_id.in_(neg_risk)
    for report, fact in reader.rows(oracle.NegRiskReport, of_ours):
        give(fact, neg_risk[report.neg_risk_question_id], found)
        if report.result:
            reported.add(report.neg_risk_question_id)
    changed = oracle.NegRiskChange.neg_risk_question_id.in_(neg_risk)
    for change, fact in reader.rows(oracle.NegRiskChange, changed):
        give(fact, neg_risk[change.neg_risk_question_id], found)
    by_hand = oracle.Override.question_id.in_(neg_risk) & (
        oracle.Override.layer == OverrideLayer.OPERATOR.value
    )
    for override, fact in reader.rows(oracle.Override, by_hand):
        give(fact, neg_risk[override.question_id], found)
    paid: set[bytes] = set()
    for token, fact in _token_rows(reader, neg_risk):
        give(fact, neg_risk[token.question_id], found)
        if isinstance(token, oracle.Payout):
            paid.add(token.question_id)
    _add_rivals(reader, reported - paid, neg_risk, found)


def _add_rivals(
    reader: FactReader,
    waiting: set[bytes],
    neg_risk: Mapping[bytes, list[QuestionKey]],
    found: Found,
) -> None:
    """For an unpaid Yes: other outcomes of its market that were reported as Yes already."""
    if not waiting:
        return
    changes = oracle.NegRiskChange
    # All questions of a market share every byte of their ids but the last.
    same_market = or_(
        *(
            changes.neg_risk_question_id.between(market, neg_risk_question_id(market, MAX_INDEX))
            for market in {neg_risk_market_of(question) for question in waiting}
        )
    )
    is_yes = changes.result & (changes.kind == NegRiskChangeKind.OUTCOME_REPORTED.value)
    for rival, fact in reader.rows(changes, same_market & is_yes):
        for question in waiting:
            is_rival = neg_risk_market_of(question) == neg_risk_market_of(
                rival.neg_risk_question_id
            )
            if is_rival and rival.neg_risk_question_id != question:
                give(fact, neg_risk[question], found)


def _token_rows(
    reader: FactReader, question_ids: Collection[bytes]
) -> Iterator[tuple[oracle.Condition | oracle.Payout, DatedFact]]:
    yield from reader.rows(oracle.Condition, oracle.Condition.question_id.in_(question_ids))
    yield from reader.rows(oracle.Payout, oracle.Payout.question_id.in_(question_ids))
