"""Deleting what no state knows: made twice, or left by a Terraform that was killed before it could save."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from shopctl.aws import deletions
from shopctl.aws.buckets import delete_bucket
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import explained
from shopctl.aws.liveness import unless_absent
from shopctl.aws.traces import service_log_groups
from shopctl.kinds import Standing
from shopctl.spec import EnvSpec

# Nothing was encrypted with a key that no state knows; AWS keeps it restorable for its shortest term all the same.
_KEY_WINDOW_DAYS = 7
_WITH_DATA = frozenset(
    {
        "aws_backup_vault",
        "aws_cloudwatch_log_group",
        "aws_db_instance",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_sqs_queue",
    }
)

Deletions = Mapping[str, Callable[[str], object]]


def holds_data(standing: Standing) -> bool:
    """Tell whether something of the shop's may be lost with the resource. Pure."""
    return standing.type in _WITH_DATA


def delete_all(cloud: Cloud, region: str, doomed: Iterable[Standing]) -> tuple[Standing, ...]:
    """Delete resources and the data in them, first what others hang on; return what was deleted.

    What is gone already is fine, and routes and associations go with what they link. Can be cut off and repeated.
    Raises: AwsFailed.
    """
    ways = deletions_by_type(cloud, region)
    order = {kind: place for place, kind in enumerate(ways)}
    known = {standing for standing in doomed if standing.type in order}
    return tuple(
        standing
        for standing in sorted(known, key=lambda standing: (order[standing.type], standing.id))
        if _delete(ways[standing.type], standing)
    )


def delete_service_logs(cloud: Cloud, spec: EnvSpec, region: str) -> tuple[str, ...]:
    """Delete the log groups that AWS made for the environment's databases, which no stack knows; return their names.

    Raises: AwsFailed.
    """
    logs = cloud.logs(region)
    with explained(f"deleting the log groups that AWS made for {spec.name}"):
        names = tuple(service_log_groups(cloud, spec, region))
        for name in names:
            unless_absent(partial(logs.delete_log_group, logGroupName=name), otherwise=None)
    return names


def _delete(delete: Callable[[str], object], standing: Standing) -> bool:
    def is_deleted() -> bool:
        deletions.once_free(partial(delete, standing.id))
        return True

    with explained(f"deleting {standing.type} {standing.id}"):
        return unless_absent(is_deleted, otherwise=False)


def deletions_by_type(cloud: Cloud, region: str) -> Deletions:
    """How each type is deleted, in the order in which nothing stands in the way of the next."""
    return {
        **_edge(cloud),
        **_compute(cloud, region),
        **_databases(cloud, region),
        **_network(cloud, region),
        **_rest(cloud, region),
    }


def _edge(cloud: Cloud) -> Deletions:
    route53, cloudfront = cloud.route53(), cloud.untyped("cloudfront")

    def versioned(what: str) -> Callable[[str], object]:
        get, delete = getattr(cloudfront, f"get_{what}"), getattr(cloudfront, f"delete_{what}")
        return partial(deletions.delete_tagged_by_version, get, delete)

    return {
        "aws_route53_record": partial(deletions.delete_record, route53),
        "aws_route53_health_check": lambda name: route53.delete_health_check(HealthCheckId=name),
        "aws_cloudfront_distribution": partial(deletions.delete_distribution, cloudfront),
        "aws_cloudfront_origin_access_control": versioned("origin_access_control"),
        "aws_cloudfront_response_headers_policy": versioned("response_headers_policy"),
        "aws_wafv2_web_acl": partial(deletions.delete_web_acl, cloud.untyped("wafv2")),
    }


