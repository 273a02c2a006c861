"""Settings from the environment, a file and mounted secrets; a bad one is named."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from models.enums import IndexMode
from models.fill_enums import FillReading
from service.errors import UsageError
from service.settings import PREFIX, Settings, load_settings

LISTS = ("polygon_rpc_urls", "ethereum_rpc_urls", "alert_urls")
# (what is written, what it becomes), for every setting.
VALUES: dict[str, tuple[str, Any]] = {
    "database_url": ("postgresql://u:p@h/d", SecretStr("postgresql://u:p@h/d")),
    "polygon_lookback_blocks": ("1000", 1_000),
    "ethereum_lookback_blocks": ("7200", 7_200),
    "polygon_rpc_urls": ("http://a, https://b,", (SecretStr("http://a"), SecretStr("https://b"))),
    "ethereum_rpc_urls": ("http://c", (SecretStr("http://c"),)),
    "index_mode": ("lazy", IndexMode.LAZY),
    "fills": ("off", FillReading.OFF),
    "gamma_url": ("http://gamma/", "http://gamma"),
    "clob_url": ("http://clob", "http://clob"),
    "data_url": ("http://data", "http://data"),
    "ws_url": ("OFF", ""),
    "uma_price_sources": (" coingecko,coinbase=http://x, ", ("coingecko", "coinbase=http://x")),
    "sibling_markets": ("/siblings.json", Path("/siblings.json")),
    "kalshi_url": ("http://kalshi/", "http://kalshi"),
    "contracts": ("/book.json", Path("/book.json")),
    "host": ("::", "::"),
    "port": ("9000", 9000),
    "public_url": ("https://watch.example/", "https://watch.example"),
    "alert_urls": ("json://h,discord://a/b", (SecretStr("json://h"), SecretStr("discord://a/b"))),
    "alert_probability": ("0.25", 0.25),
    "alert_expected_loss_usdc": ("500", 500),
    "alert_contrary_usdc": ("250", 250),
    "allow_private_alert_targets": ("true", True),
    "snapshot_full_days": ("3", 3),
    "snapshot_hourly_days": ("60", 60),
    "round_full_days": ("20", 20),
    "snapshot_settled_days": ("0", 0),
    "closed_backfill_days": ("7", 7),
    "min_volume_usdc": ("0", 0),
    "log_level": ("debug", "DEBUG"),
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no file of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_every_setting_is_tried_here() -> None:
    assert set(VALUES) == set(Settings.model_fields)


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_comes_from_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written, meant = VALUES[name]
    monkeypatch.setenv(PREFIX + name.upper(), written)
    assert getattr(load_settings(), name) == meant


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_comes_from_the_file(name: str, tmp_path: Path) -> None:
    written, meant = VALUES[name]
    (tmp_path / ".env").write_text(f"{PREFIX}{name.upper()}={written}\n")
    assert getattr(load_settings(), name) == meant


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_comes_from_a_mounted_secret(name: str, tmp_path: Path) -> None:
    written, meant = VALUES[name]
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / f"{PREFIX}{name}".lower()).write_text(f"{written}\n")
    assert getattr(load_settings(_secrets_dir=secrets), name) == meant


@pytest.mark.parametrize("name", VALUES)
def test_an_empty_variable_is_an_unset_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    default = getattr(load_settings(), name)
    monkeypatch.setenv(PREFIX + name.upper(), "")
    assert getattr(load_settings(), name) == default


def test_the_environment_wins_over_the_file_and_the_file_over_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "settlewatch_port").write_text("1")
    assert load_settings(_secrets_dir=secrets).port == 1
    (tmp_path / ".env").write_text("SETTLEWATCH_PORT=2\n")
    assert load_settings(_secrets_dir=secrets).port == 2
    monkeypatch.setenv("SETTLEWATCH_PORT", "3")
    assert load_settings(_secrets_dir=secrets).port == 3
    assert load_settings(_secrets_dir=secrets, port=4).port == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "many"),
        ("port", "65536"),
        ("port", "-1"),
        ("gamma_url", "gamma.example"),
        ("public_url", "watch.example"),
        ("polygon_rpc_urls", "https://a/SECRET,wss://b/SECRET"),
        ("ethereum_rpc_urls", "SECRET"),
        ("alert_probability", "1.5"),
        ("alert_expected_loss_usdc", "-1"),
        ("allow_private_alert_targets", "perhaps"),
        ("min_volume_usdc", "1e3"),
        ("ws_url", "https://host.example"),
        ("ws_url", "wss://"),
        ("ws_url", "wss://[::1"),
        ("snapshot_settled_days", "4000000"),
        ("snapshot_hourly_days", "99999999999999999999"),
        # Every snapshot is kept for two days, so that none could be thinned after one.
        ("snapshot_hourly_days", "1"),
        ("closed_backfill_days", "800000"),
        ("log_level", "loud"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_variable_and_hides_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), value)
    with pytest.raises(UsageError, match=f"^{re.escape(PREFIX + name.upper())}: ") as found:
        load_settings()
    assert "\n" not in str(found.value)
    assert "SECRET" not in str(found.value)


def test_what_may_hold_a_key_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*LISTS, "database_url"):
        monkeypatch.setenv(PREFIX + name.upper(), "https://host/KEY")
    assert "KEY" not in repr(load_settings())
