"""``/v1/markets/{ref}/votes``: the vote on each dispute, round by round."""

from fastapi import APIRouter
from starlette.responses import Response

from service.api.lookup import require_market
from service.api.parameters import Ref, only
from service.api.site import Site
from service.api.vote_lines import vote_line
from service.api.vote_schemas import MarketVotes
from service.api.wire import json_response
from service.store.votes.market_votes import list_market_votes


def votes_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["markets"])

    @router.get("/v1/markets/{ref}/votes", response_model=MarketVotes, dependencies=[only()])
    def read_votes(ref: Ref) -> Response:
        """Every disputed request of a market with its votes, our count and what was reported."""
        with site.sessions() as session:
            found = list_market_votes(session, require_market(session, ref))
        data = [vote_line(vote, has_links=site.has_explorers) for vote in found]
        return json_response({"data": data, "next_cursor": None, "notice": site.notice})

    return router
