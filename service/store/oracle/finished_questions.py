"""Every finished question of the catalogue, one row each, as known at a time: one query.

What base rates count. docs/methodology.md, "Base rates"; docs/data-dictionary.md, `base_rates`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
)

from models import oracle
from models.assessment import Announcement
from models.contract_change import ContractChange
from models.enums import ContractKind, OracleVersion, OverrideLayer, QuestionChangeKind, Remedy
from models.liquidity import OpenInterest
from models.market import Market, TradingActivity
from models.rate_enums import ProposerClass
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.protocol.prices import TOO_EARLY
from service.risk.inputs import MICRO
from service.store.sql_words import hex_text, month_text

Column = SQLColumnExpression[Any]

DECILES = 10
# So long after a first answer even a vote that rolled a few times is over: of younger answers those
# that were disputed are mostly not finished yet, so that the finished ones look quieter than all.
SETTLED = timedelta(days=14)
# The lower bounds of the volume strata in micro-USDC, highest first, with their words.
_STRATA = (
    (10_000_000 * MICRO, "over_10m"),
    (1_000_000 * MICRO, "1m_10m"),
    (100_000 * MICRO, "100k_1m"),
    (10_000 * MICRO, "10k_100k"),
)
_LOWEST = "under_10k"
_OWN = (ContractKind.QUESTION_CREATOR, ContractKind.SIGNED_PROPOSER)


def finished_questions(book: ContractBook, at: datetime, since: datetime) -> Select[Any]:
    """One row a finished question: its strata, weights and labels.

    Finished: resolved on its adapter, or set by hand, or the newest request with a proposal has
    settled for anything but "too early". Only questions of catalogue markets count, each once,
    under the oracle of its first proposal; an oracle outside the book leaves it out. Money is as of
    the first proposal, in micro-USDC; labels are 0 or 1, null where they cannot be told. Recent
    are those first proposed at ``since`` or later.
    """
    each = _each_question(book, at).cte("each_question")
    final = func.coalesce(each.c.reported_price, each.c.settled_price)
    is_final = and_(final.is_not(None), final != TOO_EARLY)
    is_over = or_(each.c.resolutions > 0, each.c.by_hand > 0, is_final)
    volume = each.c.volume
    decile = func.ntile(DECILES).over(
        partition_by=volume.is_(None), order_by=(volume, each.c.market_id)
    )
    return select(
        each.c.market_id,
        each.c.group_code,
        each.c.first_at,
        month_text(each.c.first_at).label("month"),
        _bit(each.c.first_at >= since).label("recent"),
        each.c.first_disputed_at,
        each.c.category,
        case(
            *((volume >= low, word) for low, word in _STRATA), (volume.is_not(None), _LOWEST)
        ).label("volume_stratum"),
        case((volume.is_not(None), decile)).label("volume_decile"),
        each.c.oracle_version,
        each.c.adapter,
        each.c.proposer_class,
        volume,
        each.c.open_interest,
        _bit(each.c.first_disputed_at.is_not(None)).label("disputed"),
        _bit(each.c.too_early > 0).label("flipped_early"),
        case((is_final, _bit(final != each.c.first_price))).label("flipped_outcome"),
        _bit(or_(each.c.by_hand > 0, each.c.remedies > 0)).label("overridden"),
    ).where(is_over, each.c.oracle_version.is_not(None))


def _each_question(book: ContractBook, at: datetime) -> Select[Any]:
    """Every question with a proposal, with what decides whether it is finished."""
    first = _first_proposals(at)
    by_requester = Market.adapter.is_(None) | (Market.adapter == first.c.requester)
    # Anybody may ask the oracle the same text; only the market's adapter asks for it.
    of_market = (Market.uma_question_id == first.c.ancillary_hash) & by_requester
    return select(
        Market.id.label("market_id"),
        func.coalesce(Market.group_id, -Market.id).label("group_code"),
        Market.category,
        first.c.first_at,
        first.c.proposed_price.label("first_price"),
        _oracle_version(book, first.c.oracle, first.c.first_at).label("oracle_version"),
        _adapter(book, first.c.requester).label("adapter"),
        _proposer_class(book, first).label("proposer_class"),
        _as_of(TradingActivity, TradingActivity.volume, first.c.first_at).label("volume"),
        _as_of(OpenInterest, OpenInterest.value, first.c.first_at).label("open_interest"),
        _of(oracle.Dispute, first, at, func.min(oracle.Dispute.known_at)).label(
            "first_disputed_at"
        ),
        _of(
            oracle.Settlement,
            first,
            at,
            func.count(),
            oracle.Settlement.price == TOO_EARLY,
        ).label("too_early"),
        _settled_price(first, at).label("settled_price"),
        _reported(first, at, func.count()).label("resolutions"),
        _reported(first, at, oracle.QuestionChange.settled_price).label("reported_price"),
        (_overrides(first, at) + _operator_overrides(first, at)).label("by_hand"),
        _remedies(at).label("remedies"),
    ).join(Market, of_market)


def _first_proposals(at: datetime) -> CTE:
    proposal = oracle.Proposal
    ranked = (
        select(
            proposal.requester,
            proposal.ancillary_hash,
            proposal.address.label("oracle"),
            proposal.proposer,
            proposal.proposed_price,
            proposal.known_at.label("first_at"),
            func.row_number()
            .over(
                partition_by=(proposal.requester, proposal.ancillary_hash),
                order_by=(proposal.known_at, proposal.log_index),
            )
            .label("place"),
        )
        .where(proposal.known_at <= at)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place == 1).cte("first_proposals")


def _of(
    model: type[Any], first: CTE, at: datetime, what: Column, *conditions: ColumnElement[bool]
) -> ScalarSelect[Any]:
    """Something of one kind of request facts of the question."""
    return (
        select(what)
        .where(
            model.ancillary_hash == first.c.ancillary_hash,
            model.requester == first.c.requester,
            model.known_at <= at,
            *conditions,
        )
        .correlate(first)
        .scalar_subquery()
    )


def _settled_price(first: CTE, at: datetime) -> ScalarSelect[Any]:
    """What the newest request settled for; null while it has not.

    Newest among those asked and those proposed to: the lazy mode stores no request as such.
    """
    asked = _of(oracle.PriceRequest, first, at, func.max(oracle.PriceRequest.request_timestamp))
    proposed = _of(oracle.Proposal, first, at, func.max(oracle.Proposal.request_timestamp))
    newest = case((asked > proposed, asked), else_=proposed)
    settled = oracle.Settlement
    return (
        select(settled.price)
        .where(
            settled.ancillary_hash == first.c.ancillary_hash,
            settled.requester == first.c.requester,
            settled.known_at <= at,
            settled.request_timestamp == newest,
        )
        .order_by(settled.known_at.desc(), settled.log_index.desc())
        .limit(1)
        .correlate(first)
        .scalar_subquery()
    )


def _reported(first: CTE, at: datetime, what: Column) -> ScalarSelect[Any]:
    """Something of the question's newest resolution on its adapter."""
    change = oracle.QuestionChange
    query = select(what).where(
        change.question_id == first.c.ancillary_hash,
        change.address == first.c.requester,
        change.kind == QuestionChangeKind.RESOLVED.value,
        change.known_at <= at,
    )
    if what is change.settled_price:
        query = query.order_by(change.known_at.desc(), change.log_index.desc()).limit(1)
    return query.scalar_subquery()


