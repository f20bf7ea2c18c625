"""The shop's settings on AWS: what Terraform wrote into the Parameter Store, and the secrets that it names there.

With PARAMETER_PREFIX=/shop-prod/ in the environment, each setting that this lacks is read from a parameter of
that prefix; a variable that is set wins. Names and forms are those of terraform/stacks/site/ssm.tf: a parameter under
``secret/`` holds an ARN, and the value is in Secrets Manager.

What nobody but an operator knows, such as the keys of the payment provider, is in one secret more: a JSON object of the
variables in ``Operators``. Terraform makes it without a value, and without one the shop does without them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter, ValidationError

from shop.aws import CONNECT_SECONDS, READ_SECONDS, Door, code_of, session
from shop.config import Config, ConfigInvalid

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

PREFIX = re.compile(r"/([A-Za-z0-9_.-]+/)+")
MOST_AT_ONCE = 10  # Source: AWS Systems Manager API Reference, GetParameters (Names)
ATTEMPTS = 5  # a process that starts has time, and many start at once


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable that a parameter stands for. ``form`` says how its value is written there; a secret's is elsewhere."""

    variable: str
    parameter: str
    form: str = "{}"

    @property
    def is_secret(self) -> bool:
        """Whether the parameter holds the ARN of a secret instead of the value."""
        return self.parameter.startswith("secret/")


SETTINGS = (
    Setting("SHOP_ENV", "environment"),
    Setting("REGION_ROLE", "region/role"),
    Setting("CONTROL_BUCKETS", "control/buckets"),
    Setting("PUBLIC_URL", "domain", "https://{}"),
    Setting("CLOUDFRONT_DOMAIN", "domain"),
    Setting("TRUSTED_PROXIES", "proxies"),
    Setting("MAIL_FROM", "mail/from"),
    Setting("DB_ENGINE", "database/engine"),
    Setting("DB_HOST", "database/host"),
    Setting("DB_NAME", "database/name"),
    Setting("DB_PORT", "database/port"),
    Setting("DB_READER_HOSTS", "database/readers"),
    Setting("DB_USER", "database/user"),
    Setting("DB_PASSWORD", "secret/database"),
    Setting("S3_BUCKET", "bucket/images"),
    Setting("S3_PRIVATE_BUCKET", "bucket/uploads"),
    Setting("SQS_QUEUE_URL", "queue/jobs"),
    Setting("SECRET_KEY", "secret/app"),
)
OPERATORS_SECRET = "secret/operator"  # noqa: S105 - the parameter that names it
Operators = Literal[
    "COGNITO_CLIENT_ID",
    "COGNITO_CLIENT_SECRET",
    "COGNITO_REGION",
    "COGNITO_USER_POOL_ID",
    "CURRENCY",
    "PAYMENT_API_KEY",
    "PAYMENT_WEBHOOK_SECRET",
]
HELD = TypeAdapter(dict[Operators, str])


def configured(environ: Mapping[str, str]) -> Config:
    """Return the settings of this process, from its environment and from AWS if PARAMETER_PREFIX is set.

    Raises: ConfigInvalid, which names every variable and parameter that is missing or wrong, and the cure.
    """
    prefix = environ.get("PARAMETER_PREFIX")
    if not prefix:
        return Config.from_environment(environ)
    if PREFIX.fullmatch(prefix) is None:
        raise ConfigInvalid(f"PARAMETER_PREFIX: write it as /shop-prod/, with a slash at both ends, not {prefix!r}")
    region = environ.get("AWS_REGION")
    if not region:
        raise ConfigInvalid("AWS_REGION (region that this process runs in): set it; the parameters are read there")
    given = {name: value for name, value in environ.items() if value}
    lacking = tuple(setting for setting in SETTINGS if setting.variable not in given)
    store = ParameterStore(prefix, region, given.get("AWS_ENDPOINT_URL"))
    completed = {**store.values(lacking), **given}
    origins = {setting.variable: f"parameter {prefix}{setting.parameter}" for setting in lacking}
    return Config.from_environment(completed, origins)


