"""The house rules no other tool checks, and the layers as import-linter sees them."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SOURCES = ("models", "service", "jobs", "migrations")
TEXTS = {".py", ".html", ".css", ".js"}
LARGEST = 400
# Words that name no subject: whatever lands there has a better home.
EMPTY_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
# In pieces, so that this file does not name them itself.
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "docker" + ".io",
    "docker" + ".com",
    "ghcr" + ".io",
    "proxy." + "golang",
)


def _sources() -> Iterator[Path]:
    for folder in SOURCES:
        yield from sorted((PROJECT / folder).rglob("*.py"))


def _committed() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: no way to tell the repository's files from others")
    paths = (PROJECT / name.decode() for name in listing.stdout.split(b"\0") if name)
    return [path for path in paths if path.is_file()]


def _relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def test_imports_go_down_the_layers_only() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_part_of_service_and_jobs_has_a_layer() -> None:
    """A new module that no layer names would be free to import anything."""
    config = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    floors = next(c for c in config["tool"]["importlinter"]["contracts"] if c["id"] == "floors")
    named = {
        module.strip(" ()")
        for layer in floors["layers"]
        for module in layer.replace("|", ":").split(":")
    }
    missing = [
        f"{folder}.{path.stem}"
        for folder in ("service", "jobs")
        for path in sorted((PROJECT / folder).iterdir())
        if not path.name.startswith("__")
        and (path.suffix == ".py" or (path / "__init__.py").is_file())
        and f"{folder}.{path.stem}" not in named
    ]
    assert not missing, f"name them in pyproject.toml's 'floors' contract: {missing}"


def test_no_file_grows_past_what_a_reader_takes_in() -> None:
    # A migration is one intent, however many tables that takes, and is never edited again.
    sizes = {
        _relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in _committed()
        if path.suffix in TEXTS and not {"vendor", "versions"} & set(path.parts)
    }
    assert {name: lines for name, lines in sizes.items() if lines > LARGEST} == {}


def test_every_file_is_named_for_a_subject() -> None:
    found = [
        _relative(path)
        for path in _committed()
        if path.suffix == ".py" and EMPTY_NAMES & {path.stem, *path.relative_to(PROJECT).parts}
    ]
    assert found == []


def test_nothing_below_the_jobs_commits_or_rolls_back() -> None:
    found = [
        f"{_relative(path)}:{node.lineno}"
        for path in _sources()
        if path.relative_to(PROJECT).parts[0] in {"models", "service"}
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
    ]
    assert found == []


def _names(node: ast.expr | None) -> set[str]:
    if node is None:
        return {"BaseException"}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def test_only_the_cycle_around_a_job_catches_every_error() -> None:
    found = [
        f"{_relative(path)}:{node.lineno}"
        for path in _sources()
        if _relative(path) != "jobs/cycle.py"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ExceptHandler)
        and _names(node.type) & {"Exception", "BaseException"}
    ]
    assert found == []


def test_no_file_names_a_package_registry_host() -> None:
    found = [
        f"{_relative(path)}: {host}"
        for path in _committed()
        for host in REGISTRY_HOSTS
        if host.encode() in path.read_bytes()
    ]
    assert found == []
