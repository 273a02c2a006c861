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
    for name in ("Makefile", "pyproject.toml", "package.json", "package-lock.json"):
        shutil.copy(PROJECT / name, tmp_path)
    shutil.copytree(PROJECT / "requirements", tmp_path / "requirements")
    return tmp_path


def _make(
    clone: Path, *arguments: str, path: str = "/usr/bin:/bin", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("make") or "make", "--no-print-directory", *arguments],
        cwd=clone,
        env={"PATH": path, **environment},
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


class TestNode:
    """The tests' EVM node is wanted, not needed, except in the CI."""

    @pytest.fixture
    def prepared(self, clone: Path) -> Path:
        """A checkout whose environment is up to date, with an npm that fails."""
        (clone / ".venv" / "bin").mkdir(parents=True)
        for stamp in (".base", ".runtime", ".dev"):
            (clone / ".venv" / stamp).touch()
        self.put_npm(clone, 1)
        return clone

    def put_npm(self, clone: Path, status: int) -> None:
        npm = clone / ".venv" / "bin" / "npm"
        npm.write_text(f"#!/bin/sh\necho npm $*\nexit {status}\n", encoding="utf-8")
        npm.chmod(0o755)

    def test_setup_goes_on_without_it_and_says_what_is_lost(self, prepared: Path) -> None:
        result = _make(prepared, "setup")
        assert result.returncode == 0
        assert result.stderr.splitlines()[-1] == (
            "npm could not install the EVM node (see above): tests that need it will be skipped."
        )

    def test_setup_fails_without_it_in_the_ci(self, prepared: Path) -> None:
        result = _make(prepared, "setup", CI="true")
        assert result.returncode != 0
        assert "which the CI's tests need" in result.stderr

    def test_it_is_installed_once_from_the_lock_and_without_scripts(self, prepared: Path) -> None:
        self.put_npm(prepared, 0)
        first, second = (_make(prepared, "setup") for _ in range(2))
        assert "npm ci --ignore-scripts" in first.stderr
        assert (first.returncode, second.returncode) == (0, 0)
        assert "npm" not in second.stderr
        # Standard output belongs to the commands people run.
        assert first.stdout == ""
