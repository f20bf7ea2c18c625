"""Attributes of load balancers and target groups: all of them are told of, also those that nobody set.

Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html and
API_TargetGroupAttribute.html (keys and defaults); docs.aws.amazon.com/elasticloadbalancing/latest/application/
enable-access-logging.html (the bucket's region, policy and encryption, and that they are looked at at once).
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from ministack.services.alb import _lb_attrs as load_balancer_attributes
from ministack.services.alb import _lbs as load_balancers
from ministack.services.s3 import _bucket_encryption as encryptions
from ministack.services.s3 import _bucket_policies as bucket_policies
from ministack.services.s3 import _buckets as buckets
from ministack.services.s3 import bucket_region

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.elbv2.service import overlay
from localcloud.policy_document import MalformedPolicy, Statement, parse_policy
from localcloud.question import asked
from localcloud.refusal import refuse

OF_LOAD_BALANCERS = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
OF_TARGET_GROUPS = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"


def set_defaults(store: Mapping[str, list[dict[str, str]]], arn: str, defaults: Mapping[str, str]) -> None:
    """Give a new load balancer or target group every attribute of its kind."""
    store[arn][:] = [{"Key": key, "Value": value} for key, value in defaults.items()]


def attribute(arn: str, key: str) -> str:
    """The value of a load balancer's attribute."""
    return next((one["Value"] for one in load_balancer_attributes.get(arn, []) if one["Key"] == key), "")


@overlay.on("ModifyLoadBalancerAttributes")
async def modify_load_balancer_attributes(request: Request, _: Forward) -> Response:
    """Access logs are tried out at once: the load balancer writes a file into the bucket, or refuses it."""
    question = asked(request)
    arn, wanted = question.get("LoadBalancerArn", ""), question.get("Attributes", ())
    if arn not in load_balancers:
        return refuse(request, "LoadBalancerNotFound", f"Load balancer '{arn}' not found")
    if unknown := next((one["Key"] for one in wanted if one["Key"] not in OF_LOAD_BALANCERS), None):
        return refuse(request, "ValidationError", f"Load balancer attribute key '{unknown}' is not recognized")
    held = {one["Key"]: one["Value"] for one in load_balancer_attributes[arn]}
    new = held | {one["Key"]: one.get("Value", "") for one in wanted}
    if new["access_logs.s3.enabled"] == "true" and (fault := _log_fault(request, new)):
        return refuse(request, "InvalidConfigurationRequest", fault)
    load_balancer_attributes[arn] = [{"Key": key, "Value": value} for key, value in new.items()]
    return answer(request, {"Attributes": load_balancer_attributes[arn]})


def _log_fault(request: Request, attributes: Mapping[str, str]) -> str | None:
    """What keeps access logs from a bucket, in AWS's words, or None."""
    name, prefix = attributes["access_logs.s3.bucket"], attributes["access_logs.s3.prefix"]
    if name not in buckets:
        return f"The requested bucket could not be located: {name}. Please ensure that it exists."
    if bucket_region(name) != request.region:
        return f"The S3 bucket {name} is not in the same region as the load balancer"
    path = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    target = f"arn:aws:s3:::{name}/{path}/{request.account}/ELBAccessLogTestFile"
    if "aws:kms" in str(encryptions.get(name, "")) or not _may_put(bucket_policies.get(name, ""), target):
        return f"Access Denied for bucket: {name}. Please check S3bucket permission"
    return None


def _may_put(policy: str | bytes, target: str) -> bool:
    text = policy.decode() if isinstance(policy, bytes) else str(policy or "")
    try:
        return any(_lets_deliver(statement, target) for statement in parse_policy(text))
    except MalformedPolicy:
        return False


def _lets_deliver(statement: Statement, target: str) -> bool:
    return (
        statement.allows
        and _DELIVERY in statement.principals
        and any(fnmatchcase("s3:PutObject", one) for one in statement.actions)
        and any(fnmatchcase(target, one) for one in statement.resources)
    )


@overlay.on("ModifyTargetGroupAttributes")
async def modify_target_group_attributes(request: Request, forward: Forward) -> Response:
    """Only attributes that a target group has."""
    for one in asked(request).get("Attributes", ()):
        if one["Key"] not in OF_TARGET_GROUPS:
            return refuse(request, "ValidationError", f"Target group attribute key '{one['Key']}' is not recognized")
    return await forward(request)
