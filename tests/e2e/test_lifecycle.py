"""One environment from its first deploy to its removal; the tests in between change nothing that Terraform made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app_support.pictures import drawn, webp
from localcloud.faults import Delay
from shop.parameters import configured
from shopctl.runs.journal import verify
from shopctl.runs.versions import failover_log
from support.decisions import control_of, decide
from support.environments import PROJECT
from support.inspection import duplicates, everything, locks, resources, tagged
from support.leaks import files, leaks
from support.machine import as_on_a_machine, machine, wait_until
from support.shop import BASE, BASE_DR, EDGE, SITE, SITE_DR, STACKS, Answer, Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

REGIONS = ("eu-central-1", "eu-west-1")
TAGS = {
    "CostCenter": "shop-local",
    "Environment": "local",
    "ManagedBy": "shopctl",
    "Owner": "platform",
    "Project": "shop",
}
UPLOADS = "shop-local-uploads-000000000000-eu-central-1"


class Deployed:
    """A shop that stands, and what stood before it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        shop.up()
        self.nothing = everything(shop)
        shop.run("bootstrap").succeeded()
        self.ground = everything(shop)
        self.answer = shop.deploy()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("lifecycle")
    shop = Shop(folder / "home", _whole(folder / "checkout"))
    try:
        yield Deployed(shop)
    finally:
        shop.close()


def _whole(checkout: Path) -> Path:
    """A checkout whose environment has everything: a database to read from beside the writable one, and its replica in
    the other region."""
    shutil.copytree(PROJECT / "terraform", checkout / "terraform", ignore=shutil.ignore_patterns(".terraform", "tests"))
    spec = checkout / "terraform" / "envs" / "local" / "env.yaml"
    text = spec.read_text().replace("  engine: postgres\n", "  engine: postgres\n  read_replicas: 1\n")
    spec.write_text(text + "\ndr:\n  database: replica\n")
    return checkout


@pytest.fixture(scope="module")
def shop(deployed: Deployed) -> Shop:
    return deployed.shop


@pytest.fixture(scope="module")
def destroyed(deployed: Deployed) -> Deployed:
    """The shop after a destroy in which first shopctl and then a Terraform was killed."""
    shop = deployed.shop
    _fill_bucket(shop)
    command = shop.start("destroy", "--yes")
    command.wait_until(lambda: shop.done(SITE_DR, command.begun) >= 12, "a dozen resources were deleted")
    command.kill()
    command = shop.start("destroy", "--yes")
    command.wait_until(lambda: shop.done(BASE, command.begun) >= 20, "twenty resources were deleted")
    terraform = shop.terraform(BASE)
    assert terraform is not None
    terraform.kill()
    answer = command.wait()
    assert "was cut off; going on with it" in answer.said
    assert answer.error["code"] == "terraform_killed"
    shop.run("destroy", "--yes").succeeded()
    return deployed


def _fill_bucket(shop: Shop) -> None:
    """What a bucket of a shop has: versions, a marker, an upload that was never finished."""
    s3 = shop.client("s3", "eu-central-1")
    for body in (b"first", b"second"):
        s3.put_object(Bucket=UPLOADS, Key="picture", Body=body)
    s3.delete_object(Bucket=UPLOADS, Key="picture")
    s3.create_multipart_upload(Bucket=UPLOADS, Key="film")


def _steps(answer: Answer) -> dict[str, str]:
    return {step["step"]: step["result"] for step in answer.data["steps"]}


def _environment(shop: Shop) -> dict[str, str]:
    """What ``eval "$(shopctl local env)"`` leaves in a shell."""
    data = shop.run("local", "env").succeeded().data
    variables: dict[str, str] = data["set"]
    return {name: value for name, value in os.environ.items() if name not in data["unset"]} | variables


def test_a_deploy_brings_every_stack_up(deployed: Deployed) -> None:
    assert _steps(deployed.answer) == {f"apply {stack}": "done" for stack in STACKS}
    assert all(deployed.shop.state(stack)["resources"] for stack in STACKS)


def test_the_second_plan_is_empty_in_all_stacks(shop: Shop) -> None:
    plan = shop.run("plan").succeeded().data
    assert {stack: found["changes"] for stack, found in plan["stacks"].items()} == dict.fromkeys(STACKS, False)
    assert plan["deferred"] == {}


