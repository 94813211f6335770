"""What an installation may set, read once from the environment. What a production may be is decided in web/."""

from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET = "tenantry-demo-secret-known-to-everybody"
"""Signs in development when TENANTRY_SECRET is not set; a production start refuses it."""


class Environment(StrEnum):
    """Where this process runs: on somebody's desk, or with other people's money."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _database_url(url: str) -> str:
    if not url.startswith(("sqlite://", "postgresql://", "postgres://")):
        raise ValueError("must start with sqlite://, postgresql:// or postgres://")
    return url


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError("must be an address without a path, such as https://console.example.com")
    return f"{parts.scheme}://{parts.netloc}"


PublicUrl = Annotated[str, AfterValidator(_public_url)]


def _smtp_url(url: str) -> SecretStr:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("must look like smtp://user:password@host:587 or smtps://host")
    return SecretStr(url)


SmtpUrl = Annotated[SecretStr, BeforeValidator(_smtp_url)]


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or text != f"{parts.scheme}://{parts.netloc}" or not parts.hostname:
        raise ValueError("must be an origin such as https://console.example.com, without a path or a slash")
    return text


Origin = Annotated[str, AfterValidator(_origin)]


def _dns_server(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError("must be an address with its port, such as 192.0.2.53:53")
    return text


DnsServer = Annotated[str, AfterValidator(_dns_server)]


class Settings(BaseSettings):
    """Each field is the variable `TENANTRY_<FIELD>`, but `DATABASE_URL`; an empty variable is one that is not set."""

    model_config = SettingsConfigDict(
        env_prefix="TENANTRY_", env_ignore_empty=True, frozen=True, populate_by_name=True, extra="ignore"
    )

    env: Environment = Environment.DEVELOPMENT
    database_url: DatabaseUrl = Field(
        default="sqlite:///data/tenantry.db", validation_alias=AliasChoices("DATABASE_URL")
    )
    migration_database_url: DatabaseUrl | None = None
    """PostgreSQL only: the address by which `migrate` connects, when the server's own user may not make tables."""
    database_pool: int = Field(default=10, ge=2, le=100)
    """Connections per process: PostgreSQL's pool, SQLite's readers."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=64)
    """Server processes."""
    background: bool = True
    """Whether a server process also works off jobs; switch it off where `tenantry worker` runs apart."""
    trusted_proxies: str = ""
    """Addresses or networks, by commas, whose X-Forwarded-For and -Proto are believed."""
    allowed_origins: tuple[Origin, ...] = ()
    """Foreign pages (JSON list of exact origins) that may send requests with a session cookie and read the answers."""
    cookie_same_site: Literal["lax", "none"] = "lax"
    """`none` where an allowed page stands on another site (not only another host): browsers ask for TLS then."""

    public_url: PublicUrl | None = None
    """Where people reach this, such as https://console.example.com: for links in mails, passkeys, sign-in elsewhere."""

    dns_servers: tuple[DnsServer, ...] = ()
    """Name servers (JSON list of host:port) that proofs of domains are asked of; none: those of this machine."""

    smtp_url: SmtpUrl | None = None
    """Where mails leave: smtp://user:password@host:587 or smtps://host; without it development writes files."""
    mail_from: str | None = None
    """The address that mails come from; the name is that of the reader's seller."""
    mail_folder: str = "data/mails"
    """Development without SMTP: where mails are written, and shown at /dev/mails."""
    text_mail_domain: str | None = None
    """A gateway that turns mail to <number>@domain into a text message, for codes to phones (OWN-4)."""

    secret: SecretStr | None = None
    metrics_token: SecretStr | None = None
    """Who may read /metrics in production, as a bearer token; without it nobody may."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def is_production(self) -> bool:
        """Whether other people's money is at stake."""
        return self.env is Environment.PRODUCTION

    @property
    def writes_mails(self) -> bool:
        """Whether mails become files on this desk."""
        return self.smtp_url is None and not self.is_production

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is one file, with one server process."""
        return self.database_url.startswith("sqlite")

    @property
    def signing_secret(self) -> bytes:
        """What quotes and previews are signed with; the demo secret where none is set."""
        return (self.secret.get_secret_value() if self.secret else DEMO_SECRET).encode()
