"""What `make` promises on a machine with little on it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout without an environment."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    shutil.copytree(PROJECT / "requirements", tmp_path / "requirements")
    return tmp_path


def _make(
    clone: Path, *arguments: str, path: str = "/usr/bin:/bin"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("make") or "make", "--no-print-directory", *arguments],
        cwd=clone,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_every_target(clone: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    result = _make(clone)
    assert result.returncode == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == phony[1].split()


def test_a_machine_without_python_is_told_so_in_one_line(clone: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python3").write_text(
        "#!/bin/sh\nexit 1\n", encoding="utf-8"
    )  # an older Python's answer
    (tools / "python3").chmod(0o755)
    result = _make(clone, "setup", "SHELL=/bin/sh", path=str(tools))
    assert result.returncode != 0
    assert result.stderr.splitlines()[0] == (
        "No Python 3.11 or newer found: install one, or name it with PYTHON=/path/to/python."
    )
    assert not (clone / ".venv").exists()


def test_a_python_that_is_none_is_named(clone: Path) -> None:
    result = _make(clone, "setup", "PYTHON=/bin/false")
    assert result.returncode != 0
    assert "PYTHON=/bin/false is not a Python 3.11 or newer." in result.stderr


def test_options_are_passed_on_to_the_demo(clone: Path) -> None:
    result = _make(clone, "--dry-run", "demo", "ARGS=--no-serve --port 9000")
    assert result.stdout.splitlines()[-1] == ".venv/bin/settlewatch demo --no-serve --port 9000"