def test_a_second_deploy_changes_nothing_and_keeps_everybody_else_out_meanwhile(shop: Shop) -> None:
    serials = {stack: shop.state(stack)["serial"] for stack in STACKS}
    first = shop.start("deploy", "--yes")
    first.wait_until_said("planning")
    refused = shop.run("deploy", "--yes")
    assert refused.exit_code == 4
    assert refused.error["code"] == "lock_held"
    assert "deploy" in refused.error["reason"]
    assert f"(pid {first.pid}) since 20" in refused.error["reason"]
    assert "Wait for it" in refused.error["fix"]
    assert set(_steps(first.wait().succeeded()).values()) == {"skipped"}
    assert {stack: shop.state(stack)["serial"] for stack in STACKS} == serials
    assert locks(shop) == []


def test_outputs_say_what_stands(shop: Shop) -> None:
    outputs = shop.run("outputs").succeeded().data["stacks"]
    for stack in (SITE, SITE_DR):
        ec2, found = shop.client("ec2", shop.region(stack)), outputs[stack]
        assert [vpc["VpcId"] for vpc in ec2.describe_vpcs(VpcIds=[found["vpc_id"]])["Vpcs"]] == [found["vpc_id"]]
        subnets = list(found["subnet_ids"].values())
        assert len(ec2.describe_subnets(SubnetIds=subnets)["Subnets"]) == 6
        addresses = {address["PublicIp"] for address in ec2.describe_addresses()["Addresses"]}
        assert set(found["nat_public_ips"].values()) == addresses
    for region in REGIONS:
        for name in outputs[f"base@{region}"]["bucket_names"].values():
            shop.client("s3", region).head_bucket(Bucket=name)
        for arn in outputs[f"base@{region}"]["kms_key_arns"].values():
            assert shop.client("kms", region).describe_key(KeyId=arn)["KeyMetadata"]["Enabled"]
    topic = outputs[EDGE]["alerts_topic_arn"]
    assert shop.client("sns", "us-east-1").get_topic_attributes(TopicArn=topic)["Attributes"]["TopicArn"] == topic


def test_status_and_history_say_what_stands_and_what_was_done(deployed: Deployed) -> None:
    shop = deployed.shop
    status = shop.run("status").succeeded().data
    counted = {stack: len(list(resources(shop.state(stack)))) for stack in STACKS}
    assert {item["stack"]: item["resources"] for item in status["stacks"]} == counted
    assert {item["lock"] for item in status["stacks"]} == {None}
    assert status["holder"] is None
    runs = {run["run"]: run for run in shop.run("history").succeeded().data["runs"]}
    run = runs[deployed.answer.data["run"]]
    assert (run["operation"], run["status"], run["steps_done"], run["steps_total"]) == ("deploy", "done", 5, 5)


def test_status_says_what_runs_in_each_region_and_how_it_is(shop: Shop) -> None:
    sites = {item["stack"]: item["site"] for item in shop.run("status").succeeded().data["stacks"] if item["site"]}
    assert set(sites) == {SITE, SITE_DR}
    assert {site["healthy"] for site in sites.values()} == {True}
    databases = [sites[stack]["database"] for stack in (SITE, SITE_DR)]
    assert [(one["identifier"], one["status"], one["is_replica"]) for one in databases] == [
        ("shop-local-g1", "available", False),
        ("shop-local-g1", "available", True),
    ]
    # Nothing was shipped yet: no servers, and a page that says so.
    assert {site["servers"]["desired"] for site in sites.values()} == {0}


def test_the_failover_bundle_holds_what_stands_in_every_region(shop: Shop) -> None:
    newest = failover_log(control_of(shop), "local").newest()
    assert newest is not None
    assert {stack: dict(found) for stack, found in newest.value.stacks.items()} == {
        stack: found for stack, found in shop.run("outputs").succeeded().data["stacks"].items() if found
    }
    bundle: Any = newest.value.stacks
    assert bundle[BASE_DR]["dr"]["vault_name"] == "shop-local-copies"
    assert bundle[SITE_DR]["database"]["identifier"] == "shop-local-g1"


def test_render_shows_the_very_variables_that_terraform_got(shop: Shop) -> None:
    rendered = shop.run("render").succeeded().data
    assert rendered["waiting"] == {}
    assert rendered["tfvars"] == {stack: (shop.work(stack) / "stack.tfvars").read_text() for stack in STACKS}


