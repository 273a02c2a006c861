"""The pinned requirements are whole, hashed, and agree with pyproject.toml and one another."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
FILES = ("bootstrap", "runtime", "dev", "bench")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;]+)")

Pins = dict[str, set[str]]


def _lines(name: str) -> list[str]:
    text = (PROJECT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    joined = text.replace("\\\n", " ").splitlines()
    return [line for line in joined if line.strip() and not line.startswith("#")]


def _pins(name: str) -> Pins:
    """Versions by package; two where Pythons need different ones."""
    pins: Pins = {}
    for line in _lines(name):
        found = PIN.match(line)
        assert found, line
        pins.setdefault(canonicalize_name(found[1]), set()).add(found[2])
    return pins


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    lines = _lines(name)
    assert lines
    for line in lines:
        assert PIN.match(line), f"{line[:80]}: not pinned"
        assert " --hash=sha256:" in line, f"{line[:80]}: no hash"
        assert "://" not in line, f"{line[:80]}: names a place to fetch from"


@pytest.mark.parametrize(("name", "group"), [("runtime", None), ("dev", "dev"), ("bench", "bench")])
def test_every_declared_dependency_is_pinned_within_its_range(
    name: str, group: str | None, project: dict[str, Any]
) -> None:
    declared = list(project["project"]["dependencies"])
    if group:
        declared += project["dependency-groups"][group]
    pins = _pins(name)
    for text in declared:
        requirement = Requirement(text)
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{text}: not in requirements/{name}.txt; run `make requirements`"
        assert all(requirement.specifier.contains(version) for version in versions), text


@pytest.mark.parametrize("name", ["dev", "bench"])
def test_developers_run_the_versions_operators_run(name: str) -> None:
    pins = _pins(name)
    differing = {
        package for package, versions in _pins("runtime").items() if pins.get(package) != versions
    }
    assert differing == set()


def test_every_npm_package_is_pinned_hashed_and_of_no_named_registry() -> None:
    declared = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))
    packages = lock["packages"]
    assert packages.pop("")["devDependencies"] == declared["devDependencies"]
    for name, version in declared["devDependencies"].items():
        assert packages[f"node_modules/{name}"]["version"] == version
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), f"{name}: no hash"
        assert "resolved" not in package, f"{name}: names a place to fetch from"
