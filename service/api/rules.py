"""``/v1/markets/{ref}/rules``: what the rules say, said, and were added to, and when."""

from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import Response

from models.enums import Category
from models.market import Market
from service.api.as_of import AsOf, past_instant
from service.api.lookup import require_market
from service.api.parameters import Ref, only
from service.api.rule_schemas import MarketRulesAnswer
from service.api.site import Site
from service.api.wire import checksum_or_none, hex_or_none, json_response
from service.protocol.clarification_list import ListedState, ListedText, Sighting
from service.protocol.finality import POLYGON
from service.protocol.ids import to_hex
from service.protocol.rule_texts import Hunk, TextDiff, shown
from service.risk.wording_features import text_features
from service.store.links import transaction_link
from service.store.markets.rules import FirstTrade, MarketRules, RulesVersionView, get_market_rules

Line = dict[str, object]
_NO_RULES = "rules: the catalogue has given no text"
_NO_QUESTION = "positions: the question's logs are not stored"
_NO_TRADE = "first trade: the stored volume does not tell when it was"


def rules_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["markets"])

    @router.get(
        "/v1/markets/{ref}/rules",
        response_model=MarketRulesAnswer,
        dependencies=[only("as_of")],
    )
    def read_rules(ref: Ref, as_of: AsOf = None) -> Response:
        """Versions with their differences, clarifications of all channels, the chain's text."""
        at = None if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            market = require_market(session, ref)
            found = get_market_rules(session, market, at)
        told = [_addition(entry, found.first_trade, site) for entry in found.additions]
        return json_response(
            {
                "ref": to_hex(market.condition_id),
                "as_of": at,
                "versions": [_version(version) for version in found.versions],
                "clarifications": told,
                "notes_left_out": found.notes_left_out,
                "readings": _readings(market, found),
                "on_chain": _on_chain(found),
                "missing": _missing(found),
                "notice": site.notice,
            }
        )

    return router


def _version(view: RulesVersionView) -> Line:
    return {
        "version": view.stored.version,
        "known_at": view.stored.known_at,
        "text_sha256": to_hex(view.stored.text_hash),
        "text": shown(view.stored.text),
        "change": view.diff.change,
        **_diff(view.diff),
        "updates": list(view.updates),
        "chain_agreement": view.with_chain.agreement,
    }


def _readings(market: Market, found: MarketRules) -> list[Line]:
    """What the newest text has of what makes a market contestable; places are in its ``text``."""
    if not found.versions:
        return []
    text = shown(found.versions[-1].stored.text)
    return [
        {
            "name": reading.name,
            "value": reading.value,
            "unit": reading.unit,
            "moves_score": reading.coef_source != "off",
            "spans": [asdict(span) for span in reading.spans],
        }
        for reading in text_features(market.title, text, Category(market.category))
    ]


def _diff(diff: TextDiff | None) -> Line:
    return {
        "hunks": [] if diff is None else [_hunk(hunk) for hunk in diff.hunks],
        "is_coarse": diff is not None and diff.is_coarse,
    }


def _hunk(hunk: Hunk) -> Line:
    return {
        "kind": hunk.kind,
        "before": hunk.before,
        "removed": hunk.removed,
        "added": hunk.added,
        "after": hunk.after,
    }


def _addition(entry: ListedText, first_trade: FirstTrade, site: Site) -> Line:
    place = entry.place
    return {
        "text": shown(entry.text),
        "at": entry.at,
        "is_official": entry.is_official,
        "is_in_force": entry.is_in_force,
        "position": None if place is None else place.position,
        "proposals_before": None if place is None else place.proposals_before,
        "disputes_before": None if place is None else place.disputes_before,
        "after_first_trade": first_trade.has_traded(entry.at),
        "sources": [_sighting(seen, site) for seen in entry.sightings],
    }


def _sighting(seen: Sighting, site: Site) -> Line:
    log, sent = seen.log, seen.transaction_hash
    # The catalogue's transactions are Polygon's.
    chain_id = log.chain_id if log is not None else POLYGON if sent is not None else None
    link = None
    if chain_id is not None and sent is not None and site.has_explorers:
        link = transaction_link(chain_id, sent)
    return {
        "source": seen.source,
        "at": seen.at,
        "known_at": seen.known_at,
        "position": None if seen.place is None else seen.place.position,
        "chain_id": chain_id,
        "transaction": hex_or_none(sent),
        "log_index": None if log is None else log.log_index,
        "link": link,
        "owner": checksum_or_none(seen.owner),
        "text": shown(seen.text),
        "catalogue_id": seen.states[-1].row.gamma_id if seen.states else None,
        "states": [_state(state) for state in seen.states],
        "provisional": seen.is_provisional,
    }


def _state(state: ListedState) -> Line:
    row = state.row
    return {
        "state": shown(row.state),
        "known_at": state.known_at,
        "text": shown(row.text),
        "is_shown": row.is_shown,
        "clears_book": row.clears_book,
        "scheduled_for": row.scheduled_for,
    }


def _on_chain(found: MarketRules) -> Line:
    asked, compared = found.asked, found.with_chain
    text = None if asked is None else asked.text
    return {
        "agreement": compared.agreement,
        "reason": compared.reason,
        "question_id": None if asked is None else to_hex(asked.question_id),
        "known_at": None if asked is None else asked.known_at,
        "title": None if text is None or text.title is None else shown(text.title),
        "is_same_title": None if asked is None else asked.is_same_title,
        "text": None if text is None or text.description is None else shown(text.description),
        **_diff(compared.diff),
    }


def _missing(found: MarketRules) -> list[str]:
    missing = [] if found.versions else [_NO_RULES]
    if not found.is_on_chain:
        missing.append(_NO_QUESTION)
    if found.first_trade.by is None:
        missing.append(_NO_TRADE)
    return missing
