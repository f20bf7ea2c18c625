"""A cloud with something in every service that the shop uses, and what stock boto3 says about it.

``fill`` makes the resources, ``describe`` asks for all of them: the two sides of a restart must agree.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from localcloud.client import LocalCloud

REGIONS = ("eu-central-1", "eu-west-1")
TAG = {"Stack": "base@eu-central-1", "Name": "shop-local-x"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAG.items()]
BUCKET = "shop-local-state-000000000000-eu-central-1"
LARGE = bytes(range(256)) * 4096  # 1 MiB: kept apart from the entry that names it


def fill(cloud: LocalCloud) -> Mapping[str, str]:
    """Make resources in every service; returns what ``describe`` can't find by asking."""
    secrets = _fill_s3(cloud) | _fill_kms(cloud)
    _fill_network(cloud)
    _fill_messaging(cloud)
    _fill_identity(cloud)
    _fill_others(cloud)
    return secrets


def _fill_s3(cloud: LocalCloud) -> dict[str, str]:
    s3 = cloud.client("s3", REGIONS[0])
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGIONS[0]})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": TAG_LIST})
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    for body in (b"first", LARGE, b"third"):
        s3.put_object(Bucket=BUCKET, Key="local/edge/terraform.tfstate", Body=body)
    s3.put_object(Bucket=BUCKET, Key="large", Body=LARGE, Metadata={"kind": "large"}, Tagging="a=b")
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"gone")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    s3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=1, Body=LARGE * 5)
    return {"upload": upload}


def _fill_kms(cloud: LocalCloud) -> dict[str, str]:
    kms = cloud.client("kms", REGIONS[0])
    symmetric = kms.create_key(Description="data", Tags=[{"TagKey": k, "TagValue": v} for k, v in TAG.items()])
    kms.create_alias(AliasName="alias/shop-local-data", TargetKeyId=symmetric["KeyMetadata"]["KeyId"])
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId="alias/shop-local-data", Plaintext=b"kept")["CiphertextBlob"]
    signature = kms.sign(KeyId=signing, Message=b"kept", SigningAlgorithm="RSASSA_PSS_SHA_256")["Signature"]
    return {
        "sealed": base64.b64encode(sealed).decode(),
        "signing_key": signing,
        "signature": base64.b64encode(signature).decode(),
    }


def _fill_network(cloud: LocalCloud) -> None:
    for region in REGIONS:
        ec2 = cloud.client("ec2", region)
        tags = [{"ResourceType": "vpc", "Tags": TAG_LIST}]
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        ec2.create_network_acl(VpcId=vpc)
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{region}.s3", RouteTableIds=[table])
        group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.0.0.0/16"
        )


def _fill_messaging(cloud: LocalCloud) -> None:
    sqs, sns = cloud.client("sqs", REGIONS[0]), cloud.client("sns", REGIONS[0])
    queue = sqs.create_queue(QueueName="shop-local-jobs", tags=TAG)["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="kept")
    topic = sns.create_topic(Name="shop-local-alerts", Tags=TAG_LIST)["TopicArn"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)


def _fill_identity(cloud: LocalCloud) -> None:
    iam = cloud.client("iam", "us-east-1")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}]}  # fmt: skip
    iam.create_role(RoleName="shop-local-flow", AssumeRolePolicyDocument=json.dumps(trust), Tags=TAG_LIST)
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="shop-local-flow", PolicyName="logs", PolicyDocument=json.dumps(allow))
    iam.create_policy(PolicyName="shop-local-read", PolicyDocument=json.dumps(allow))


def _fill_others(cloud: LocalCloud) -> None:
    logs = cloud.client("logs", REGIONS[0])
    logs.create_log_group(logGroupName="/shop-local/vpc-flow", tags=TAG)
    logs.put_retention_policy(logGroupName="/shop-local/vpc-flow", retentionInDays=30)
    secrets = cloud.client("secretsmanager", REGIONS[0])
    secrets.create_secret(Name="shop-local/app", SecretString="not-a-real-secret", Tags=TAG_LIST)
    secrets.create_secret(Name="shop-local/doomed", SecretString="x")
    secrets.delete_secret(SecretId="shop-local/doomed", RecoveryWindowInDays=7)
    route53 = cloud.client("route53", "us-east-1")
    zone = route53.create_hosted_zone(Name="local.shop.test", CallerReference="once")["HostedZone"]["Id"]
    record = {"Name": "egress.local.shop.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone.rpartition("/")[2], AddTags=TAG_LIST)


# What is asked of each service, in each region: client, operation, and what the operation needs to be told.
_QUESTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    *(("ec2", f"describe_{what}", {}) for what in (
        "vpcs", "subnets", "addresses", "nat_gateways", "internet_gateways", "route_tables", "network_acls",
        "vpc_endpoints", "security_groups", "security_group_rules", "tags", "network_interfaces", "flow_logs")),
    ("s3", "list_buckets", {}),
    ("kms", "list_keys", {}),
    ("kms", "list_aliases", {}),
    ("sqs", "list_queues", {}),
    ("sns", "list_topics", {}),
    ("sns", "list_subscriptions", {}),
    ("logs", "describe_log_groups", {}),
    ("secretsmanager", "list_secrets", {"IncludePlannedDeletion": True}),
    ("iam", "list_roles", {}),
    ("iam", "list_policies", {"Scope": "Local"}),
    ("route53", "list_hosted_zones", {}),
    ("resourcegroupstaggingapi", "get_resources", {}),
)  # fmt: skip
_DETAILS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("s3", "list_objects_v2", {"Bucket": BUCKET}),
    ("s3", "list_object_versions", {"Bucket": BUCKET}),
    ("s3", "list_multipart_uploads", {"Bucket": BUCKET}),
    ("s3", "get_bucket_tagging", {"Bucket": BUCKET}),
    ("s3", "get_object_tagging", {"Bucket": BUCKET, "Key": "large"}),
    ("iam", "get_role_policy", {"RoleName": "shop-local-flow", "PolicyName": "logs"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "shop-local/app"}),
)


def describe(cloud: LocalCloud) -> Mapping[str, Any]:
    """Everything that the questions bring to light, by question and region."""
    questions = [(region, *question) for region in REGIONS for question in _QUESTIONS]
    questions += [(REGIONS[0], *question) for question in _DETAILS]
    found = {}
    for region, service, operation, arguments in questions:
        answer = getattr(cloud.client(service, region), operation)(**arguments)
        found[f"{region} {service} {operation}"] = {k: v for k, v in answer.items() if k != "ResponseMetadata"}
    s3, zone = cloud.client("s3", REGIONS[0]), found[f"{REGIONS[0]} route53 list_hosted_zones"]["HostedZones"][0]["Id"]
    for version in found[f"{REGIONS[0]} s3 list_object_versions"]["Versions"]:
        body = s3.get_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
        found[f"body {version['Key']} {version['VersionId']}"] = body
    found["records"] = cloud.client("route53", REGIONS[0]).list_resource_record_sets(HostedZoneId=zone)[
        "ResourceRecordSets"
    ]
    return found
