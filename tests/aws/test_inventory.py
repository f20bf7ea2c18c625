"""What a killed Terraform left is found, whatever it is; so is which of two is in use; and all of it can be deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from shopctl import naming
from shopctl.adopt import Tagged
from shopctl.aws.cloud import Cloud
from shopctl.aws.inventory import StackInventory
from shopctl.aws.leftovers import scan
from shopctl.aws.removal import delete_all
from shopctl.bootstrap import Ground
from shopctl.kinds import NAMED, Standing
from shopctl.spec import EnvSpec
from support.one_of_each import Maker

HOME: Final = "eu-central-1"
GLOBAL: Final = "us-east-1"


def inventory(cloud: Cloud, spec: EnvSpec, region: str) -> StackInventory:
    identity = {key: naming.tags(spec, "")[key] for key in ("Environment", "ManagedBy", "Project")}
    return StackInventory(cloud, region, naming.name(spec), identity)


def found(tagged: tuple[Tagged, ...]) -> set[Standing]:
    return {one.standing for one in tagged if one.standing is not None}


def standings(made: Mapping[str, str]) -> set[Standing]:
    return {Standing(kind, identity) for kind, identity in made.items()}


@pytest.fixture
def zone(ground: Ground) -> str:
    cloud, spec = ground.cloud, ground.spec
    return (
        cloud.route53()
        .create_hosted_zone(Name=spec.domain, CallerReference=spec.domain)["HostedZone"]["Id"]
        .removeprefix("/hostedzone/")
    )


@pytest.mark.parametrize("part", ["site", "base"])
def test_every_resource_of_a_region_is_found_by_its_tags_with_the_id_by_which_it_is_imported(
    cloud: Cloud, spec: EnvSpec, part: str
) -> None:
    stack = f"{part}@{HOME}"
    made = getattr(Maker(cloud, spec, HOME, stack), part)()
    stands = inventory(cloud, spec, HOME)
    tagged = found(stands.tagged(stack))
    assert standings({kind: made[kind] for kind in made.keys() - NAMED.keys()}) <= tagged
    assert [one for one in tagged if not stands.is_live(one)] == []
    assert stands.tagged(f"{part}@eu-west-1") == ()
    delete_all(cloud, HOME, {*tagged, *standings(made)})
    assert [one for one in found(stands.tagged(stack)) if stands.is_live(one)] == []
    assert scan(cloud, spec) == ()


def test_what_has_no_tags_is_found_by_what_names_it(cloud: Cloud, spec: EnvSpec) -> None:
    made = Maker(cloud, spec, HOME, f"base@{HOME}").base()
    stands = inventory(cloud, spec, HOME)
    plan, selection, alias = made["aws_backup_plan"], made["aws_backup_selection"], made["aws_kms_alias"]
    named = {"plan_id": plan, "name": f"{naming.name(spec)}-daily"}
    assert stands.find("aws_backup_selection", named) == selection
    assert stands.find("aws_backup_selection", {**named, "name": "other"}) is None
    assert stands.find("aws_kms_alias", {"name": alias}) == alias
    assert stands.find("aws_kms_alias", {"name": f"{alias}x"}) is None


def test_the_edge_is_found_and_deleted_in_an_order_that_aws_takes(cloud: Cloud, spec: EnvSpec, zone: str) -> None:
    maker = Maker(cloud, spec, GLOBAL, "edge")
    made = maker.edge(zone)
    stands = inventory(cloud, spec, GLOBAL)
    tagged = {"aws_cloudfront_distribution", "aws_route53_health_check", "aws_wafv2_web_acl"}
    assert found(stands.tagged("edge")) == standings({kind: made[kind] for kind in tagged})
    target = cloud.untyped("cloudfront").get_distribution(Id=made["aws_cloudfront_distribution"])["Distribution"]
    planned: dict[str, dict[str, Any]] = {
        "aws_cloudfront_origin_access_control": {"name": maker.name},
        "aws_cloudfront_response_headers_policy": {"name": f"{maker.name}-pages"},
        "aws_route53_record": {
            "zone_id": zone, "name": spec.domain, "type": "A", "alias": [{"name": target["DomainName"]}]
        },
    }  # fmt: skip
    assert {kind: stands.find(kind, named) for kind, named in planned.items()} == {kind: made[kind] for kind in planned}
    assert delete_all(cloud, GLOBAL, standings(made)) != ()
    assert found(stands.tagged("edge")) == set()
    assert {kind: stands.find(kind, named) for kind, named in planned.items()} == dict.fromkeys(planned)
    assert scan(cloud, spec) == ()


TXT: Final = {"Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"v=spf1 -all"'}]}
ADDRESS: Final = {"Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
SPARE: Final = {**ADDRESS, "SetIdentifier": "secondary", "Failover": "SECONDARY"}


@pytest.mark.parametrize(
    ("record", "planned", "known_as"),
    [
        (TXT, {"type": "TXT", "records": ["v=spf1 -all"]}, "TXT"),
        (TXT, {"type": "TXT", "records": ["v=spf1 include:mail.test -all"]}, None),
        (ADDRESS, {"type": "A", "records": ["192.0.2.1"]}, "A"),
        (ADDRESS, {"type": "A", "alias": [{"name": "d1.cloudfront.net", "zone_id": "Z2FDTNDATAQYW2"}]}, None),
        (ADDRESS, {"type": "A", "alias": [{"zone_id": "Z2FDTNDATAQYW2"}]}, None),
        (SPARE, {"type": "A", "records": ["192.0.2.1"], "set_identifier": "secondary"}, "A_secondary"),
        (SPARE, {"type": "A", "records": ["192.0.2.1"], "set_identifier": "primary"}, None),
    ],
    ids=["text", "other text", "address", "an alias", "an alias of what is not known", "its part", "another part"],
)
def test_a_record_is_ours_if_it_says_what_is_planned(
    ground: Ground, zone: str, record: dict[str, Any], planned: dict[str, Any], known_as: str | None
) -> None:
    cloud, spec, name = ground.cloud, ground.spec, f"a_b.{ground.spec.domain}"
    Maker(cloud, spec, GLOBAL, "edge").record(zone, {"Name": name, **record})
    found = inventory(cloud, spec, GLOBAL).find("aws_route53_record", {"zone_id": zone, "name": name, **planned})
    assert found == (known_as and f"{zone}_{name}_{known_as}")
    if found is not None:
        delete_all(cloud, GLOBAL, [Standing("aws_route53_record", found)])
        listed = cloud.route53().list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        assert {one["Type"] for one in listed} == {"NS", "SOA"}


def test_of_two_health_checks_the_one_that_a_record_asks_is_in_use(cloud: Cloud, spec: EnvSpec, zone: str) -> None:
    maker, route53 = Maker(cloud, spec, GLOBAL, "edge"), cloud.route53()
    config: Any = {"Type": "HTTPS", "FullyQualifiedDomainName": spec.domain, "Port": 443}
    checks = sorted(
        route53.create_health_check(CallerReference=f"{spec.domain}-{number}", HealthCheckConfig=config)["HealthCheck"][
            "Id"
        ]
        for number in range(2)
    )
    values = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}], "SetIdentifier": "one", "Failover": "PRIMARY"}
    maker.record(zone, {"Name": spec.domain, "Type": "A", **values, "HealthCheckId": checks[0]})
    twins = tuple(Standing("aws_route53_health_check", check) for check in checks)
    assert inventory(cloud, spec, GLOBAL).in_use(twins) == twins[0]


def test_of_two_backup_plans_the_one_that_selects_something_is_in_use(cloud: Cloud, spec: EnvSpec) -> None:
    maker = Maker(cloud, spec, HOME, f"base@{HOME}")
    made = maker.base()
    rule = {"RuleName": "other", "TargetBackupVaultName": made["aws_backup_vault"]}
    twin = cloud.untyped("backup", HOME).create_backup_plan(
        BackupPlan={"BackupPlanName": made["aws_backup_vault"], "Rules": [rule]}, BackupPlanTags=maker.tag_map()
    )["BackupPlanId"]
    twins = tuple(Standing("aws_backup_plan", plan) for plan in (made["aws_backup_plan"], twin))
    assert inventory(cloud, spec, HOME).in_use(twins) == twins[0]
