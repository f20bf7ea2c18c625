"""On AWS the shop is told by the Parameter Store and Secrets Manager what its environment does not say."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from app_support.aws import REGION, Cloud
from shop.config import ConfigInvalid
from shop.parameters import SETTINGS, configured

SITE = Path(__file__).parents[2] / "terraform/stacks/site/ssm.tf"
PASSWORD, KEY = "of-the-database-0123456789", "of-the-shop-0123456789012345678901234567"
_names = itertools.count()


@pytest.fixture
def prefix(aws: Cloud) -> str:
    """A prefix with everything below it that the site stack writes."""
    prefix = f"/shop-{next(_names)}/"
    secrets = aws.client("secretsmanager")
    arns = {
        purpose: secrets.create_secret(Name=f"{prefix[1:]}{purpose}", SecretString=value)["ARN"]
        for purpose, value in {"app": KEY, "database": PASSWORD}.items()
    }
    write(aws, prefix, {
        "domain": "shop.example.com",
        "region/role": "active",
        "bucket/images": "shop-images",
        "bucket/uploads": "shop-uploads",
        "bucket/logs": "shop-logs",
        "queue/jobs": "https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs",
        "secret/app": arns["app"],
        "secret/database": arns["database"],
        "secret/origin": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/origin-abcdef",
        "database/host": "db.internal",
        "database/name": "ecommerce",
        "database/port": "5432",
        "database/user": "shop",
    })  # fmt: skip
    return prefix


def write(aws: Cloud, prefix: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        aws.client("ssm").put_parameter(Name=prefix + name, Value=value, Type="String", Overwrite=True)


def forget(aws: Cloud, *names: str) -> None:
    for name in names:
        aws.client("ssm").delete_parameter(Name=name)


def environ(aws: Cloud, prefix: str, **more: str) -> dict[str, str]:
    return {"PARAMETER_PREFIX": prefix, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": aws.url, **more}


def test_everything_that_a_machine_is_not_told_comes_from_its_parameters(aws: Cloud, prefix: str) -> None:
    config = configured(environ(aws, prefix))
    assert config.public_url == "https://shop.example.com"
    assert (config.cloudfront_domain, config.mail_from) == ("shop.example.com", "shop@shop.example.com")
    assert (config.db_host, config.db_port, config.db_name, config.db_user) == (
        "db.internal",
        5432,
        "ecommerce",
        "shop",
    )
    assert (config.s3_bucket, config.s3_private_bucket) == ("shop-images", "shop-uploads")
    assert config.sqs_queue_url == "https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs"
    assert (config.shop_env, config.region_role) == (prefix.strip("/"), "active")
    assert (config.secret_key.get_secret_value(), config.db_password.get_secret_value()) == (KEY, PASSWORD)


def test_what_the_environment_says_wins_and_its_secret_is_not_even_asked_for(aws: Cloud, prefix: str) -> None:
    write(aws, prefix, {"secret/database": "no secret at all"})
    given = {"DB_PASSWORD": "from the environment"}
    told = environ(aws, prefix, DB_HOST="proxy.internal", DB_USER="", **given)
    config = configured(told)
    assert (config.db_host, config.db_user) == ("proxy.internal", "shop")
    assert config.db_password.get_secret_value() == "from the environment"


def test_without_a_prefix_aws_is_not_asked() -> None:
    with pytest.raises(ConfigInvalid, match=r"(?m)^DB_HOST \(.*\): Field required$"):
        configured({"AWS_REGION": REGION, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


def test_what_is_missing_or_malformed_is_named_with_its_parameter_and_its_cure(aws: Cloud, prefix: str) -> None:
    forget(aws, f"{prefix}database/host", f"{prefix}secret/app")
    write(aws, prefix, {"database/port": "five"})
    with pytest.raises(ConfigInvalid) as refused:
        configured(environ(aws, prefix))
    lines = {line.split(" ", 1)[0]: line for line in str(refused.value).splitlines()}
    assert set(lines) == {"DB_HOST", "DB_PORT", "SECRET_KEY"}
    assert f"{prefix}database/host" in lines["DB_HOST"]
    assert f"{prefix}database/port" in lines["DB_PORT"]
    assert f"{prefix}secret/app" in lines["SECRET_KEY"]
    assert all("shopctl deploy" in line for line in lines.values())


@pytest.mark.parametrize("arn", ["not an arn", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:none-abcdef"])
def test_a_secret_that_can_not_be_read_is_named_by_its_parameter(aws: Cloud, prefix: str, arn: str) -> None:
    write(aws, prefix, {"secret/database": arn})
    with pytest.raises(ConfigInvalid, match=f"DB_PASSWORD: .*{prefix}secret/database"):
        configured(environ(aws, prefix))


@pytest.mark.parametrize("prefix", ["shop", "/shop", "shop/", "/", "//", "/sh op/"])
def test_a_prefix_has_a_slash_at_both_ends(prefix: str) -> None:
    with pytest.raises(ConfigInvalid, match="PARAMETER_PREFIX: write it as /shop-prod/"):
        configured({"PARAMETER_PREFIX": prefix, "AWS_REGION": REGION})


def test_a_region_is_needed_to_ask() -> None:
    with pytest.raises(ConfigInvalid, match="AWS_REGION"):
        configured({"PARAMETER_PREFIX": "/shop/"})


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "nonsense"])
def test_a_parameter_store_that_is_away_is_named(aws: Cloud, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.parameters.ATTEMPTS", 1)
    with pytest.raises(ConfigInvalid, match=r"PARAMETER_PREFIX: the parameters /shop/\* of eu-central-1 can't be read"):
        configured({"PARAMETER_PREFIX": "/shop/", "AWS_REGION": REGION, "AWS_ENDPOINT_URL": endpoint})


def test_a_process_without_its_settings_ends_with_2_and_tells_no_secret(aws: Cloud, prefix: str) -> None:
    forget(aws, f"{prefix}database/host")
    done = subprocess.run(
        (sys.executable, "-m", "shop", "migrate"),
        env={
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            **environ(aws, prefix),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"{prefix}database/host" in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in (KEY, PASSWORD))


def test_no_secret_shows_in_what_a_config_looks_like(aws: Cloud, prefix: str) -> None:
    config = configured(environ(aws, prefix))
    shown = f"{config!r} {config} {config.model_dump()} {config.model_dump_json()}"
    assert not any(secret in shown for secret in (KEY, PASSWORD))


def test_the_names_are_those_that_terraform_writes() -> None:
    declared = SITE.read_text(encoding="utf-8")
    names = set(re.findall(r'"([a-z]+(?:/[a-z]+)?)"\s+= \{ description', declared))
    kinds = set(re.findall(r'"([a-z]+)/\$\{purpose\}" =>', declared))
    assert {
        it.parameter for it in SETTINGS if it.parameter not in names and it.parameter.split("/")[0] not in kinds
    } == set()
