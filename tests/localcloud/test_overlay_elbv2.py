"""Load balancers of the local cloud take what AWS's take, and know which of their targets are well."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.network import ACCOUNT, REGION, Network
from support.refusal import code_of


@pytest.fixture(scope="module")
def network(shared_cloud: LocalCloud) -> Network:
    return Network.make(shared_cloud)


@pytest.fixture
def balancing(network: Network) -> Any:
    return network.client("elbv2")


def interfaces(network: Network, arn: str) -> list[dict[str, Any]]:
    description = "ELB " + arn.partition(":loadbalancer/")[2]
    filters = [{"Name": "description", "Values": [description]}]
    found = network.client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return [dict(one) for one in found]


def test_a_load_balancer_stands_in_the_zones_of_its_subnets(network: Network, balancing: Any) -> None:
    group = network.new_group("zones")
    (shown,) = balancing.describe_load_balancers(LoadBalancerArns=[network.new_load_balancer("zones", group)])[
        "LoadBalancers"
    ]
    assert {(one["SubnetId"], one["ZoneName"]) for one in shown["AvailabilityZones"]} == set(
        zip(network.subnets, (f"{REGION}a", f"{REGION}b"), strict=True)
    )
    assert (shown["VpcId"], shown["CanonicalHostedZoneId"]) == (network.vpc, "Z215JYRZR1TBD5")
    held = interfaces(network, shown["LoadBalancerArn"])
    assert {one["SubnetId"] for one in held} == set(network.subnets)
    assert all(one["RequesterManaged"] and one["Groups"][0]["GroupId"] == group for one in held)


def test_one_zone_is_refused(network: Network, balancing: Any) -> None:
    call = {"Name": "one-zone", "Subnets": [network.subnets[0]]}
    assert code_of(balancing.create_load_balancer, **call) == "ValidationError"


def test_a_name_in_use_is_refused_and_the_same_request_again_is_not(network: Network, balancing: Any) -> None:
    first = network.new_load_balancer("taken", network.new_group("taken"))
    other = {"Name": "taken", "Subnets": list(network.subnets), "SecurityGroups": [network.new_group("taken-2")]}
    assert code_of(balancing.create_load_balancer, **other) == "DuplicateLoadBalancerName"
    (shown,) = balancing.describe_load_balancers(LoadBalancerArns=[first])["LoadBalancers"]
    again = {**other, "SecurityGroups": shown["SecurityGroups"]}
    assert balancing.create_load_balancer(**again)["LoadBalancers"][0]["LoadBalancerArn"] == first


@pytest.mark.parametrize("name", ["a" * 33, "internal-shop", "shop_local", "-shop"])
def test_a_name_that_elb_does_not_take_is_refused(network: Network, balancing: Any, name: str) -> None:
    call = {"Name": name, "Subnets": list(network.subnets)}
    assert code_of(balancing.create_load_balancer, **call) == "ValidationError"


def test_deletion_protection_protects(network: Network, balancing: Any) -> None:
    arn = network.new_load_balancer("protected")

    def protect(value: str) -> None:
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        balancing.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)

    protect("true")
    with pytest.raises(balancing.exceptions.OperationNotPermittedException, match="deletion protection is enabled"):
        balancing.delete_load_balancer(LoadBalancerArn=arn)
    protect("false")
    balancing.delete_load_balancer(LoadBalancerArn=arn)
    assert code_of(balancing.describe_load_balancers, LoadBalancerArns=[arn]) == "LoadBalancerNotFound"
    balancing.delete_load_balancer(LoadBalancerArn=arn)  # AWS: no error for one that is gone


def test_what_stands_in_a_subnet_keeps_it_and_goes_with_the_load_balancer(network: Network, balancing: Any) -> None:
    ec2, group = network.client("ec2"), network.new_group("kept")
    arn, target_group = network.new_load_balancer("kept", group), network.new_target_group("kept")
    listener = network.forward(arn, target_group)
    assert code_of(ec2.delete_subnet, SubnetId=network.subnets[0]) == "DependencyViolation"
    assert code_of(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    balancing.delete_load_balancer(LoadBalancerArn=arn)
    assert interfaces(network, arn) == []
    assert code_of(balancing.describe_listeners, ListenerArns=[listener]) == "ListenerNotFound"
    balancing.delete_target_group(TargetGroupArn=target_group)
    ec2.delete_security_group(GroupId=group)


def test_access_logs_need_a_bucket_that_the_load_balancer_may_write(network: Network, balancing: Any) -> None:
    s3, arn, bucket = network.client("s3"), network.new_load_balancer("logged"), "shop-local-access-logs"

    def turn_on() -> str:
        values = {"bucket": bucket, "enabled": "true", "prefix": "alb"}
        attributes = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in values.items()]
        return code_of(balancing.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=attributes)

    assert turn_on() == "InvalidConfigurationRequest"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert turn_on() == "InvalidConfigurationRequest"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/alb/AWSLogs/{ACCOUNT}/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    balancing.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[
            {"Key": "access_logs.s3.bucket", "Value": bucket},
            {"Key": "access_logs.s3.enabled", "Value": "true"},
            {"Key": "access_logs.s3.prefix", "Value": "alb"},
        ],
    )
    told = balancing.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {one["Key"]: one["Value"] for one in told}["access_logs.s3.bucket"] == bucket


def test_a_target_group_in_use_stays(network: Network, balancing: Any) -> None:
    arn, target_group = network.new_load_balancer("used"), network.new_target_group("used")
    listener = network.forward(arn, target_group)
    (shown,) = balancing.describe_target_groups(TargetGroupArns=[target_group])["TargetGroups"]
    assert shown["LoadBalancerArns"] == [arn]
    with pytest.raises(balancing.exceptions.ResourceInUseException, match="currently in use by a listener or a rule"):
        balancing.delete_target_group(TargetGroupArn=target_group)
    balancing.delete_listener(ListenerArn=listener)
    balancing.delete_target_group(TargetGroupArn=target_group)


def test_a_target_group_serves_one_load_balancer(network: Network, balancing: Any) -> None:
    target_group = network.new_target_group("shared")
    network.forward(network.new_load_balancer("shared-1"), target_group)
    call = {
        "LoadBalancerArn": network.new_load_balancer("shared-2"), "Port": 80, "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": target_group}],
    }  # fmt: skip
    assert code_of(balancing.create_listener, **call) == "TargetGroupAssociationLimit"


def test_a_port_and_a_priority_are_used_once(network: Network, balancing: Any) -> None:
    arn, target_group = network.new_load_balancer("once"), network.new_target_group("once")
    listener = network.forward(arn, target_group)
    actions = [{"Type": "forward", "TargetGroupArn": target_group}]
    call = {"LoadBalancerArn": arn, "Port": 80, "Protocol": "HTTP", "DefaultActions": actions}
    assert code_of(balancing.create_listener, **call) == "DuplicateListener"
    header = {"HttpHeaderName": "X-Origin-Verify", "Values": ["secret"]}
    rule = {
        "ListenerArn": listener, "Priority": 1, "Actions": actions,
        "Conditions": [{"Field": "http-header", "HttpHeaderConfig": header}],
    }  # fmt: skip
    made = balancing.create_rule(**rule)["Rules"][0]
    assert made["Conditions"][0]["HttpHeaderConfig"] == header
    assert code_of(balancing.create_rule, **rule) == "PriorityInUse"
    balancing.delete_rule(RuleArn=made["RuleArn"])
    assert code_of(balancing.describe_rules, RuleArns=[made["RuleArn"]]) == "RuleNotFound"


def test_https_needs_a_certificate_that_is_issued(network: Network, balancing: Any) -> None:
    call: dict[str, Any] = {
        "LoadBalancerArn": network.new_load_balancer("secure"), "Port": 443, "Protocol": "HTTPS",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": network.new_target_group("secure")}],
    }  # fmt: skip
    assert code_of(balancing.create_listener, **call) == "CertificateNotFound"
    unknown = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b"
    assert code_of(balancing.create_listener, **call, Certificates=[{"CertificateArn": unknown}]) == (
        "CertificateNotFound"
    )
    acm = network.client("acm")
    pending = acm.request_certificate(DomainName="not-yet.example", ValidationMethod="DNS")["CertificateArn"]
    assert code_of(balancing.create_listener, **call, Certificates=[{"CertificateArn": pending}]) == (
        "UnsupportedCertificate"
    )


def test_a_target_is_well_when_the_groups_of_both_let_the_request_through(network: Network, balancing: Any) -> None:
    outside, inside = network.new_group("well-alb"), network.new_group("well-app")
    target_group = network.new_target_group("well")
    network.new_scaling_group(
        "well", network.new_template("well", SecurityGroupIds=[inside]), 2, 2, TargetGroupARNs=[target_group]
    )

    def states() -> set[tuple[str, str | None]]:
        told = balancing.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        assert len(told) == 2
        return {(one["TargetHealth"]["State"], one["TargetHealth"].get("Reason")) for one in told}

    assert states() == {("unused", "Target.NotInUse")}
    network.forward(network.new_load_balancer("well", outside), target_group)
    assert states() == {("unhealthy", "Target.Timeout")}
    network.allow(inside, 8000, of=outside)
    assert states() == {("healthy", None)}, "a new group lets everything out"
    network.client("ec2").revoke_security_group_egress(
        GroupId=outside, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    assert states() == {("unhealthy", "Target.Timeout")}
    network.allow(outside, 8000, of=inside, is_egress=True)
    assert states() == {("healthy", None)}


def test_what_does_not_run_is_not_registered(network: Network, balancing: Any) -> None:
    call = {
        "TargetGroupArn": network.new_target_group("strangers"), "Targets": [{"Id": "i-0123456789abcdef0"}],
    }  # fmt: skip
    assert code_of(balancing.register_targets, **call) == "InvalidTarget"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
