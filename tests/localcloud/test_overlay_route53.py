"""Zones of the local cloud hold what DNS can hold, take a batch whole or not at all, and answer by health checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal


@pytest.fixture(scope="module")
def route53(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("route53", "us-east-1")


@pytest.fixture
def zone(route53: Any, request: pytest.FixtureRequest) -> str:
    made = route53.create_hosted_zone(Name="shop.test", CallerReference=request.node.name)
    identity: str = made["HostedZone"]["Id"].rpartition("/")[2]
    return identity


def change(action: str, name: str, kind: str, *values: str) -> dict[str, Any]:
    records = [{"Value": value} for value in values]
    return {
        "Action": action,
        "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": records},
    }


def batch(zone: str, *changes: dict[str, Any]) -> dict[str, Any]:
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": list(changes)}}


def names(route53: Any, zone: str) -> list[str]:
    """``type name`` of the zone's records, without those that every zone has."""
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [f"{record['Type']} {record['Name']}" for record in records if record["Type"] not in ("NS", "SOA")]


@pytest.mark.parametrize(
    "wrong",
    [
        change("CREATE", "www.elsewhere.test", "A", "203.0.113.1"),
        change("CREATE", "www.shop.test", "A", "203.0.113.256"),
        change("CREATE", "www.shop.test", "A", "2001:db8::1"),
        change("CREATE", "www.shop.test", "AAAA", "203.0.113.1"),
        change("CREATE", "www.shop.test", "TXT", "without quotes"),
        change("CREATE", "www.shop.test", "TXT", '"' + "x" * 256 + '"'),
        change("CREATE", "shop.test", "CAA", "amazon.com"),
        change("CREATE", "shop.test", "CNAME", "elsewhere.test"),
        change("CREATE", "www.shop.test", "A", "203.0.113.1", "203.0.113.1"),
    ],
    ids=["outside", "no address", "IPv6 as A", "IPv4 as AAAA", "bare text", "long text", "bare CAA", "apex", "twice"],
)
def test_a_record_that_dns_cannot_hold_is_refused(route53: Any, zone: str, wrong: dict[str, Any]) -> None:
    good = change("CREATE", "good.shop.test", "A", "203.0.113.1")
    assert code_of(route53.change_resource_record_sets, **batch(zone, good, wrong)) == "InvalidChangeBatch"
    assert names(route53, zone) == []


def test_records_that_dns_can_hold_are_accepted(route53: Any, zone: str) -> None:
    route53.change_resource_record_sets(
        **batch(
            zone,
            change("CREATE", "egress.eu-central-1.shop.test", "A", "203.0.113.1", "203.0.113.2"),
            change("CREATE", "shop.test", "AAAA", "2001:db8::1"),
            change("CREATE", "shop.test", "CAA", '0 issue "amazon.com"'),
            change("CREATE", "shop.test", "TXT", '"v=spf1 -all"', '"' + "x" * 255 + '" "y"'),
            change("CREATE", "www.shop.test", "CNAME", "shop.test"),
        )
    )
    assert len(names(route53, zone)) == 5


def test_a_cname_stands_alone_at_its_name(route53: Any, zone: str) -> None:
    address, alias = (
        change("CREATE", "www.shop.test", "A", "203.0.113.1"),
        change("CREATE", "www.shop.test", "CNAME", "shop.test"),
    )
    code, message = refusal(route53.change_resource_record_sets, **batch(zone, address, alias))
    assert code == "InvalidChangeBatch"
    assert "conflicts with other records" in message
    route53.change_resource_record_sets(**batch(zone, address))
    removal = change("DELETE", "www.shop.test", "A", "203.0.113.1")
    route53.change_resource_record_sets(**batch(zone, removal, alias))
    assert names(route53, zone) == ["CNAME www.shop.test."]


def test_a_caller_s_reference_makes_one_zone_only(route53: Any) -> None:
    route53.create_hosted_zone(Name="once.test", CallerReference="once")
    again = {"Name": "once.test", "CallerReference": "once"}
    assert code_of(route53.create_hosted_zone, **again) == "HostedZoneAlreadyExists"


def alias(
    name: str, target: str, zone: str, *, kind: str = "A", evaluates: bool = False, **more: Any
) -> dict[str, Any]:
    place = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": evaluates}
    return {"Action": "CREATE", "ResourceRecordSet": {"Name": name, "Type": kind, "AliasTarget": place, **more}}


