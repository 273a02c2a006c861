"""`/v1/model` and its page: every number with its source, and whether the model still holds."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from service.api.app import create_app
from service.clock import SetClock
from service.dashboard.pages import create_dashboard
from service.risk.explain.drift import DriftFinding, DriftState
from service.risk.parameters import MODEL_VERSION
from service.risk.shipped_models import ShippedModel, read_models
from service.store.checks.model_checks import CONTRACTS, FEATURE, add_checks
from service.store.checks.model_document import read_model
from tests.risk.scenes import PARAMETERS
from tests.store.scenes import NOW

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OK = DriftFinding("liveness", 0.01, 0.2, 500, DriftState.OK, "500 markets")
CHANGED = DriftFinding("contracts", 1.0, 0.0, 1, DriftState.DRIFTED, "1 changed: spat 0.65")


def add(
    sessions: sessionmaker[Session], *findings: tuple[str, DriftFinding], hours: int = 0
) -> None:
    versions = (MODEL_VERSION, PARAMETERS.priors_version)
    with sessions.begin() as session:
        add_checks(session, findings, versions, NOW + timedelta(hours=hours))


def test_every_prior_is_told_with_its_strength_tag_and_source(client: TestClient) -> None:
    answer = client.get("/v1/model")
    assert answer.status_code == 200
    body = answer.json()
    assert body["model_version"] == MODEL_VERSION
    assert body["priors_version"] == PARAMETERS.priors_version
    priors = {(line["section"], line["name"]): line for line in body["priors"]}
    for symbol, prior in PARAMETERS.transitions.items():
        line = priors["transitions", symbol]
        told = (line["value"], line["n"], line["tag"], line["assumed"], line["source"])
        assert told == (prior.mean, prior.n, prior.tag, prior.assumed, prior.source)
    again = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/v1/model", headers=again).status_code == 304


def test_the_state_is_that_of_the_last_checks(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    assert client.get("/v1/model").json()["drift"]["state"] == "not_checked"
    add(sessions, (FEATURE, OK))
    assert client.get("/v1/model").json()["drift"]["state"] == "ok"
    add(sessions, (FEATURE, OK), (CONTRACTS, CHANGED), hours=1)
    drift = client.get("/v1/model").json()["drift"]
    assert (drift["state"], drift["warnings"]) == ("stale", ["model_stale: 1 changed: spat 0.65"])
    assert [check["name"] for check in drift["checks"]] == ["liveness", "contracts"]
    assert drift["checks"][0]["n"] == 500


def test_fitted_models_come_with_their_card_and_held_out_figures(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    (tmp_path / "disputed.json").write_text('{"model_id": "x", "held_out": {"rows": 9}}')
    (tmp_path / "disputed.md").write_text("# Card")
    models = read_models(tmp_path)
    assert models == (
        ShippedModel("disputed", {"model_id": "x", "held_out": {"rows": 9}}, "# Card"),
    )
    with sessions() as session:
        fitted = read_model(session, PARAMETERS, models, NOW)
        bare = read_model(session, PARAMETERS, read_models(tmp_path / "nowhere"), NOW)
    held_out = fitted["held_out"]
    assert isinstance(held_out, dict)
    assert (held_out["disputed"]["rows"], held_out["disputed"]["embargo_days"]) == (9, None)
    assert "not the backtest" in held_out["disputed"]["what"]
    assert (bare["fitted"], bare["held_out"]) == (None, None)
    assert "no fitted model is shipped" in str(bare["fitted_reason"])


def test_the_page_says_whether_it_holds_and_shows_every_prior(
    sessions: sessionmaker[Session],
) -> None:
    add(sessions, (FEATURE, OK), (CONTRACTS, CHANGED))
    clock = SetClock(NOW)
    pages = create_dashboard(sessions, clock, version="1")
    client = TestClient(create_app(sessions, clock, version="1", pages=pages))
    page = client.get("/model", headers={"Accept": "text/html"}).text
    assert "Stale: contracts changed after its priors" in page
    assert "<code>d1w</code>" in page
    assert "docs/methodology.md" in page