def _compute(cloud: Cloud, region: str) -> Deletions:
    ec2, balancing = cloud.ec2(region), cloud.untyped("elbv2", region)
    return {
        "aws_autoscaling_group": partial(deletions.delete_group, cloud.untyped("autoscaling", region)),
        "aws_instance": lambda name: ec2.terminate_instances(InstanceIds=[name]),
        "aws_launch_template": lambda name: ec2.delete_launch_template(LaunchTemplateId=name),
        "aws_lb_listener_rule": lambda arn: balancing.delete_rule(RuleArn=arn),
        "aws_lb_listener": lambda arn: balancing.delete_listener(ListenerArn=arn),
        "aws_lb": partial(deletions.delete_load_balancer, balancing),
        "aws_lb_target_group": lambda arn: balancing.delete_target_group(TargetGroupArn=arn),
        "aws_iam_instance_profile": partial(deletions.delete_profile, cloud.iam()),
    }


def _databases(cloud: Cloud, region: str) -> Deletions:
    rds, backup = cloud.untyped("rds", region), cloud.untyped("backup", region)

    def delete_selection(known_as: str) -> None:
        plan, _, selection = known_as.partition("|")
        backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection)

    return {
        "aws_db_instance": partial(deletions.delete_database, rds),
        "aws_db_subnet_group": lambda name: rds.delete_db_subnet_group(DBSubnetGroupName=name),
        "aws_db_parameter_group": lambda name: rds.delete_db_parameter_group(DBParameterGroupName=name),
        "aws_backup_selection": delete_selection,
        "aws_backup_plan": partial(deletions.delete_plan, backup),
        "aws_backup_vault": partial(deletions.delete_vault, backup),
    }


def _network(cloud: Cloud, region: str) -> Deletions:
    ec2 = cloud.ec2(region)
    delete_rule = partial(deletions.delete_rule, ec2)
    return {
        "aws_flow_log": lambda name: ec2.delete_flow_logs(FlowLogIds=[name]),
        "aws_vpc_endpoint": lambda name: ec2.delete_vpc_endpoints(VpcEndpointIds=[name]),
        "aws_nat_gateway": partial(deletions.delete_nat_gateway, ec2),
        "aws_eip": lambda name: ec2.release_address(AllocationId=name),
        "aws_subnet": lambda name: ec2.delete_subnet(SubnetId=name),
        "aws_network_acl": lambda name: ec2.delete_network_acl(NetworkAclId=name),
        "aws_internet_gateway": partial(deletions.delete_internet_gateway, ec2),
        "aws_route_table": lambda name: ec2.delete_route_table(RouteTableId=name),
        "aws_vpc_security_group_egress_rule": delete_rule,
        "aws_vpc_security_group_ingress_rule": delete_rule,
        "aws_security_group": lambda name: ec2.delete_security_group(GroupId=name),
        "aws_vpc": lambda name: ec2.delete_vpc(VpcId=name),
    }


def _rest(cloud: Cloud, region: str) -> Deletions:
    kms, acm = cloud.kms(region), cloud.untyped("acm", region)
    alarms: Any = cloud.untyped("cloudwatch", region)
    return {
        "aws_acm_certificate": lambda arn: acm.delete_certificate(CertificateArn=arn),
        "aws_cloudwatch_metric_alarm": lambda name: alarms.delete_alarms(AlarmNames=[name]),
        "aws_cloudwatch_log_group": lambda name: cloud.logs(region).delete_log_group(logGroupName=name),
        "aws_iam_role": partial(deletions.delete_role, cloud.iam()),
        "aws_sqs_queue": lambda url: cloud.sqs(region).delete_queue(QueueUrl=url),
        "aws_sns_topic": lambda arn: cloud.sns(region).delete_topic(TopicArn=arn),
        "aws_ssm_parameter": lambda name: cloud.untyped("ssm", region).delete_parameter(Name=name),
        "aws_secretsmanager_secret": lambda arn: deletions.delete_secret_now(cloud, arn, region),
        "aws_s3_bucket": lambda name: delete_bucket(cloud, name, region, lambda _count: None),
        "aws_kms_alias": lambda name: kms.delete_alias(AliasName=name),
        "aws_kms_key": lambda name: kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=_KEY_WINDOW_DAYS),
    }