def test_no_secret_is_in_a_state_a_plan_a_variable_a_log_a_journal_or_an_answer(deployed: Deployed) -> None:
    shop = deployed.shop
    contents = [*files(shop.home, without=shop.home / "localcloud"), *_versions(shop)]
    vpc = next(attributes["id"] for kind, attributes in resources(shop.state(SITE)) if kind == "aws_vpc")
    assert {place.partition("/")[0] for place in leaks(vpc, contents)} >= {"local", "s3:", "spoken"}, (
        "nothing is searched"
    )
    secrets = shop.client("secretsmanager", "eu-central-1")
    values = {
        secret["Name"]: secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        for secret in secrets.list_secrets()["SecretList"]
        if secret["Name"] != "shop-local/operator"  # made without a value
    }
    assert set(values) == {"shop-local/app", "shop-local/database", "shop-local/origin"}
    # What the CDN says to the load balancers is in the states of both, and nowhere else: docs/security.md.
    told = leaks(values.pop("shop-local/origin"), contents)
    assert {place.split("/")[3] for place in told if place.startswith("s3:/shop-local-state-")} == {"edge", "site"}
    assert [place for place in told if not place.startswith("s3:/shop-local-state-")] == []
    for value in values.values():
        assert len(value) >= 32
        assert leaks(value, contents) == []


def _versions(shop: Shop) -> Iterator[tuple[str, bytes]]:
    """Every version of every object in the control and state buckets."""
    s3 = shop.client("s3", "eu-central-1")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for name in [name for name in names if "-control-" in name or "-state-" in name]:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for item in page.get("Versions", ()):
                found = s3.get_object(Bucket=name, Key=item["Key"], VersionId=item["VersionId"])
                yield f"s3:/{name}/{item['Key']}", found["Body"].read()


def test_every_copy_of_every_journal_is_one_unbroken_chain(deployed: Deployed) -> None:
    shop = deployed.shop
    run = deployed.answer.data["run"]
    copies = []
    for region in (*REGIONS, "eu-north-1"):
        found = shop.objects(f"shop-local-control-000000000000-{region}", f"runs/local/{run}/")
        copies.append({int(Path(key).stem): body for key, body in found.items()})
    records = verify(run, copies[0])
    assert copies[0] == copies[1] == copies[2]
    assert [records[0].event.kind, records[-1].event.kind] == ["started", "finished"]


def test_every_resource_carries_the_environment_s_tags_and_a_name_of_its_own(shop: Shop) -> None:
    for stack in STACKS:
        expected = TAGS | {"Stack": stack}
        for kind, attributes in resources(shop.state(stack)):
            if "tags_all" in attributes:
                assert expected.items() <= attributes["tags_all"].items(), f"{stack} {kind}"
                # RDS says what its log groups are called.
                name = attributes["tags_all"]["Name"].removeprefix("/aws/rds/instance").lstrip("/")
                assert name.startswith(("shop-local", "aws-waf-logs-shop-local")), f"{stack} {kind} {name}"
        live = tagged(shop, stack)
        assert live
        assert all(expected.items() <= tags.items() and "Name" in tags for tags in live.values())
    assert duplicates(shop) == []


