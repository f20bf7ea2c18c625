"""Every type of resource that the shop's HCL makes has an answer to: what if it stands, and no state knows it?"""

from __future__ import annotations

import re

from shopctl.aws.cloud import Cloud
from shopctl.aws.liveness import looks
from shopctl.aws.lookups import LOOKUPS
from shopctl.aws.removal import deletions_by_type
from shopctl.kinds import NAMED, TAGGED
from support.environments import PROJECT

TAGGED_TYPES = frozenset(kind.type for kind in TAGGED.values()) | {"aws_vpc_security_group_egress_rule"}

# Making it again does no harm.
MADE_AGAIN = {
    "aws_acm_certificate_validation": "it only waits",
    "aws_autoscaling_policy": "put under its name",
    "aws_backup_vault_lock_configuration": "put",
    "aws_backup_vault_policy": "put",
    "aws_cloudwatch_log_resource_policy": "put under its name",
    "aws_default_network_acl": "AWS makes it with the VPC; to make it is to take it over",
    "aws_default_route_table": "AWS makes it with the VPC; to make it is to take it over",
    "aws_default_security_group": "AWS makes it with the VPC; to make it is to take it over",
    "aws_iam_role_policy": "put under its name",
    "aws_iam_role_policy_attachment": "to attach what is attached is no error",
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
    "aws_wafv2_web_acl_logging_configuration": "put",
}
# They go with what they link.
GOES_WITH_OTHERS = frozenset({"aws_route", "aws_route_table_association"})


def test_every_type_of_resource_is_found_again_or_can_be_made_again() -> None:
    made = {
        kind
        for path in (PROJECT / "terraform").rglob("*.tf")
        for kind in re.findall(r'^resource "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert made - TAGGED_TYPES - NAMED.keys() - MADE_AGAIN.keys() == set(), "say in kinds.py how it is found"
    assert MADE_AGAIN.keys() - made == set()


def test_of_every_type_that_is_found_it_is_known_whether_it_stands_and_how_it_is_deleted() -> None:
    cloud = Cloud("local", "111122223333", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert NAMED.keys() == LOOKUPS.keys()
    assert looks(cloud, "eu-west-1").keys() == TAGGED_TYPES
    assert deletions_by_type(cloud, "eu-west-1").keys() == (TAGGED_TYPES | NAMED.keys()) - GOES_WITH_OTHERS
