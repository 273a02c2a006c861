"""Wallets over the API: links with their evidence, as they were known, and the caution beside."""

from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from jobs.link_wallets import link_wallets
from service.api.wallet_schemas import WalletDetail
from service.api.wallets import CAUTION
from service.protocol.ids import to_checksum, to_hex
from tests.jobs.encoded_store import store
from tests.store.wallet_scenes import (
    BOOK,
    DISPUTER,
    PROXY,
    RECIPES,
    START,
    STRANGER,
    a_wallets_chain,
    wallet_of,
)


def ask(client: TestClient, address: bytes, **params: str) -> WalletDetail:
    answer = client.get(f"/v1/wallets/{to_hex(address)}", params=params)
    assert answer.status_code == 200, answer.text
    return WalletDetail.model_validate_json(answer.content)


def test_an_accounts_wallets_come_with_their_evidence(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    store(sessions, a_wallets_chain(), BOOK)
    link_wallets(sessions, BOOK, RECIPES)
    found = ask(client, DISPUTER)
    assert (found.kind, found.roles, found.missing) == ("account", ["disputer"], [])
    assert found.caution == CAUTION
    [safe] = [x for x in found.links if x.to_address == to_checksum(wallet_of(DISPUTER))][:1]
    assert (safe.kind, safe.basis, safe.confidence) == ("OWN", "created", "0.990")
    assert safe.evidence[0].transaction is not None
    assert safe.evidence[0].link == f"https://polygonscan.com/tx/{safe.evidence[0].transaction}"
    assert [x.confidence for x in found.linked] == ["0.990", "0.990", "0.990", "0.700", "0.700"]
    # From a wallet, one gets to the account and its other wallets.
    others = {x.address: x.confidence for x in ask(client, wallet_of(DISPUTER)).linked}
    assert others[to_checksum(wallet_of(DISPUTER, PROXY))] == "0.980"
    early = (START - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert ask(client, DISPUTER, as_of=early).links == []


def test_an_address_nobody_saw_is_no_error_and_says_why_it_is_empty(client: TestClient) -> None:
    found = ask(client, STRANGER)
    assert (found.kind, found.links, found.linked) == (None, [], [])
    assert found.missing[0].startswith("links: this address neither proposed")
    assert found.caution == CAUTION


def test_what_cannot_be_used_is_refused_by_name(client: TestClient) -> None:
    refused = {
        "/v1/wallets/0x12": "address",
        f"/v1/wallets/{to_hex(STRANGER)}?as_of=2026-01-01T00:00:00": "as_of",
        f"/v1/wallets/{to_hex(STRANGER)}?as_of=2999-01-01T00:00:00Z": "as_of",
        # Legal where it stands, and before the first day of the calendar in UTC.
        f"/v1/wallets/{to_hex(STRANGER)}?as_of=0001-01-01T00:00:00%2B14:00": "as_of",
        # Whoever looks back from there leaves the calendar.
        f"/v1/wallets/{to_hex(STRANGER)}?as_of=0001-06-01T00:00:00Z": "as_of",
        "/v1/blocs?as_of=0001-01-01T00:00:00Z": "as_of",
        "/v1/alerts/quality?as_of=1969-12-31T23:59:59Z": "as_of",
        f"/v1/wallets/{to_hex(STRANGER)}?limit=5": "limit",
    }
    for url, name in refused.items():
        answer = client.get(url)
        assert answer.status_code == 422, url
        assert answer.json()["errors"][0]["parameter"] == name
    nonsense = client.get(f"/v1/wallets/{to_hex(STRANGER)}?as_of=soon").json()["detail"]
    assert nonsense == "as_of: must be RFC 3339, e.g. 2026-03-01T12:00:00Z"
