"""What `docker compose up` relies on, checked without Docker."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
COMPOSE = PROJECT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))[
        "services"
    ]
    return found


class Volumes:
    """Folders that stand in for what the `secrets` step mounts."""

    def __init__(self, root: Path, script: str) -> None:
        self.operator = root / "operator"
        self.database = root / "database"
        self.service = root / "service"
        places = {
            "/operator/": self.operator,
            "/var/lib/postgresql/": self.database,
            "/service/": self.service,
        }
        for place, folder in places.items():
            folder.mkdir()
            script = script.replace(f" {place}", f" {folder}/").replace(f'"{place}', f'"{folder}/')
        self._script = script.replace("$$", "$")

    def start(self) -> None:
        subprocess.run(["/bin/sh", "-euc", self._script], check=True)

    def settings(self) -> Settings:
        return Settings(_secrets_dir=self.service, _env_file=None)


@pytest.fixture
def volumes(
    tmp_path: Path, services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Volumes:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SETTLEWATCH_{name.upper()}", raising=False)
    (script,) = services["secrets"]["command"]
    return Volumes(tmp_path, script)


def test_the_compose_file_follows_the_compose_specification() -> None:
    command = [
        str(TOOLS / "check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    command = [TOOLS / "hadolint", PROJECT / "Dockerfile"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_container_is_hardened_limited_and_rotates_its_log(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"]["max-size"], name
        assert service["deploy"]["resources"]["limits"].keys() >= {"memory", "pids"}, name


def test_only_the_step_that_makes_the_secrets_runs_as_root(
    services: dict[str, dict[str, Any]],
) -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    assert "\nUSER 10001:10001\n" in dockerfile
    users = {name: service.get("user") for name, service in services.items()}
    assert users == {"secrets": "0:0", "postgres": "postgres", "migrate": None, "settlewatch": None}
    assert services["secrets"]["network_mode"] == "none"


def test_the_pages_are_published_to_this_machine_only_by_default(
    services: dict[str, dict[str, Any]],
) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published == ["${SETTLEWATCH_PUBLISH:-127.0.0.1:8000}:8000"]


def test_the_first_start_makes_a_password_and_the_service_finds_it(volumes: Volumes) -> None:
    volumes.start()

    password = (volumes.database / "password").read_text(encoding="utf-8")
    assert len(password) == 64
    assert volumes.settings().database_url.get_secret_value() == (
        f"postgresql+psycopg://settlewatch:{password}@postgres:5432/settlewatch"
    )
    # Readable to whatever user a container runs as; writable to none.
    assert {path.stat().st_mode & 0o777 for path in volumes.service.iterdir()} == {0o444}


def test_a_later_start_keeps_the_password(volumes: Volumes) -> None:
    volumes.start()
    first = (volumes.database / "password").read_text(encoding="utf-8")
    volumes.start()
    assert (volumes.database / "password").read_text(encoding="utf-8") == first


def test_a_first_start_that_died_before_the_password_was_whole_is_repeated(
    volumes: Volumes,
) -> None:
    (volumes.database / "password.new").write_text("half", encoding="utf-8")
    volumes.start()
    assert len((volumes.database / "password").read_text(encoding="utf-8")) == 64


def test_the_operators_files_become_settings_until_they_are_removed(volumes: Volumes) -> None:
    (volumes.operator / "README.md").write_text("not a setting", encoding="utf-8")
    rpc = volumes.operator / "settlewatch_polygon_rpc_urls"
    rpc.write_text("https://one.example, https://two.example\n", encoding="utf-8")
    database = volumes.operator / "settlewatch_database_url"
    database.write_text("postgresql+psycopg://me@elsewhere/db\n", encoding="utf-8")
    volumes.start()

    settings = volumes.settings()
    urls = [url.get_secret_value() for url in settings.polygon_rpc_urls]
    assert urls == ["https://one.example", "https://two.example"]
    assert settings.database_url.get_secret_value() == "postgresql+psycopg://me@elsewhere/db"
    assert not (volumes.service / "README.md").exists()

    rpc.unlink()
    volumes.start()
    assert volumes.settings().polygon_rpc_urls == ()


def test_no_secret_file_can_be_committed(tmp_path: Path) -> None:
    shutil.copy(PROJECT / ".gitignore", tmp_path)
    (tmp_path / "deploy" / "secrets").mkdir(parents=True)
    for name in ("README.md", "settlewatch_alert_urls"):
        (tmp_path / "deploy" / "secrets" / name).touch()
    (tmp_path / ".env").touch()
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    listing = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listing.stdout.split() == [".gitignore", "deploy/secrets/README.md"]
