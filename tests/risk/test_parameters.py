"""The priors file says what it rests on."""

from importlib.resources import files

import pytest

from models.enums import Category, OracleVersion
from service.risk.parameters import parse_parameters
from tests.risk.scenes import PARAMETERS

SHIPPED = files("service.risk").joinpath("priors.toml").read_text("utf-8")


def test_every_prior_names_its_source_and_assumptions_are_marked() -> None:
    tables = [PARAMETERS.transitions, *PARAMETERS.version.values()]
    priors = [prior for table in tables for prior in table.values()]
    priors += PARAMETERS.vote_error.values()
    assert all(prior.source and prior.tag in set("CDTNA") for prior in priors)
    assert all(prior.assumed for prior in priors if prior.tag == "A")
    assert all(0 < prior.mean < 1 and prior.n > 0 for prior in priors)


def test_a_version_overrides_only_what_it_names() -> None:
    older, managed = (
        PARAMETERS.prior("a1w", v) for v in (OracleVersion.OOV2, OracleVersion.MANAGED)
    )
    assert older.mean > 3 * managed.mean
    assert PARAMETERS.prior("d1w", OracleVersion.OOV2) is PARAMETERS.transitions["d1w"]


def test_category_rates_stand_in_the_proportions_of_the_count() -> None:
    assert PARAMETERS.dispute_ratio[Category.OTHER] == pytest.approx(2.69, abs=0.005)
    assert PARAMETERS.dispute_ratio[Category.CRYPTO] == pytest.approx(0.094, abs=0.001)


def test_a_misspelt_prior_is_refused() -> None:
    with pytest.raises(TypeError, match="meen"):
        parse_parameters(SHIPPED.replace("mu = { mean", "mu = { meen"))


def test_a_missing_category_is_refused() -> None:
    with pytest.raises(KeyError, match="weather"):
        parse_parameters(SHIPPED.replace("weather = 1.9e-4\n", ""))