class ParameterStore:
    """The parameters below a prefix, with the secrets that they name."""

    def __init__(self, prefix: str, region: str, endpoint_url: str | None) -> None:
        self._prefix = prefix
        self._region = region
        settings = ClientConfig(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        self._ssm: Door[SSMClient] = Door(
            lambda: session().client("ssm", region_name=region, endpoint_url=endpoint_url, config=settings)
        )
        self._secrets: Door[SecretsManagerClient] = Door(
            lambda: session().client("secretsmanager", region_name=region, endpoint_url=endpoint_url, config=settings)
        )

    def values(self, settings: tuple[Setting, ...]) -> Mapping[str, str]:
        """Return values by variable, the operator's too; a setting whose parameter does not exist is left out.

        Raises: ConfigInvalid if the parameters can't be read, or one names a secret that can't.
        """
        found = self._parameters(tuple(sorted({OPERATORS_SECRET, *(setting.parameter for setting in settings)})))
        present = tuple(setting for setting in settings if setting.parameter in found)
        values, refused = {}, []
        for setting in present:
            value = found[setting.parameter]
            if setting.is_secret:
                try:
                    value = self._secrets().get_secret_value(SecretId=value)["SecretString"]
                except (BotoCoreError, ClientError, KeyError) as error:
                    refused.append(self._unreadable(setting.variable, setting.parameter, error))
            values[setting.variable] = setting.form.format(value)
        if refused:
            raise ConfigInvalid("\n".join(refused))
        return {**values, **self._operators(found.get(OPERATORS_SECRET))}

    def _operators(self, arn: str | None) -> Mapping[str, str]:
        """Return what the operator's secret holds: nothing while it has no value. Raises: ConfigInvalid.

        Source: AWS Secrets Manager API Reference, GetSecretValue; github.com/boto/boto3/issues/2794 (no value).
        """
        if arn is None:
            return {}
        try:
            text = self._secrets().get_secret_value(SecretId=arn)["SecretString"]
        except (BotoCoreError, ClientError, KeyError) as error:
            if isinstance(error, ClientError) and code_of(error) == "ResourceNotFoundException":
                return {}
            raise ConfigInvalid(self._unreadable("The operator's variables", OPERATORS_SECRET, error)) from error
        try:
            return {str(name): value for name, value in HELD.validate_json(text).items()}
        except ValidationError as error:
            wrong = ", ".join(sorted({str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}))
            raise ConfigInvalid(
                f"{wrong or 'The text'}: not what the secret may hold that parameter {self._prefix}{OPERATORS_SECRET}"
                f" names. Write it as a JSON object of texts by the names {', '.join(get_args(Operators))}."
            ) from None  # its text has the secret's

    def _parameters(self, names: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            client = self._ssm()
            for first in range(0, len(names), MOST_AT_ONCE):
                asked = [self._prefix + name for name in names[first : first + MOST_AT_ONCE]]
                answer = client.get_parameters(Names=asked)
                found |= {it["Name"].removeprefix(self._prefix): it["Value"] for it in answer["Parameters"]}
        except (BotoCoreError, ClientError, ValueError) as error:
            raise ConfigInvalid(
                f"PARAMETER_PREFIX: the parameters {self._prefix}* of {self._region} can't be read"
                f" ({_reason(error)}). Check the region, the way to AWS Systems Manager, and that the role of this"
                " machine may call ssm:GetParameters on them."
            ) from error
        return found

    def _unreadable(self, what: str, parameter: str, error: Exception) -> str:
        return (
            f"{what}: the secret that parameter {self._prefix}{parameter} names can't be read"
            f" ({_reason(error)}). The parameter must hold the ARN of a secret of this region with a text as its value,"
            " and the role of this machine may call secretsmanager:GetSecretValue and kms:Decrypt on it."
        )


def _reason(error: Exception) -> str:
    return code_of(error) if isinstance(error, ClientError) else type(error).__name__