def _overrides(first: CTE, at: datetime) -> ScalarSelect[Any]:
    return (
        select(func.count())
        .where(
            oracle.Override.layer == OverrideLayer.ADAPTER.value,
            oracle.Override.question_id == first.c.ancillary_hash,
            oracle.Override.address == first.c.requester,
            oracle.Override.known_at <= at,
        )
        .scalar_subquery()
    )


def _operator_overrides(first: CTE, at: datetime) -> ScalarSelect[Any]:
    """Of the neg-risk operator, which knows the question by another id."""
    prepared = oracle.NegRiskQuestion
    return (
        select(func.count())
        .select_from(oracle.Override)
        .join(prepared, prepared.neg_risk_question_id == oracle.Override.question_id)
        .where(
            oracle.Override.layer == OverrideLayer.OPERATOR.value,
            prepared.request_id == first.c.ancillary_hash,
            oracle.Override.known_at <= at,
        )
        .correlate(first)
        .scalar_subquery()
    )


def _remedies(at: datetime) -> ScalarSelect[Any]:
    return (
        select(func.count())
        .where(
            Announcement.market_id == Market.id,
            Announcement.remedy != Remedy.NONE.value,
            Announcement.known_at <= at,
        )
        .correlate(Market)
        .scalar_subquery()
    )


