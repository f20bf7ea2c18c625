"""Every type of resource that the shop's HCL makes has an answer to: what if it stands, and no state knows it?"""

from __future__ import annotations

import re

from shopctl import adopt
from support.environments import PROJECT

FOUND_BY_NAME_OR_PARENT = frozenset(
    {"aws_kms_alias", "aws_route", "aws_route53_record", "aws_route_table_association", "aws_s3_bucket"}
)

# Making it again does no harm.
MADE_AGAIN = {
    "aws_default_network_acl": "AWS makes it with the VPC; to make it is to take it over",
    "aws_default_route_table": "AWS makes it with the VPC; to make it is to take it over",
    "aws_default_security_group": "AWS makes it with the VPC; to make it is to take it over",
    "aws_iam_role_policy": "put under its name",
    "aws_s3_bucket_lifecycle_configuration": "put",
    "aws_s3_bucket_logging": "put",
    "aws_s3_bucket_ownership_controls": "put",
    "aws_s3_bucket_policy": "put",
    "aws_s3_bucket_public_access_block": "put",
    "aws_s3_bucket_replication_configuration": "put",
    "aws_s3_bucket_server_side_encryption_configuration": "put",
    "aws_s3_bucket_versioning": "put",
    "aws_secretsmanager_secret_version": "a new version takes the place of one that nobody has read yet",
    "aws_sns_topic_policy": "put",
    "aws_sns_topic_subscription": "AWS gives the subscription of an endpoint back",
}


def test_every_type_of_resource_is_found_again_or_can_be_made_again() -> None:
    made = {
        kind
        for path in (PROJECT / "terraform").rglob("*.tf")
        for kind in re.findall(r'^resource "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    tagged = frozenset(adopt.TYPES.values())
    assert made - tagged - FOUND_BY_NAME_OR_PARENT - MADE_AGAIN.keys() == set(), "say in adopt.py how it is found"
    assert MADE_AGAIN.keys() - made == set()
