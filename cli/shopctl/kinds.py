"""How each type of resource that the stacks make is told apart in AWS: by the tags it carries, or by its name.

Two tables and no exceptions beside them. ``TAGGED`` are the types that carry the stack's tags and a ``Name`` that is
unique within type and stack: an ARN says of which type a resource is and what Terraform calls it. ``NAMED`` are the
types that can't carry tags: some of the planned values name the only one there can be.
Import ids: registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, section "Import" of each resource. ARNs:
docs.aws.amazon.com/service-authorization/latest/reference, "Resource types" of each service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """A resource that stands, in Terraform's words: its type, and the id by which it is imported."""

    type: str
    id: str


def _by_name(_arn: str, name: str) -> str:
    return name


def _by_arn(arn: str, _name: str) -> str:
    return arn


def _by_last_part(_arn: str, name: str) -> str:
    """A path may stand before the name."""
    return name.rpartition("/")[2]


def _log_group(_arn: str, name: str) -> str:
    return name.removesuffix(":*")


def _parameter(_arn: str, name: str) -> str:
    """The ARN of a parameter in a path leaves out the first slash of its name."""
    return f"/{name}" if "/" in name else name


def _web_acl(_arn: str, name: str) -> str:
    acl_name, _, acl_id = name.partition("/")
    return f"{acl_id}/{acl_name}/CLOUDFRONT"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type that carries tags. ``known_as`` makes its id for Terraform from the ARN and the name at the ARN's end."""

    type: str
    known_as: Callable[[str, str], str] = _by_name


# How the ARN goes on after its account, with the service before it -> what it is. Of security group rules only AWS can
# say whether they are of ingress or egress; both are deleted and looked at alike.
TAGGED: Final[Mapping[str, Kind]] = {
    "acm:certificate/": Kind("aws_acm_certificate", _by_arn),
    "autoscaling:autoScalingGroup:": Kind("aws_autoscaling_group", _by_last_part),
    "backup:backup-plan:": Kind("aws_backup_plan"),
    "backup:backup-vault:": Kind("aws_backup_vault"),
    "cloudfront:distribution/": Kind("aws_cloudfront_distribution"),
    "cloudwatch:alarm:": Kind("aws_cloudwatch_metric_alarm"),
    "ec2:elastic-ip/": Kind("aws_eip"),
    "ec2:instance/": Kind("aws_instance"),
    "ec2:internet-gateway/": Kind("aws_internet_gateway"),
    "ec2:launch-template/": Kind("aws_launch_template"),
    "ec2:natgateway/": Kind("aws_nat_gateway"),
    "ec2:network-acl/": Kind("aws_network_acl"),
    "ec2:route-table/": Kind("aws_route_table"),
    "ec2:security-group-rule/": Kind("aws_vpc_security_group_ingress_rule"),
    "ec2:security-group/": Kind("aws_security_group"),
    "ec2:subnet/": Kind("aws_subnet"),
    "ec2:vpc-endpoint/": Kind("aws_vpc_endpoint"),
    "ec2:vpc-flow-log/": Kind("aws_flow_log"),
    "ec2:vpc/": Kind("aws_vpc"),
    "elasticloadbalancing:listener-rule/": Kind("aws_lb_listener_rule", _by_arn),
    "elasticloadbalancing:listener/": Kind("aws_lb_listener", _by_arn),
    "elasticloadbalancing:loadbalancer/": Kind("aws_lb", _by_arn),
    "elasticloadbalancing:targetgroup/": Kind("aws_lb_target_group", _by_arn),
    "iam:instance-profile/": Kind("aws_iam_instance_profile", _by_last_part),
    "iam:role/": Kind("aws_iam_role", _by_last_part),
    "kms:key/": Kind("aws_kms_key"),
    "logs:log-group:": Kind("aws_cloudwatch_log_group", _log_group),
    "rds:db:": Kind("aws_db_instance"),
    "rds:pg:": Kind("aws_db_parameter_group"),
    "rds:subgrp:": Kind("aws_db_subnet_group"),
    "route53:healthcheck/": Kind("aws_route53_health_check"),
    "s3:": Kind("aws_s3_bucket"),
    "secretsmanager:secret:": Kind("aws_secretsmanager_secret", _by_arn),
    "sns:": Kind("aws_sns_topic", _by_arn),
    "sqs:": Kind("aws_sqs_queue"),
    "ssm:parameter/": Kind("aws_ssm_parameter", _parameter),
    "wafv2:global/webacl/": Kind("aws_wafv2_web_acl", _web_acl),
}

# Type -> the planned values that name the only one there can be. A bucket has tags, but its name is known to be taken
# in all of AWS before anybody can read them.
NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_backup_selection": ("plan_id", "name"),
    "aws_cloudfront_origin_access_control": ("name",),
    "aws_cloudfront_response_headers_policy": ("name",),
    "aws_kms_alias": ("name",),
    "aws_route": ("route_table_id", "destination_cidr_block"),
    "aws_route53_record": ("zone_id", "name", "type"),
    "aws_route_table_association": ("subnet_id",),
    "aws_s3_bucket": ("bucket",),
}


def standing_of(arn: str) -> Standing | None:
    """What Terraform calls the resource of an ARN, or None for a kind that no stack makes. Pure."""
    _, _, service, _, _, resource = arn.split(":", 5)
    named = f"{service}:{resource}"
    for prefix, kind in TAGGED.items():
        if named.startswith(prefix):
            return Standing(kind.type, kind.known_as(arn, named.removeprefix(prefix)))
    return None
