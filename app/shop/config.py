"""What the shop is told when it starts, from its environment: one frozen, typed ``Config``.

The names are those of the operators' documents (DB_HOST, SECRET_KEY, …). Nothing has a default that would be a secret,
and nothing that is needed is guessed: what is missing is named, all at once, and the process does not start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from sqlalchemy import URL

DRIVERS = {"postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}


class ConfigInvalid(Exception):
    """The environment lacks or misspells what the shop needs; the message has one line for each."""


def _words(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


def _of_regions(buckets: tuple[str, ...]) -> tuple[str, ...]:
    if len(buckets) not in {0, 1, 3}:
        raise ValueError("a control store has one bucket or three")
    if not all(re.fullmatch(r"[a-z0-9-]+=[a-z0-9.-]+", bucket) for bucket in buckets):
        raise ValueError("write each as region=bucket")
    return buckets


ControlBuckets = Annotated[Words, AfterValidator(_of_regions)]


class Config(BaseModel):
    """The settings of one process. A field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Where this process runs, for logs, /info and the authority to write.
    shop_env: str = Field(default="local", description="name of the environment")
    aws_region: str = Field(description="region that this process runs in")
    release: str = Field(default="dev", description="version of the application, or id of its image")
    commit: str = Field(default="unknown", description="git commit of the application")
    instance_id: str = Field(default="local", description="id of the machine")
    region_role: Literal["active", "standby"] = Field(
        default="active", description="what the region was last deployed as"
    )
    drain_file: Path | None = Field(default=None, description="file that says that the process is about to end")

    secret_key: SecretStr = Field(min_length=32, description="signs sessions and links; the same in both regions")
    public_url: str = Field(pattern=r"^https?://[^/]+$", description="how shoppers reach the shop, without a path")
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of all prices")

    db_engine: Literal["postgres", "mysql"] = Field(default="postgres", description="what the database is")
    db_host: str = Field(description="host of the writable database, or the folder of its socket")
    db_port: int = Field(default=0, ge=0, le=65535, description="port of the database; 0: the engine's own")
    db_name: str = Field(default="ecommerce", description="the shop's database within the server")
    db_user: str = Field(description="owner of the shop's database")
    db_password: SecretStr = Field(description="password of the database's owner")
    db_reader_hosts: Words = Field(default=(), description="hosts of read replicas, separated by spaces")
    db_tls_ca: str | None = Field(default=None, description="file of the CA that signs the database's certificate")
    db_pool_size: int = Field(
        default=5, ge=1, le=50, description="connections that a process keeps, per database and for changes"
    )
    fresh_reads_seconds: int = Field(
        default=10, ge=0, le=600, description="so long after a change its visitor reads from the writable database"
    )

    dynamodb_tables: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]{1,200}$",
        description="beginning of the names of a small shop's tables in DynamoDB, which then needs no database",
    )

    # The authority to write, see docs/authority.md. Without a control store this is the only region, and always writes.
    control_buckets: ControlBuckets = Field(
        default=(), description="the control store: one or three of region=bucket, separated by spaces"
    )
    authority_ttl_seconds: float = Field(
        default=30, gt=0, le=300, description="so long a process may write after the control store last agreed"
    )

    redis_url: str | None = Field(default=None, description="cache and sessions; without one the shop is slower")
    catalogue_process_seconds: float = Field(
        default=5, ge=0, le=60, description="so long a process keeps what the catalogue answered: the age of a price"
    )
    catalogue_shared_seconds: int = Field(
        default=60, ge=0, le=3600, description="so long the cache keeps it; a change makes it old at once"
    )

    trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="proxies in front that add the client to X-Forwarded-For: 1 ALB, 2 with CDN"
    )
    rate_limit_factor: int = Field(default=1, ge=1, description="multiplies every rate limit, for measuring")
    # Argon2id's least. Source: OWASP Password Storage Cheat Sheet
    password_memory_kib: int = Field(default=19_456, ge=8, description="memory that checking a password takes")
    password_passes: int = Field(default=2, ge=1, description="how often checking a password goes over that memory")
    # With a user pool people sign in by its pages, and not by passwords that the shop keeps.
    cognito_user_pool_id: str | None = Field(default=None, description="user pool that people sign in with")
    cognito_client_id: str | None = Field(
        default=None, validate_default=True, description="the shop as the user pool knows it"
    )
    cognito_client_secret: SecretStr | None = Field(default=None, description="of the client, where it has one")
    cognito_region: str | None = Field(default=None, description="region of the user pool; without one, this one")

    aws_endpoint_url: str | None = Field(default=None, description="a local cloud in place of AWS")
    s3_bucket: str | None = Field(default=None, description="bucket of pictures and models, served by the CDN")
    s3_private_bucket: str | None = Field(
        default=None, description="bucket of uploads; without one they go to S3_BUCKET"
    )
    cloudfront_domain: str | None = Field(
        default=None, description="domain of the CDN; without one the shop serves media"
    )
    media_folder: Path | None = Field(default=None, description="folder for pictures and models, in place of S3")
    sqs_queue_url: str | None = Field(default=None, description="queue of the worker")
    mail_from: str = Field(description="address that customers get mail from; SES must know it")
    mail_folder: Path | None = Field(default=None, description="folder that mail is written to, in place of SES")

    # Without a payment provider the shop shows its shelves and sells nothing.
    payment_api_key: SecretStr | None = Field(default=None, description="secret key of the payment provider")
    payment_webhook_secret: SecretStr | None = Field(
        default=None, validate_default=True, description="the payment provider signs its notices with it"
    )
    payment_api_base: str | None = Field(default=None, description="a local stand-in in place of Stripe's API")
    payment_page_origin: str = Field(
        default="https://checkout.stripe.com",
        pattern=r"^https?://[^/\s;,]+$",
        description="where shoppers pay, the only other place that a form of the shop leads to",
    )

    otel_exporter_otlp_endpoint: str | None = Field(
        default=None, description="collector of traces; without one there are none"
    )
    trace_ratio: float = Field(default=0.05, ge=0, le=1, description="share of requests that are traced")

    @field_validator("payment_webhook_secret")
    @classmethod
    def _come_together(cls, secret: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if (secret is None) != (others.data.get("payment_api_key") is None):
            raise ValueError("PAYMENT_API_KEY and PAYMENT_WEBHOOK_SECRET come together or not at all")
        return secret

    @field_validator("cognito_client_id")
    @classmethod
    def _are_both_set(cls, client_id: str | None, others: ValidationInfo) -> str | None:
        if (client_id is None) != (others.data.get("cognito_user_pool_id") is None):
            raise ValueError("COGNITO_USER_POOL_ID and COGNITO_CLIENT_ID come together or not at all")
        return client_id

    @property
    def is_https(self) -> bool:
        """Whether shoppers reach the shop by TLS. Pure."""
        return self.public_url.startswith("https://")

    @property
    def session_cookie(self) -> str:
        """The name of the session's cookie. Pure."""
        return self.cookie("sid")

    def cookie(self, name: str) -> str:
        """Return the name of a cookie that browsers take only from the host itself, by TLS and for all paths. Pure.

        Source: RFC 6265bis, section 4.1.3.2 (__Host-).
        """
        return f"__Host-{name}" if self.is_https else name

    def database_url(self, host: str | None = None) -> URL:
        """Return the address of the writable database, or of another host with the same credentials. Pure."""
        host = host or self.db_host
        is_socket = host.startswith("/")
        key = "host" if self.db_engine == "postgres" else "unix_socket"
        return URL.create(
            DRIVERS[self.db_engine],
            username=self.db_user,
            password=self.db_password.get_secret_value(),
            host=None if is_socket else host,
            port=self.db_port or None,
            database=self.db_name,
            query={key: host} if is_socket else {},
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], origins: Mapping[str, str] | None = None) -> Self:
        """Read the settings. An empty variable counts as absent. ``origins`` says what stands for a variable. Pure.

        Raises: ConfigInvalid, which names every variable that is missing or wrong.
        """
        values = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())}
        if "dynamodb_tables" in values:
            values = dict.fromkeys(("db_host", "db_user", "db_password"), "") | values
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            complaints = (_complaint(cls, detail["loc"], detail["msg"], origins or {}) for detail in error.errors())
            raise ConfigInvalid("\n".join(complaints)) from None


def _complaint(model: type[BaseModel], place: tuple[int | str, ...], message: str, origins: Mapping[str, str]) -> str:
    name = str(place[0])
    meaning = model.model_fields[name].description or name.replace("_", " ")
    origin = origins.get(name.upper())
    cure = f"; write it in {origin} (shopctl deploy does), or set the variable" if origin else ""
    return f"{name.upper()} ({meaning}): {message}{cure}"