def failover(role: str, target: str, **more: Any) -> dict[str, Any]:
    """One side of origin.shop.test, behind a load balancer."""
    return alias("origin.shop.test", target, BALANCERS, Failover=role, SetIdentifier=role.lower(), **more)


BALANCERS = "Z215JYRZR1TBD5"  # of eu-central-1
CLOUDFRONT = "Z2FDTNDATAQYW2"
HERE, THERE = "shop-1.eu-central-1.elb.amazonaws.com", "shop-2.eu-central-1.elb.amazonaws.com"


@pytest.fixture(scope="module")
def distribution(shared_cloud: LocalCloud) -> str:
    """CloudFront's name of a distribution."""
    way = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origin = {"Id": "app", "DomainName": "origin.shop.test", "CustomOriginConfig": way}
    policy = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    behavior = {"TargetOriginId": "app", "ViewerProtocolPolicy": "https-only", "CachePolicyId": policy}
    made = shared_cloud.client("cloudfront", "us-east-1").create_distribution(
        DistributionConfig={
            "CallerReference": "records",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behavior,
        }
    )
    name: str = made["Distribution"]["DomainName"]
    return name


def test_an_alias_points_to_a_distribution_that_is_there(route53: Any, zone: str, distribution: str) -> None:
    wrong = {
        "absent": alias("shop.test", "d0.cloudfront.net", CLOUDFRONT),
        "not CloudFront's": alias("shop.test", HERE, CLOUDFRONT),
        "its health": alias("shop.test", distribution, CLOUDFRONT, evaluates=True),
    }
    codes = {case: code_of(route53.change_resource_record_sets, **batch(zone, each)) for case, each in wrong.items()}
    assert codes == dict.fromkeys(wrong, "InvalidChangeBatch")
    both = (alias("shop.test", distribution, CLOUDFRONT, kind=kind) for kind in ("A", "AAAA"))
    route53.change_resource_record_sets(**batch(zone, *both))
    assert names(route53, zone) == ["A shop.test.", "AAAA shop.test."]


def test_an_alias_names_the_zone_of_its_load_balancer_s_region(route53: Any, zone: str) -> None:
    elsewhere = HERE.replace("eu-central-1", "eu-west-1")
    code, message = refusal(
        route53.change_resource_record_sets, **batch(zone, alias("origin.shop.test", elsewhere, BALANCERS))
    )
    assert (code, "does not lie within the target zone" in message) == ("InvalidChangeBatch", True)
    route53.change_resource_record_sets(**batch(zone, alias("origin.shop.test", f"dualstack.{HERE}", BALANCERS)))


def test_an_alias_points_to_a_record_that_is_there(route53: Any, zone: str) -> None:
    wrong = alias("www.shop.test", "shop.test", zone)
    code, message = refusal(route53.change_resource_record_sets, **batch(zone, wrong))
    assert (code, "that target was not found" in message) == ("InvalidChangeBatch", True)
    route53.change_resource_record_sets(**batch(zone, change("CREATE", "shop.test", "A", "203.0.113.1"), wrong))


def test_a_record_set_is_an_alias_or_has_values(route53: Any, zone: str) -> None:
    neither = {"Action": "CREATE", "ResourceRecordSet": {"Name": "shop.test", "Type": "A"}}
    both = alias("shop.test", HERE, BALANCERS, TTL=60, ResourceRecords=[{"Value": "203.0.113.1"}])
    without_ttl = change("CREATE", "shop.test", "A", "203.0.113.1")
    del without_ttl["ResourceRecordSet"]["TTL"]
    wrong = (neither, both, without_ttl)
    codes = [code_of(route53.change_resource_record_sets, **batch(zone, each)) for each in wrong]
    assert codes == ["InvalidInput"] * 3


def test_a_failover_has_one_of_each_role_with_a_name_of_its_own(route53: Any, zone: str) -> None:
    nameless = alias("origin.shop.test", HERE, BALANCERS, Failover="PRIMARY")
    code, message = refusal(route53.change_resource_record_sets, **batch(zone, nameless))
    assert (code, "Missing field 'SetIdentifier'" in message) == ("InvalidInput", True)
    roleless = alias("origin.shop.test", HERE, BALANCERS, SetIdentifier="primary")
    assert code_of(route53.change_resource_record_sets, **batch(zone, roleless)) == "InvalidInput"

    route53.change_resource_record_sets(**batch(zone, failover("PRIMARY", HERE), failover("SECONDARY", THERE)))
    third = alias("origin.shop.test", THERE, BALANCERS, Failover="PRIMARY", SetIdentifier="third")
    simple = alias("origin.shop.test", THERE, BALANCERS)
    for wrong in (third, simple):
        assert code_of(route53.change_resource_record_sets, **batch(zone, wrong)) == "InvalidChangeBatch"
    records = route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName="origin.shop.test")
    found = {each["SetIdentifier"]: each["Failover"] for each in records["ResourceRecordSets"] if each["Type"] == "A"}
    assert found == {"primary": "PRIMARY", "secondary": "SECONDARY"}


