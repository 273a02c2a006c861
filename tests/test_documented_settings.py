"""A setting exists for operators only where they can read of it."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.settings import PREFIX, Settings

PROJECT = Path(__file__).resolve().parents[1]
HEADER = """\
# Every setting, at its default. Copy to .env and uncomment what you change; a variable set in the
# environment wins over .env, and .env over a secret file.
"""
ROW = re.compile(r"^\|\s*`?(SETTLEWATCH_[A-Z_]+)`?\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|$", re.MULTILINE)
EMPTY_WORDS = {"", "-", "—", "empty", "none", "unset"}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value in (None, ()) else str(value)


def _defaults() -> dict[str, str]:
    return {
        PREFIX + name.upper(): _text(field.default) for name, field in Settings.model_fields.items()
    }


def _example() -> str:
    parts = [HEADER]
    for name, field in Settings.model_fields.items():
        parts.append(f"\n# {field.description}\n#{PREFIX}{name.upper()}={_text(field.default)}\n")
    return "".join(parts)


def test_the_example_environment_lists_every_setting_at_its_default() -> None:
    found = (PROJECT / ".env.example").read_text(encoding="utf-8")
    assert found == _example(), f"Write this to .env.example:\n{_example()}"


def test_the_readme_table_lists_every_setting_at_its_default() -> None:
    readme = PROJECT / "README.md"
    rows = ROW.findall(readme.read_text(encoding="utf-8"))
    found = {
        name: "" if default.strip("`").lower() in EMPTY_WORDS else default.strip("`")
        for name, default, _meaning in rows
    }
    assert found == _defaults()
    assert all(meaning for _name, _default, meaning in rows)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_secret_file_named_like_the_variable_sets_it(name: str, tmp_path: Path) -> None:
    """docker-compose.yml and deploy/secrets/README.md rely on these names."""
    value = _text(Settings.model_fields[name].default) or "https://some.example"
    (tmp_path / f"{PREFIX}{name}".lower()).write_text(f"{value}\n", encoding="utf-8")

    settings = Settings(_secrets_dir=tmp_path, _env_file=None)

    assert name in settings.model_fields_set
