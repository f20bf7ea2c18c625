"""On AWS the shop is told by the Parameter Store and Secrets Manager what its environment does not say."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

from app_support.aws import REGION, Cloud
from shop.config import Config, ConfigInvalid
from shop.parameters import OPERATORS_SECRET, SETTINGS, Operators, configured

PROJECT = Path(__file__).parents[2]
SITE = PROJECT / "terraform/stacks/site/ssm.tf"
RENDERED = PROJECT / "tests/golden/tfvars/prod/site-eu-central-1.tfvars"
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
    arns["operator"] = secrets.create_secret(Name=f"{prefix[1:]}operator")["ARN"]
    write(aws, prefix, {
        "environment": "prod",
        "domain": "shop.example.com",
        "control/buckets": "eu-central-1=control-1 eu-north-1=control-2 eu-west-1=control-3",
        "mail/from": "shop@shop.example.com",
        "proxies": "2",
        "region/role": "active",
        "bucket/images": "shop-images",
        "bucket/uploads": "shop-uploads",
        "bucket/logs": "shop-logs",
        "queue/jobs": "https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs",
        "secret/app": arns["app"],
        "secret/database": arns["database"],
        "secret/operator": arns["operator"],
        "database/engine": "mysql",
        "database/host": "db.internal",
        "database/name": "ecommerce",
        "database/port": "3306",
        "database/readers": "r1.internal r2.internal",
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
    assert (config.db_engine, config.db_host, config.db_port) == ("mysql", "db.internal", 3306)
    assert (config.db_name, config.db_user) == ("ecommerce", "shop")
    assert config.db_reader_hosts == ("r1.internal", "r2.internal")
    assert (config.s3_bucket, config.s3_private_bucket) == ("shop-images", "shop-uploads")
    assert config.sqs_queue_url == "https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs"
    assert (config.shop_env, config.region_role, config.trusted_proxies) == ("prod", "active", 2)
    assert config.control_buckets[0] == "eu-central-1=control-1"
    assert config.payment_api_key is None
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


def give(aws: Cloud, prefix: str, text: str) -> None:
    """What an operator puts into the secret that Terraform made without a value."""
    aws.client("secretsmanager").put_secret_value(SecretId=f"{prefix[1:]}operator", SecretString=text)


def test_what_only_an_operator_knows_comes_from_the_operator_s_secret(aws: Cloud, prefix: str) -> None:
    give(aws, prefix, json.dumps({"PAYMENT_API_KEY": "rk_live_1", "PAYMENT_WEBHOOK_SECRET": "whsec_1"}))
    given = {"PAYMENT_WEBHOOK_SECRET": "whsec_2"}
    config = configured(environ(aws, prefix, **given))
    assert config.payment_api_key is not None
    assert config.payment_webhook_secret is not None
    assert config.payment_api_key.get_secret_value() == "rk_live_1"
    assert config.payment_webhook_secret.get_secret_value() == "whsec_2"
    assert "rk_live_1" not in repr(config)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("rk_live_1", "The text"),
        ('["rk_live_1"]', "The text"),
        ('{"PAYMENT_API_KEY": {"rk_live_1": 1}}', "PAYMENT_API_KEY"),
        ('{"SECRET_KEY": "rk_live_1"}', "SECRET_KEY"),
    ],
)
def test_an_operator_s_secret_of_another_form_is_refused_and_not_shown(
    aws: Cloud, prefix: str, text: str, named: str
) -> None:
    give(aws, prefix, text)
    with pytest.raises(ConfigInvalid, match=f"^{named}: .*{prefix}secret/operator names. Write it as") as refused:
        configured(environ(aws, prefix))
    assert "rk_live" not in str(refused.value)


def test_terraform_writes_every_parameter_that_is_read_and_no_other() -> None:
    read = {setting.parameter for setting in SETTINGS} | {OPERATORS_SECRET}
    assert read - declared() == set()
    # A bucket is named for each purpose, and the shop works with two of them.
    assert declared() - read == {"bucket/assets", "bucket/backups", "bucket/logs"}


def declared() -> set[str]:
    """What the site stack writes for an environment that has everything."""
    code, rendered = SITE.read_text(encoding="utf-8"), RENDERED.read_text(encoding="utf-8")
    purposes = {
        "bucket": keys(rendered, "bucket_names"),
        "queue": keys(rendered, "queues"),
        "secret": keys(rendered, "secret_arns") - {"origin"},  # local.secret_arns
    }
    by_purpose = {kind for kind in purposes if f'"{kind}/${{purpose}}" => {{' in code}
    single = set(re.findall(r'^ +"([a-z/]+)" += \{ description', code, re.MULTILINE))
    return single | {f"{kind}/{purpose}" for kind in by_purpose for purpose in purposes[kind]}


def keys(rendered: str, name: str) -> set[str]:
    """The keys of a map in rendered variables."""
    found = re.search(rf"^( *){name} = \{{\n(.*?)^\1\}}", rendered, re.MULTILINE | re.DOTALL)
    assert found is not None
    return set(re.findall(rf"^{found[1]}  (\w+) +=", found[2], re.MULTILINE))


def test_the_operations_page_lists_every_setting_as_it_is() -> None:
    page = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `[A-Z].*\|$", section(page, "### Settings"), re.MULTILINE) == list(rows())


def section(page: str, title: str) -> str:
    """The text below a title, to the next one."""
    return page.partition(f"\n{title}\n")[2].partition("\n#")[0]


def rows() -> Iterator[str]:
    """The table of settings, in the order of Config."""
    parameters = {setting.variable: f"`{setting.parameter}`" for setting in SETTINGS}
    sources = parameters | dict.fromkeys(get_args(Operators), "operator")
    for name, field in Config.model_fields.items():
        is_needed = field.is_required()
        value = "" if is_needed or field.default in (None, ()) else f"`{field.default}`"
        source = sources.get(name.upper(), "")
        yield f"| `{name.upper()}` | {field.description} | {'needed' if is_needed else value} | {source} |"