def _as_of(model: type[Any], value: Column, instant: Column) -> ScalarSelect[Any]:
    """A market's newest value that was known at an instant."""
    return (
        select(value)
        .where(model.market_id == Market.id, model.known_at <= instant, value.is_not(None))
        .order_by(model.known_at.desc(), model.id.desc())
        .limit(1)
        .correlate_except(model)
        .scalar_subquery()
    )


def _oracle_version(book: ContractBook, address: Column, at: Column) -> ColumnElement[Any]:
    """Whose rules the first proposal was made under, by the book's eras."""
    branches: list[tuple[ColumnElement[bool], OracleVersion]] = []
    for found in dict.fromkeys(e.address for e in book.entries if e.chain_id == POLYGON):
        starts = {e.from_time for e in book.entries if e.address == found and e.from_time}
        for start in sorted(starts, reverse=True):
            version = book.oracle_version(POLYGON, found, start)
            if version is not None:
                branches.append(((hex_text(address) == found.hex()) & (at >= start), version))
        first = book.oracle_version(POLYGON, found, datetime.min.replace(tzinfo=UTC))
        if first is not None:
            branches.append((hex_text(address) == found.hex(), first))
    return case(*((is_it, v.value) for is_it, v in branches)) if branches else null()


def _adapter(book: ContractBook, address: Column) -> ColumnElement[str]:
    """The adapter's kind and version in the book, else its address."""
    kinds = {ContractKind.UMA_CTF_ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER}
    named = {
        e.address: f"{e.kind} {e.version}" if e.version else e.kind.value
        for e in book.entries
        if e.chain_id == POLYGON and e.kind in kinds
    }
    unnamed = literal("0x").concat(hex_text(address))
    if not named:
        return unnamed
    return case(*((hex_text(address) == a.hex(), n) for a, n in named.items()), else_=unnamed)


def _proposer_class(book: ContractBook, first: CTE) -> ColumnElement[str]:
    """Polymarket's own keys by the book; then by the whitelist's logs up to the proposal.

    Who is not found on a stored list proposed as anybody may, where the oracle keeps no list; on
    the managed oracle the list's log is then not stored, and the class unknown.
    """
    own = [a.hex() for a in book.addresses(POLYGON, _OWN)]
    managed = [
        a.hex() for a in book.addresses(POLYGON, (ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2,))
    ]
    change = ContractChange
    listed = (
        select(change.name)
        .where(
            change.subject == first.c.proposer,
            change.name.in_(("AddedToWhitelist", "RemovedFromWhitelist")),
            change.known_at <= first.c.first_at,
        )
        .order_by(change.known_at.desc(), change.log_index.desc())
        .limit(1)
        .correlate(first)
        .scalar_subquery()
    )
    return case(
        (hex_text(first.c.proposer).in_(own), ProposerClass.POLYMARKET.value),
        (listed == "AddedToWhitelist", ProposerClass.WHITELISTED.value),
        (hex_text(first.c.oracle).in_(managed), ProposerClass.UNKNOWN.value),
        else_=ProposerClass.OTHER.value,
    )


def _bit(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
