"""Whether something that AWS still lists is there, or is gone and only remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from shopctl.aws.buckets import bucket_exists
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code
from shopctl.kinds import Standing

Answer = TypeVar("Answer")
Otherwise = TypeVar("Otherwise")
Looks = Mapping[str, Callable[[str], bool]]

# The tagging API goes on listing these, tags and all, from an hour to the end of a waiting time.
_GONE = frozenset({"deleted", "deleting", "expired", "failed", "rejected"})
_GONE_INSTANCES = frozenset({"shutting-down", "terminated"})
_GROUP_TAG = "aws:autoscaling:groupName"  # AWS puts it on what a group starts, and takes it off what leaves alive
_GOING_KEYS = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


def is_live(cloud: Cloud, region: str, standing: Standing) -> bool:
    """Tell whether a listed resource stands by itself: it is neither gone nor going, and no part of something else.

    AWS puts a network ACL, a main route table and a security group into each VPC, and a scaling group starts its
    instances; they go with it. The tagging API lags behind deletions, so each kind is asked about.
    Raises: ClientError, to be explained.
    """
    look = looks(cloud, region).get(standing.type)
    if look is None:
        return True
    return unless_absent(lambda: look(standing.id), otherwise=False)


def unless_absent(ask: Callable[[], Answer], *, otherwise: Otherwise) -> Answer | Otherwise:
    """Return what AWS answers, or ``otherwise`` where it refuses because what is asked about does not exist."""
    try:
        return ask()
    except ClientError as error:
        if is_absence(error):
            return otherwise
        raise


def is_absence(error: ClientError) -> bool:
    """Tell whether AWS refused because what was asked about does not exist. Pure.

    Sources: docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (``Invalid...NotFound``), and the API
    references of IAM (NoSuchEntity), S3 (NoSuchBucket), SQS (NonExistentQueue), WAF (WAFNonexistentItemException),
    CloudFront (NoSuch...), KMS, Logs, RDS, SNS, Secrets Manager, SSM and Elastic Load Balancing (...NotFound).
    """
    return any(word in error_code(error).lower() for word in ("doesnotexist", "nosuch", "nonexistent", "notfound"))


def queue_name(known_as: str) -> str:
    """The name of a queue from its URL or its ARN. Pure."""
    return known_as.rpartition("/")[2].rpartition(":")[2]


def is_running(instance: Any) -> bool:
    """Tell whether an instance is not gone or going, though AWS goes on listing it for an hour. Pure."""
    return instance["State"]["Name"] not in _GONE_INSTANCES


def looks(cloud: Cloud, region: str) -> Looks:
    """By type, how to see that it stands; AWS's answer that it does not exist is left to the caller."""
    return {
        **_network(cloud, region),
        **_compute(cloud, region),
        **_data(cloud, region),
        **_edge(cloud, region),
        **_observation(cloud, region),
    }


def _network(cloud: Cloud, region: str) -> Looks:
    ec2: Any = cloud.ec2(region)  # untyped: the lambdas read one field each of replies that are all alike

    def gateway_lives(name: str) -> bool:
        gateways = ec2.describe_nat_gateways(NatGatewayIds=[name])["NatGateways"]
        return any(gateway["State"] not in _GONE for gateway in gateways)

    def endpoint_lives(name: str) -> bool:
        endpoints = ec2.describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"]
        return any(endpoint["State"].lower() not in _GONE for endpoint in endpoints)

    def table_is_own(name: str) -> bool:
        tables = ec2.describe_route_tables(RouteTableIds=[name])["RouteTables"]
        return not any(link.get("Main") for table in tables for link in table["Associations"])

    def list_is_own(name: str) -> bool:
        return not ec2.describe_network_acls(NetworkAclIds=[name])["NetworkAcls"][0]["IsDefault"]

    def group_is_own(name: str) -> bool:
        return bool(ec2.describe_security_groups(GroupIds=[name])["SecurityGroups"][0]["GroupName"] != "default")

    def rule_stands(name: str) -> bool:
        return bool(ec2.describe_security_group_rules(SecurityGroupRuleIds=[name])["SecurityGroupRules"])

    return {
        "aws_eip": lambda name: bool(ec2.describe_addresses(AllocationIds=[name])["Addresses"]),
        "aws_flow_log": lambda name: bool(ec2.describe_flow_logs(FlowLogIds=[name])["FlowLogs"]),
        "aws_internet_gateway": lambda name: bool(ec2.describe_internet_gateways(InternetGatewayIds=[name])),
        "aws_nat_gateway": gateway_lives,
        "aws_network_acl": list_is_own,
        "aws_route_table": table_is_own,
        "aws_security_group": group_is_own,
        "aws_subnet": lambda name: bool(ec2.describe_subnets(SubnetIds=[name])["Subnets"]),
        "aws_vpc": lambda name: bool(ec2.describe_vpcs(VpcIds=[name])["Vpcs"]),
        "aws_vpc_endpoint": endpoint_lives,
        "aws_vpc_security_group_egress_rule": rule_stands,
        "aws_vpc_security_group_ingress_rule": rule_stands,
    }