def test_a_failover_takes_no_place_beside_a_simple_record(route53: Any, zone: str) -> None:
    route53.change_resource_record_sets(**batch(zone, alias("origin.shop.test", HERE, BALANCERS)))
    code, message = refusal(route53.change_resource_record_sets, **batch(zone, failover("PRIMARY", HERE)))
    assert (code, "non-failover RRSet" in message) == ("InvalidChangeBatch", True)


def test_a_primary_with_values_has_a_health_check_that_is_there(route53: Any, zone: str) -> None:
    primary = change("CREATE", "origin.shop.test", "A", "203.0.113.1")
    primary["ResourceRecordSet"] |= {"Failover": "PRIMARY", "SetIdentifier": "primary"}
    code, message = refusal(route53.change_resource_record_sets, **batch(zone, primary))
    assert (code, "must have an associated health check" in message) == ("InvalidChangeBatch", True)
    primary["ResourceRecordSet"]["HealthCheckId"] = "00000000-0000-4000-8000-000000000000"
    assert code_of(route53.change_resource_record_sets, **batch(zone, primary)) == "NoSuchHealthCheck"


def test_a_zone_with_records_stays(route53: Any, zone: str) -> None:
    address = ("shop.test", "A", "203.0.113.1")
    route53.change_resource_record_sets(**batch(zone, change("CREATE", *address)))
    route53.change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=zone, AddTags=[{"Key": "Name", "Value": zone}]
    )
    assert code_of(route53.delete_hosted_zone, Id=zone) == "HostedZoneNotEmpty"
    route53.change_resource_record_sets(**batch(zone, change("DELETE", *address)))
    route53.delete_hosted_zone(Id=zone)
    assert code_of(route53.get_hosted_zone, Id=zone) == "NoSuchHostedZone"


PROBE = {"Type": "HTTPS", "FullyQualifiedDomainName": "shop.test", "ResourcePath": "/health"}
SWITCH = {
    "Type": "CLOUDWATCH_METRIC",
    "AlarmIdentifier": {"Name": "moved", "Region": "eu-west-1"},
    "InsufficientDataHealthStatus": "LastKnownStatus",
}


def check(route53: Any, config: Mapping[str, Any], reference: str) -> dict[str, Any]:
    made: dict[str, Any] = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config)
    return made["HealthCheck"]  # type: ignore[no-any-return] # boto3 has no types


def reports(route53: Any, identity: str) -> set[str]:
    """What the health checkers say, one word each."""
    observations = route53.get_health_check_status(HealthCheckId=identity)["HealthCheckObservations"]
    return {each["StatusReport"]["Status"].partition(":")[0] for each in observations}


def test_a_probe_is_complete(route53: Any) -> None:
    config = check(route53, PROBE, "complete")["HealthCheckConfig"]
    filled = {"Port": 443, "RequestInterval": 30, "FailureThreshold": 3, "EnableSNI": True}
    switches = {"MeasureLatency": False, "Inverted": False, "Disabled": False}
    assert config == {**PROBE, **filled, **switches}


@pytest.mark.parametrize(
    "wrong",
    [
        {**PROBE, "AlarmIdentifier": SWITCH["AlarmIdentifier"]},
        {**PROBE, "RequestInterval": 20},
        {**PROBE, "FailureThreshold": 10, "SearchString": "ok"},
        {"Type": "HTTPS", "ResourcePath": "/health"},
        {"Type": "CLOUDWATCH_METRIC"},
    ],
    ids=["alarm", "interval", "text", "nowhere", "no alarm"],
)
def test_a_health_check_that_could_ask_nothing_is_refused(route53: Any, wrong: dict[str, Any]) -> None:
    arguments = {"CallerReference": "refused", "HealthCheckConfig": wrong}
    assert code_of(route53.create_health_check, **arguments) == "InvalidInput"