def test_the_shop_is_told_a_prefix_and_a_region_and_finds_everything_else(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    operators = {"SecretId": "shop-local/operator", "SecretString": '{"CURRENCY": "CHF"}'}
    shop.client("secretsmanager", "eu-central-1").put_secret_value(**operators)
    environs = {region: as_on_a_machine(shop.cloud, "/shop-local/", region) for region in REGIONS}
    for name, value in environs["eu-central-1"].items():
        monkeypatch.setenv(name, value)
    here, there = (configured(environ) for environ in environs.values())
    outputs = shop.run("outputs").succeeded().data["stacks"]
    site, base = outputs[SITE], outputs[BASE]
    assert (here.shop_env, here.region_role, here.public_url) == ("local", "active", "https://local.shop.test")
    assert (here.s3_bucket, here.s3_private_bucket) == (base["bucket_names"]["images"], UPLOADS)
    assert here.sqs_queue_url == site["queue_urls"]["jobs"]
    assert (here.db_engine, here.db_host, here.db_name) == ("postgres", site["database"]["address"], "shop")
    assert here.db_reader_hosts == tuple(site["database"]["reader_addresses"].values())
    assert here.control_buckets == tuple(
        f"{region}=shop-local-control-000000000000-{region}" for region in sorted((*REGIONS, "eu-north-1"))
    )
    assert (here.trusted_proxies, here.currency, here.payment_api_key) == (2, "CHF", None)
    # What differs in the other region; queues have one address in all regions of a local cloud.
    assert {name for name, value in here if value != getattr(there, name)} == {
        "aws_region", "region_role", "db_host", "db_reader_hosts", "s3_bucket", "s3_private_bucket",
    }  # fmt: skip
    assert here.secret_key.get_secret_value() == there.secret_key.get_secret_value()


def test_the_shop_works_with_the_buckets_the_queue_the_mail_and_the_authority_that_were_deployed(shop: Shop) -> None:
    _let_write(shop, "eu-central-1")
    shop.client("sesv2", "eu-central-1").create_email_identity(EmailIdentity="local.shop.test")
    s3, images = shop.client("s3", "eu-central-1"), UPLOADS.replace("uploads", "images")
    with machine(shop.cloud, "/shop-local/", "eu-central-1") as front:
        info = front.get("/info")
        assert (info["environment"], info["region"], info["role"]) == ("local", "eu-central-1", "active")
        health = front.get("/health/deep")
        assert set(health["parts"]) == {"authority", "cache", "database", "queue", "replica-1", "storage"}
        assert health["status"] == "ok"

        sent = shop.cloud.inflict(Delay(milliseconds=1), service="sqs", operation="SendMessage", region="eu-central-1")
        account = {"email": "ada@example.com", "password": "a few words in a row"}
        before = _mails(shop)
        front.post("/api/accounts", account)
        wait_until(lambda: _mails(shop) == before + 1, "the letter to the new account")
        assert [status.hits for status in shop.cloud.faults() if status.id == sent.id] == [1]
        shop.cloud.lift(sent)

        front.post("/api/session", account)
        promised = front.post("/api/uploads", {"purpose": "portrait"})
        assert front.send(promised["url"], promised["fields"], webp(drawn("#c9d6cf"))) in {200, 204}
        assert s3.head_object(Bucket=UPLOADS, Key=promised["fields"]["key"])["ContentLength"] > 0
        front.submit("/account/picture", {"token": promised["token"]})
        picture = max(shop.objects(images, "images/people/"))
        assert s3.head_object(Bucket=images, Key=picture)["ContentType"] == "image/webp"
        assert shop.objects(UPLOADS, "uploads/") == {}


def _mails(shop: Shop) -> float:
    sent: float = shop.client("ses", "eu-central-1").get_send_quota()["SentLast24Hours"]
    return sent


def _let_write(shop: Shop, region: str) -> None:
    """Give a region the authority to write, as docs/authority.md has it."""
    granted = json.loads((PROJECT / "tests/contracts/authority/granted.json").read_text())
    body = json.dumps(granted | {"epoch": 1, "holder": region})
    for place in (*REGIONS, "eu-north-1"):
        bucket = f"shop-local-control-000000000000-{place}"
        shop.client("s3", place).put_object(Bucket=bucket, Key="authority/local/000001.json", Body=body)


def test_what_was_shipped_is_run_and_no_old_plan_or_checkout_takes_it_back(shop: Shop) -> None:
    old = shop.run("plan", "--stack", SITE).succeeded().data["bundle"]
    images = {region: _register_image(shop, region) for region in REGIONS}
    decide(shop, image_ids=images, generation=2)
    rendered = shop.run("render", "--stack", SITE).succeeded().data["tfvars"][SITE]
    assert "generation         = 2" in rendered
    decide(shop, image_ids=images, generation=1)  # nothing was restored
    refused = shop.run("deploy", "--yes", "--stack", SITE, "--bundle", old)
    assert refused.error["code"] == "bundle_refused"
    assert "facts" in refused.error["reason"]
    # This checkout knows of no image; what it deploys is what was shipped.
    shop.deploy(SITE, SITE_DR)
    sites = {item["stack"]: item["site"] for item in shop.run("status").succeeded().data["stacks"] if item["site"]}
    assert {stack: site["servers"]["images"] for stack, site in sites.items()} == {
        SITE: [images["eu-central-1"]],
        SITE_DR: [],
    }
    assert (sites[SITE]["servers"]["desired"], sites[SITE]["servers"]["healthy"]) == (2, 2)


def _register_image(shop: Shop, region: str) -> str:
    """A machine image, as far as the local cloud asks for one."""
    ec2 = shop.client("ec2", region)
    disk = ec2.create_volume(AvailabilityZone=f"{region}a", Size=8, VolumeType="gp3")["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=disk)["SnapshotId"]
    ec2.delete_volume(VolumeId=disk)
    image: str = ec2.register_image(
        Name="shop-1",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]
    return image


def test_a_bare_terraform_sees_no_changes_either(shop: Shop, tmp_path: Path) -> None:
    work = shop.work(EDGE)
    subprocess.run(["cp", "-r", PROJECT / "terraform", tmp_path / "terraform"], check=True)
    folder = tmp_path / "terraform" / "stacks" / "edge"
    environment = _environment(shop) | {"TF_CLI_CONFIG_FILE": str(shop.home / "terraform.rc")}

    def terraform(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", words[0], "-input=false", "-no-color", *words[1:]]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    init = terraform("init", f"-backend-config={work / 'backend.tfbackend'}")
    assert init.returncode == 0, init.stderr
    plan = terraform("plan", f"-var-file={work / 'stack.tfvars'}", "-detailed-exitcode")
    assert plan.returncode == 0, plan.stdout + plan.stderr


def test_aws_s_own_tools_find_the_shop_with_nothing_but_the_local_cloud_s_environment(shop: Shop) -> None:
    script = "import boto3, json; print(json.dumps([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']]))"
    asked = subprocess.run(
        [sys.executable, "-c", script], env=_environment(shop), capture_output=True, text=True, check=True
    )
    assert UPLOADS in json.loads(asked.stdout)


def test_a_state_that_somebody_else_has_locked_is_left_alone_until_the_operator_vouches(shop: Shop) -> None:
    s3, bucket = shop.client("s3", "eu-north-1"), "shop-local-state-000000000000-eu-north-1"
    key = "local/edge/terraform.tfstate.tflock"
    lock = {"ID": "0b5ba6a8", "Operation": "OperationTypeApply", "Info": "", "Who": "ann@laptop", "Version": "1.11.4"}
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(lock | {"Created": "2026-11-20T09:00:00Z", "Path": key}))
    refused = shop.run("deploy", "--yes", "--stack", EDGE)
    assert refused.exit_code == 4
    assert refused.error["code"] == "lock_held"
    assert "ann@laptop" in refused.error["reason"]
    assert "2026-11-20T09:00:00Z" in refused.error["reason"]
    assert "shopctl resume --unlock 0b5ba6a8" in refused.error["fix"]
    status = shop.run("status").succeeded().data["stacks"]
    assert [item["lock"]["who"] for item in status if item["lock"]] == ["ann@laptop"]
    assert shop.run("resume", "--unlock", "0b5ba6a8").succeeded().data["stack"] == EDGE
    assert locks(shop) == []


def test_what_others_stand_on_is_not_taken_away(shop: Shop) -> None:
    refused = shop.run("destroy", "--yes", "--stack", "base@primary")
    assert refused.exit_code == 5
    assert f"--stack {SITE}" in refused.error["fix"]


def test_a_dry_run_of_a_destroy_names_everything_and_changes_nothing(deployed: Deployed) -> None:
    shop = deployed.shop
    before = everything(shop)
    rehearsed = shop.run("destroy", "--dry-run").succeeded().data
    assert {step["result"] for step in rehearsed["steps"]} == {"would do"}
    counted = {stack: len(list(resources(shop.state(stack)))) for stack in STACKS}
    assert {stack: found["counts"]["destroy"] for stack, found in rehearsed["stacks"].items()} == counted
    assert everything(shop) == before


def test_a_local_cloud_that_is_killed_comes_back_as_it_was(shop: Shop) -> None:
    before = everything(shop)
    shop.kill_cloud()
    assert shop.run("status").error["code"] == "prerequisite_missing"
    shop.up()
    assert everything(shop) == before
    # Also after what was shipped above, the next deploy would change nothing.
    plan: Any = shop.run("plan").succeeded().data
    assert not any(found["changes"] for found in plan["stacks"].values())


def test_a_destroy_that_was_killed_twice_ends_with_nothing_left_in_any_region(destroyed: Deployed) -> None:
    assert sorted(everything(destroyed.shop) - destroyed.ground) == []
    assert locks(destroyed.shop) == []


def test_a_removed_bootstrap_leaves_the_account_as_it_was_before(destroyed: Deployed) -> None:
    destroyed.shop.run("bootstrap", "--remove", "--yes").succeeded()
    assert sorted(everything(destroyed.shop) ^ destroyed.nothing) == []