def _compute(cloud: Cloud, region: str) -> Looks:
    ec2: Any = cloud.ec2(region)
    balancing, scaling = cloud.untyped("elbv2", region), cloud.untyped("autoscaling", region)

    def group_lives(name: str) -> bool:
        # A group that goes says so in a status, which no other group has.
        found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        return any("Status" not in group for group in found)

    def instance_is_orphan(name: str) -> bool:
        """A scaling group ends its instances itself; what a person started or took out of its group is theirs."""
        reservations = ec2.describe_instances(InstanceIds=[name])["Reservations"]
        instances = [instance for each in reservations for instance in each["Instances"]]
        tags = [tag for instance in instances if is_running(instance) for tag in instance.get("Tags", ())]
        groups = [tag["Value"] for tag in tags if tag["Key"] == _GROUP_TAG]
        return bool(groups) and not group_lives(groups[0])

    return {
        "aws_autoscaling_group": group_lives,
        "aws_iam_instance_profile": lambda name: bool(cloud.iam().get_instance_profile(InstanceProfileName=name)),
        "aws_iam_role": lambda name: bool(cloud.iam().get_role(RoleName=name)),
        "aws_instance": instance_is_orphan,
        "aws_launch_template": lambda name: bool(
            ec2.describe_launch_templates(LaunchTemplateIds=[name])["LaunchTemplates"]
        ),
        "aws_lb": lambda arn: bool(balancing.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]),
        "aws_lb_listener": lambda arn: bool(balancing.describe_listeners(ListenerArns=[arn])["Listeners"]),
        "aws_lb_listener_rule": lambda arn: bool(balancing.describe_rules(RuleArns=[arn])["Rules"]),
        "aws_lb_target_group": lambda arn: bool(
            balancing.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        ),
    }


def _data(cloud: Cloud, region: str) -> Looks:
    rds, backup = cloud.untyped("rds", region), cloud.untyped("backup", region)

    def database_lives(name: str) -> bool:
        instances = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return any(instance["DBInstanceStatus"] != "deleting" for instance in instances)

    def vault_stands(name: str) -> bool:
        # Asked about a vault that does not exist, AWS says that it is denied.
        # Source: provider 5.100, internal/service/backup/vault.go.
        pages = backup.get_paginator("list_backup_vaults").paginate()
        return any(vault["BackupVaultName"] == name for page in pages for vault in page["BackupVaultList"])

    def plan_stands(name: str) -> bool:
        pages = backup.get_paginator("list_backup_plans").paginate()  # leaves out those that are deleted
        return any(plan["BackupPlanId"] == name for page in pages for plan in page["BackupPlansList"])

    return {
        "aws_backup_plan": plan_stands,
        "aws_backup_vault": vault_stands,
        "aws_db_instance": database_lives,
        "aws_db_parameter_group": lambda name: bool(rds.describe_db_parameter_groups(DBParameterGroupName=name)),
        "aws_db_subnet_group": lambda name: bool(rds.describe_db_subnet_groups(DBSubnetGroupName=name)),
        "aws_kms_key": lambda name: (
            cloud.kms(region).describe_key(KeyId=name)["KeyMetadata"]["KeyState"] not in _GOING_KEYS
        ),
        "aws_s3_bucket": lambda name: bucket_exists(cloud, name, region),
        "aws_secretsmanager_secret": lambda arn: (
            "DeletedDate" not in cloud.secrets(region).describe_secret(SecretId=arn)
        ),
        "aws_sqs_queue": lambda known_as: bool(cloud.sqs(region).get_queue_url(QueueName=queue_name(known_as))),
    }


def _edge(cloud: Cloud, region: str) -> Looks:
    def acl_stands(known_as: str) -> bool:
        acl_id, name, scope = known_as.split("/")
        return bool(cloud.untyped("wafv2").get_web_acl(Name=name, Id=acl_id, Scope=scope))

    return {
        "aws_acm_certificate": lambda arn: bool(
            cloud.untyped("acm", region).describe_certificate(CertificateArn=arn)["Certificate"]
        ),
        "aws_cloudfront_distribution": lambda name: bool(cloud.untyped("cloudfront").get_distribution(Id=name)),
        "aws_route53_health_check": lambda name: bool(cloud.route53().get_health_check(HealthCheckId=name)),
        "aws_wafv2_web_acl": acl_stands,
    }


def _observation(cloud: Cloud, region: str) -> Looks:
    def group_exists(name: str) -> bool:
        groups = cloud.logs(region).describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return any(group["logGroupName"] == name for group in groups)

    return {
        "aws_cloudwatch_log_group": group_exists,
        "aws_cloudwatch_metric_alarm": lambda name: bool(
            cloud.untyped("cloudwatch", region).describe_alarms(AlarmNames=[name])["MetricAlarms"]
        ),
        "aws_sns_topic": lambda arn: bool(cloud.sns(region).get_topic_attributes(TopicArn=arn)),
        "aws_ssm_parameter": lambda name: bool(cloud.untyped("ssm", region).get_parameter(Name=name)),
    }
