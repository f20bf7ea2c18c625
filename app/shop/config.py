"""What the shop is told when it starts, from its environment: one frozen, typed ``Config``.

The names are those of the operators' documents (DB_HOST, SECRET_KEY, …). Nothing has a default that would be a secret,
and nothing that is needed is guessed: what is missing is named, all at once, and the process does not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from sqlalchemy import URL

DRIVERS = {"postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}


class ConfigInvalid(Exception):
    """The environment lacks or misspells what the shop needs; the message has one line for each."""


def _words(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


class Config(BaseModel):
    """The settings of one process. A field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Where this process runs, for logs, /info and the authority to write.
    shop_env: str = Field(default="local", description="name of the environment")
    aws_region: str = Field(description="region that this process runs in")
    release: str = Field(default="dev", description="version of the application, or id of its image")
    commit: str = Field(default="unknown", description="git commit of the application")
    instance_id: str = Field(default="local", description="id of the machine")

    secret_key: SecretStr = Field(min_length=32, description="signs sessions and links; the same in both regions")
    public_url: str = Field(pattern=r"^https?://[^/]+$", description="how shoppers reach the shop, without a path")
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of all prices")

    db_engine: Literal["postgres", "mysql"] = "postgres"
    db_host: str = Field(description="host of the writable database, or the folder of its socket")
    db_port: int = Field(default=0, ge=0, le=65535, description="0: the engine's own")
    db_name: str = "ecommerce"
    db_user: str
    db_password: SecretStr
    db_reader_hosts: Words = Field(default=(), description="hosts of read replicas, separated by spaces")
    db_tls_ca: str | None = Field(default=None, description="file of the CA that signs the database's certificate")
    db_pool_size: int = Field(default=5, ge=1, le=50, description="connections that a process keeps, per database")

    redis_url: str | None = Field(default=None, description="cache and sessions; without one the shop is slower")

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
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings. An empty variable counts as absent. Pure.

        Raises: ConfigInvalid, which names every variable that is missing or wrong.
        """
        values = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigInvalid(
                "\n".join(_complaint(cls, detail["loc"], detail["msg"]) for detail in error.errors())
            ) from None


def _complaint(model: type[BaseModel], place: tuple[int | str, ...], message: str) -> str:
    name = str(place[0])
    meaning = model.model_fields[name].description or name.replace("_", " ")
    return f"{name.upper()} ({meaning}): {message}"
