from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def operations(app: FastAPI) -> dict[str, dict[str, Any]]:
    paths = app.openapi()["paths"]
    return {path: next(iter(item.values())) for path, item in paths.items()}


def test_every_route_of_the_contract_is_described(app: FastAPI) -> None:
    assert set(operations(app)) == {
        "/v1/markets",
        "/v1/markets/{ref}",
        "/v1/markets/{ref}/assessment",
        "/v1/markets/{ref}/assessments",
        "/v1/markets/{ref}/explanation",
        "/v1/markets/{ref}/timeline",
        "/v1/markets/{ref}/votes",
        "/v1/markets/{ref}/rules",
        "/v1/markets/{ref}/adjudication",
        "/v1/markets/{ref}/liquidity",
        "/v1/markets/{ref}/proposal-signals",
        "/v1/proposers/{address}",
        "/v1/blocs",
        "/v1/voters/{address}",
        "/v1/wallets/{address}",
        "/v1/wallets/{address}/exposure",
        "/v1/markets/{ref}/attack",
        "/v1/rounds",
        "/v1/rounds/{round_id}",
        "/v1/rounds/{round_id}/assessments",
        "/v1/rounds/{round_id}/what-if",
        "/v1/proposals",
        "/v1/attacks",
        "/v1/alerts/quality",
        "/v1/model",
        "/v1/sources",
        "/v1/data-quality",
        "/v1/base-rates",
        "/healthz",
        "/readyz",
    }


def test_every_described_parameter_is_accepted_and_every_other_refused(
    app: FastAPI, client: TestClient
) -> None:
    for path, operation in operations(app).items():
        described = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
        named = path.format(ref="x", address="0x" + "12" * 20, round_id="current")
        ask = client.post if path.endswith("/what-if") else client.get
        answer = ask(f"{named}?surely_unknown=1")
        assert answer.status_code == 422
        takes = answer.json()["detail"].split("(it takes: ")[1].rstrip(")")
        assert set(takes.split(", ")) == (described or {"none"})


def test_errors_are_described_as_problem_documents(app: FastAPI) -> None:
    for operation in operations(app).values():
        for status in ("404", "422"):
            response = operation["responses"].get(status)
            if response is not None:
                assert list(response["content"]) == ["application/problem+json"]


def test_answers_are_described_by_named_shapes(app: FastAPI) -> None:
    for operation in operations(app).values():
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert "$ref" in schema
