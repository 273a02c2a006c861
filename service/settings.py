"""Every setting, its default and its meaning: the only reader of the environment."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.enums import IndexMode
from models.fill_enums import FillReading
from service.errors import UsageError

PREFIX = "SETTLEWATCH_"
SECRETS_DIR = Path("/run/secrets")
# A hundred years: beyond it dates leave the calendar.
LONGEST_DAYS = 36_500

# A comma list in one variable; a secret because RPC and webhook URLs carry keys.
SecretList = Annotated[tuple[SecretStr, ...], NoDecode]


class Settings(BaseSettings):
    """Settlewatch's settings, from ``SETTLEWATCH_*`` variables, ``.env`` or mounted secrets."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        # Compose files and .env.example hand on variables nobody set as empty ones.
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
    )

    database_url: SecretStr = Field(
        SecretStr("sqlite:///settlewatch.db"),
        description="Where facts and scores are stored: an SQLite file or a PostgreSQL database.",
    )
    polygon_rpc_urls: SecretList = Field(
        (), description="Comma list of Polygon JSON-RPC URLs. Empty: no chain facts."
    )
    ethereum_rpc_urls: SecretList = Field(
        (), description="Comma list of Ethereum JSON-RPC URLs. Empty: no votes."
    )
    index_mode: IndexMode = Field(
        IndexMode.FULL,
        description="full: every log of the oracle. lazy: without the texts of undisputed "
        "questions, a fraction of the traffic.",
    )
    fills: FillReading = Field(
        FillReading.CHAIN,
        description="Trades after a proposal. chain: the exchanges' logs, some gigabytes a day, "
        "and the Data API where they are missing. data_api: only that. off: none.",
    )
    polygon_lookback_blocks: int = Field(
        60_000, ge=0, description="Where an empty database begins: blocks before Polygon's head."
    )
    ethereum_lookback_blocks: int = Field(
        252_000, ge=0, description="The same for Ethereum; 252000 blocks are 35 days."
    )
    gamma_url: str = Field(
        "https://gamma-api.polymarket.com", description="Polymarket's catalogue API."
    )
    clob_url: str = Field("https://clob.polymarket.com", description="Polymarket's order-book API.")
    data_url: str = Field(
        "https://data-api.polymarket.com",
        description="Polymarket's resolution and open-interest API.",
    )
    ws_url: str = Field(
        "wss://ws-subscriptions-clob.polymarket.com/ws/market",
        description="Polymarket's market stream: brings reads forward. off: not followed.",
    )
    uma_price_sources: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Comma list of where UMA's price in USD is asked: coingecko, coinbase; "
        "name=URL asks another address. Empty: no price.",
    )
    sibling_markets: Path | None = Field(
        None,
        description="A file (JSON) that links markets to the same question on Kalshi. "
        "Empty: no sibling prices.",
    )
    kalshi_url: str = Field(
        "https://api.elections.kalshi.com/trade-api/v2",
        description="Kalshi's market API, asked only for linked markets.",
    )
    contracts: Path | None = Field(
        None, description="A contract book (JSON) that replaces mainnet's."
    )
    host: str = Field("127.0.0.1", description="Address the API and dashboard listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API and dashboard listen on.")
    public_url: str = Field(
        "", description="Address under which people reach the pages; links in alerts begin with it."
    )
    alert_urls: SecretList = Field(
        (), description="Comma list of Apprise URLs alerts go to. Empty: alerts are only stored."
    )
    alert_probability: float = Field(
        0.05, ge=0, le=1, description="Alert when P(paid out wrong) reaches this."
    )
    alert_expected_loss_usdc: int = Field(
        10_000, ge=0, description="Alert when the expected loss in USD reaches this."
    )
    alert_contrary_usdc: int = Field(
        1_000,
        ge=1,
        description="Alert when so much money (USD) would be lost by those who stand, or traded, "
        "against a proposed answer, if it is paid.",
    )
    allow_private_alert_targets: bool = Field(
        default=False, description="Let alerts reach loopback and private addresses."
    )
    min_volume_usdc: int = Field(
        1_000, ge=0, description="Open markets with less traded volume (USD) are not followed."
    )
    snapshot_full_days: int = Field(
        2,
        ge=1,
        le=LONGEST_DAYS,
        description="Days for which every snapshot of books and money is kept.",
    )
    snapshot_hourly_days: int = Field(
        30,
        ge=1,
        le=LONGEST_DAYS,
        description="Days for which a few an hour are kept; then a few a day.",
    )
    snapshot_settled_days: int = Field(
        14,
        ge=0,
        le=LONGEST_DAYS,
        description="Days after its settlement for which all snapshots of a market are kept.",
    )
    round_full_days: int = Field(
        14,
        ge=1,
        le=LONGEST_DAYS,
        description="Days for which every assessment of a voting round is kept; then a few an "
        "hour and later a day, as of snapshots.",
    )
    closed_backfill_days: int = Field(
        30,
        ge=0,
        le=LONGEST_DAYS,
        description="How many days back closed markets are fetched, by their end date. "
        "0: none of the past.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator(
        "polygon_rpc_urls", "ethereum_rpc_urls", "alert_urls", "uma_price_sources", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("alert_urls")
    @classmethod
    def _apprise(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, url in enumerate(value, start=1):
            if "://" not in url.get_secret_value():
                message = f"destination {number} is no Apprise URL (kind://...)"
                raise ValueError(message)
        return value

    @field_validator("gamma_url", "clob_url", "data_url", "kalshi_url", "public_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            message = "must start with http:// or https://"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("ws_url")
    @classmethod
    def _websocket(cls, value: str) -> str:
        # An empty variable counts as one that was not set; hence the word.
        if value.lower() == "off":
            return ""
        if value and not value.startswith(("ws://", "wss://")):
            message = "must start with ws:// or wss://, or be off"
            raise ValueError(message)
        if value and not _has_host(value):
            message = "names no host"
            raise ValueError(message)
        return value

    @field_validator("polygon_rpc_urls", "ethereum_rpc_urls")
    @classmethod
    def _rpc(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, url in enumerate(value, 1):
            if not url.get_secret_value().startswith(("http://", "https://")):
                message = f"URL {number} of the list must start with http:// or https://"
                raise ValueError(message)
        return value

    @field_validator("snapshot_hourly_days")
    @classmethod
    def _thinned_after(cls, value: int, info: ValidationInfo) -> int:
        full = info.data.get("snapshot_full_days")
        if full is not None and value < full:
            message = (
                f"is {value}, less than SETTLEWATCH_SNAPSHOT_FULL_DAYS ({full}): what is kept "
                "whole is thinned afterwards"
            )
            raise ValueError(message)
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        level = value.upper()
        if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            message = "must be DEBUG, INFO, WARNING or ERROR"
            raise ValueError(message)
        return level


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; a bad one is a :class:`UsageError` that names its variable."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        message = f"{name}: {reason}. Set it to a valid value or unset it."
        raise UsageError(message) from error
