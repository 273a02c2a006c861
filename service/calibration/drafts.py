"""A recorded row as a study row in the making."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from models.enums import Category
from service.calibration.cell_texts import amount, instant, outcome, price, soft_truth, truth
from service.calibration.recordings import Recording
from service.calibration.rows import Labels, StudyRow, TimeBasis

Cells = Mapping[str, str]
_KEY_DIGITS = 8
_CATEGORIES = {str(category): category for category in Category}


@dataclass(slots=True)
class Draft:
    """A row in the making, and the events that group it."""

    row: StudyRow
    file: str
    events: tuple[str, ...]
    # Whether the very proposal that is scored was disputed; `labels.disputed` is of any round.
    disputed_here: bool | None = None


def market_key_of(cells: Cells) -> str | None:
    """The recordings' key, made from the condition id where it is missing."""
    key, condition = cells.get("market_key"), cells.get("condition_id")
    if key is None and condition is not None:
        return hashlib.sha256(condition.encode()).hexdigest()[:_KEY_DIGITS]
    return key


def draft_proposal(key: str, cells: Cells, file: str) -> Draft | None:
    """A row of a proposals recording; None without a proposal's time."""
    at = instant(cells.get("proposal_ts"))
    if at is None:
        return None
    # A dispute of any round is a dispute of the question.
    own, any_round = truth(cells.get("disputed")), truth(cells.get("disputed_any"))
    disputed = True if own or any_round else any_round if any_round is not None else own
    labels = Labels(
        disputed=disputed,
        flipped=_flipped(truth(cells.get("flipped")), disputed),
        misresolved=soft_truth(cells.get("misresolved")),
        source=f"{Recording.PROPOSALS}:{cells.get('label_basis', 'recorded')}",
    )
    liveness = amount(cells.get("liveness_s"))
    expires = instant(cells.get("expiration_ts"))
    if liveness is None and expires is not None and expires > at:
        liveness = (expires - at).total_seconds()
    row = StudyRow(
        market_key=key,
        group="",
        score_time=at,
        time_basis=TimeBasis.PROPOSAL,
        recorded_as=str(Recording.PROPOSALS),
        title=cells.get("title"),
        rules=cells.get("description", cells.get("ancillary_text")),
        category=_category(cells),
        tags=_tags(cells.get("tags")),
        requested_at=instant(cells.get("request_ts")),
        scheduled_end=instant(cells.get("end_date")),
        game_start=instant(cells.get("game_start_time")),
        proposed_outcome=outcome(cells.get("proposed_outcome"), cells.get("proposed_price")),
        proposer=_address(cells.get("proposer")),
        creator=_address(cells.get("creator")),
        bond_usd=amount(cells.get("bond_usdc")),
        reward_usd=amount(cells.get("reward_usdc")),
        liveness_seconds=None if liveness is None else int(liveness),
        oracle=cells.get("oracle"),
        is_neg_risk=True if "neg_risk_market_id" in cells else None,
        price_of_proposed=price(cells.get("price_of_proposed")),
        token0_price=price(cells.get("token0_price")),
        token1_price=price(cells.get("token1_price")),
        labels=labels,
    )
    return Draft(row, file, _events(cells), own)


def draft_market(key: str, cells: Cells, file: str) -> Draft | None:
    """A row of a markets recording; None without any time of its end."""
    resolved = instant(cells.get("uma_end_ts")) or instant(cells.get("closed_ts"))
    at = resolved or instant(cells.get("end_ts"))
    if at is None:
        return None
    disputed = truth(cells.get("disputed"))
    labels = Labels(
        disputed=disputed,
        flipped=_flipped(truth(cells.get("flipped")), disputed),
        misresolved=soft_truth(cells.get("misresolved")),
        source=f"{Recording.MARKETS}:{cells.get('label_basis', 'recorded')}",
        settled_at=resolved,
        weight_usd=amount(cells.get("volume")),
    )
    liveness = amount(cells.get("custom_liveness"))
    row = StudyRow(
        market_key=key,
        group="",
        score_time=at,
        time_basis=TimeBasis.SETTLEMENT,
        recorded_as=str(Recording.MARKETS),
        title=cells.get("question"),
        rules=cells.get("description"),
        category=_category(cells),
        tags=_tags(cells.get("tags")),
        scheduled_end=instant(cells.get("end_ts")),
        game_start=instant(cells.get("game_start_time")),
        bond_usd=amount(cells.get("uma_bond")),
        reward_usd=amount(cells.get("uma_reward")),
        # Zero is the listing's word for "not set".
        liveness_seconds=int(liveness) if liveness else None,
        is_neg_risk=truth(cells.get("neg_risk")),
        labels=labels,
    )
    return Draft(row, file, _events(cells))


def _flipped(recorded: bool | None, disputed: bool | None) -> bool | None:  # noqa: FBT001  # a label
    """What nobody disputed settles as proposed."""
    return False if recorded is None and disputed is False else recorded


def _category(cells: Cells) -> Category:
    return _CATEGORIES.get(cells.get("category", "").strip().casefold(), Category.OTHER)


def _tags(text: str | None) -> tuple[str, ...]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(sorted({str(tag) for tag in found})) if isinstance(found, list) else ()


def _address(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()


def _events(cells: Cells) -> tuple[str, ...]:
    return tuple(
        f"{name}:{cells[name]}" for name in ("event_id", "neg_risk_market_id") if name in cells
    )