def test_a_caller_s_reference_makes_one_health_check_and_is_spent_with_it(route53: Any) -> None:
    identity = check(route53, PROBE, "spent")["Id"]
    assert check(route53, PROBE, "spent")["Id"] == identity
    other = {"CallerReference": "spent", "HealthCheckConfig": {**PROBE, "ResourcePath": "/"}}
    assert code_of(route53.create_health_check, **other) == "HealthCheckAlreadyExists"
    route53.delete_health_check(HealthCheckId=identity)
    same = {"CallerReference": "spent", "HealthCheckConfig": PROBE}
    assert code_of(route53.create_health_check, **same) == "HealthCheckAlreadyExists"


def test_a_health_check_is_changed_from_its_latest_version(route53: Any) -> None:
    made = check(route53, PROBE, "versions")
    latest = {"HealthCheckId": made["Id"], "HealthCheckVersion": made["HealthCheckVersion"]}
    changed = route53.update_health_check(**latest, ResourcePath="/ready", Inverted=True)["HealthCheck"]
    assert changed["HealthCheckVersion"] == made["HealthCheckVersion"] + 1
    config = route53.get_health_check(HealthCheckId=made["Id"])["HealthCheck"]["HealthCheckConfig"]
    assert (config["ResourcePath"], config["Inverted"], config["EnableSNI"]) == ("/ready", True, True)
    assert code_of(route53.update_health_check, **latest) == "HealthCheckVersionMismatch"


def test_a_health_check_takes_its_tags_with_it(shared_cloud: LocalCloud, route53: Any) -> None:
    identity = check(route53, PROBE, "tags")["Id"]
    tags = [{"Key": "Name", "Value": "tagged-check"}]
    route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=identity, AddTags=tags)
    kept = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=identity)
    assert kept["ResourceTagSet"]["Tags"] == tags
    tagging, wanted = shared_cloud.client("resourcegroupstaggingapi", "us-east-1"), {"Key": "Name"}
    found = tagging.get_resources(TagFilters=[{**wanted, "Values": ["tagged-check"]}])["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in found] == [f"arn:aws:route53:::healthcheck/{identity}"]
    route53.delete_health_check(HealthCheckId=identity)
    assert not tagging.get_resources(TagFilters=[{**wanted, "Values": ["tagged-check"]}])["ResourceTagMappingList"]


def test_nobody_reports_on_an_endpoint_yet(route53: Any) -> None:
    assert reports(route53, check(route53, PROBE, "unreported")["Id"]) == set()


def test_a_switch_follows_the_alarm_s_metric_in_its_region_and_stays_where_it_was_put(
    shared_cloud: LocalCloud, route53: Any
) -> None:
    cloudwatch = shared_cloud.client("cloudwatch", "eu-west-1")
    cloudwatch.put_metric_alarm(
        AlarmName="moved",
        Namespace="shop/dr",
        MetricName="TrafficMoved",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=1,
        EvaluationPeriods=1,
        Period=60,
        Statistic="Maximum",
        TreatMissingData="ignore",
    )
    switch = check(route53, SWITCH, "switch")["Id"]
    cautious = check(route53, {**SWITCH, "InsufficientDataHealthStatus": "Unhealthy"}, "cautious")["Id"]
    assert (reports(route53, switch), reports(route53, cautious)) == ({"Success"}, {"Failure"})

    def move(value: float, minutes_ago: float) -> None:
        time = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        datum = {"MetricName": "TrafficMoved", "Value": value, "Timestamp": time}
        cloudwatch.put_metric_data(Namespace="shop/dr", MetricData=[datum])

    move(0, 90)
    assert (reports(route53, switch), reports(route53, cautious)) == ({"Success"}, {"Failure"})
    move(1, 60)
    assert reports(route53, switch) == {"Failure"}
    cloudwatch.set_alarm_state(AlarmName="moved", StateValue="OK", StateReason="A state moves nothing")
    assert reports(route53, switch) == {"Failure"}
    move(0, 0)
    assert (reports(route53, switch), reports(route53, cautious)) == ({"Success"}, {"Success"})


def test_a_switch_may_be_inverted_or_put_out_of_force(route53: Any) -> None:
    inverted = check(route53, {**SWITCH, "Inverted": True}, "inverted")["Id"]
    assert reports(route53, inverted) == {"Failure"}
    route53.update_health_check(HealthCheckId=inverted, Disabled=True)
    assert reports(route53, inverted) == {"Success"}


def test_what_is_calculated_has_no_report(route53: Any) -> None:
    child = check(route53, PROBE, "child")["Id"]
    parent = check(route53, {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [child]}, "parent")
    assert code_of(route53.get_health_check_status, HealthCheckId=parent["Id"]) == "InvalidInput"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
