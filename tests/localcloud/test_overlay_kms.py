"""Keys of the local cloud keep their owner in, and can't be changed while they wait for their end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

ROOT = "arn:aws:iam::000000000000:root"


@pytest.fixture(scope="module")
def kms(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("kms", "eu-central-1")


@pytest.fixture
def key(kms: Any) -> str:
    identity: str = kms.create_key(Description="Data at rest.")["KeyMetadata"]["KeyId"]
    return identity


@pytest.fixture
def dying(kms: Any, key: str) -> str:
    """A key that waits for its deletion."""
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    return key


def policy(*, principal: Any = None, action: Any = "kms:*", effect: str = "Allow") -> str:
    principal = principal or {"AWS": ROOT}
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "text",
    ["{", policy(action="kms:Decrypt"), policy(effect="Deny"), policy(principal={"Service": "logs.amazonaws.com"})],
    ids=["no JSON", "owner can only decrypt", "owner is denied", "only a service"],
)
def test_a_policy_that_locks_the_owner_out_is_refused(kms: Any, key: str, text: str) -> None:
    assert code_of(kms.create_key, Policy=text) == "MalformedPolicyDocumentException"
    assert code_of(kms.put_key_policy, KeyId=key, Policy=text) == "MalformedPolicyDocumentException"


@pytest.mark.parametrize(
    "text",
    [policy(), policy(action=["kms:Put*", "kms:Get*"]), policy(principal={"AWS": "000000000000"})],
    ids=["everything", "a wildcard", "the account's number"],
)
def test_a_policy_that_leaves_the_owner_in_is_accepted(kms: Any, key: str, text: str) -> None:
    kms.put_key_policy(KeyId=key, Policy=text)
    assert json.loads(kms.get_key_policy(KeyId=key)["Policy"]) == json.loads(text)


def test_an_owner_who_insists_may_lock_himself_out(kms: Any, key: str) -> None:
    text = policy(action="kms:Decrypt")
    kms.put_key_policy(KeyId=key, Policy=text, BypassPolicyLockoutSafetyCheck=True)
    assert json.loads(kms.get_key_policy(KeyId=key)["Policy"]) == json.loads(text)


AUTO_SCALING = "arn:aws:iam::000000000000:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


def test_a_policy_names_roles_that_exist(shared_cloud: LocalCloud, kms: Any, key: str) -> None:
    iam = shared_cloud.client("iam", "us-east-1")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def naming(*roles: str) -> str:
        return policy(principal={"AWS": [ROOT, *(f"arn:aws:iam::000000000000:role/{role}" for role in roles)]})

    answer = refusal(kms.put_key_policy, KeyId=key, Policy=naming("app"))
    assert answer == (
        "MalformedPolicyDocumentException",
        "Policy contains a statement with one or more invalid principals.",
    )
    assert code_of(kms.create_key, Policy=policy(principal={"AWS": [ROOT, AUTO_SCALING]})) == answer[0]
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps({"Statement": trust}))
    kms.put_key_policy(KeyId=key, Policy=naming("app"))
    assert code_of(kms.put_key_policy, KeyId=key, Policy=naming("app", "path/app")) == answer[0]


def test_a_policy_names_a_role_that_does_not_exist_yet_in_a_condition(kms: Any) -> None:
    statements = json.loads(policy())["Statement"] + [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "kms:CreateGrant",
            "Resource": "*",
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": AUTO_SCALING},
                "Bool": {"kms:GrantIsForAWSResource": "true"},
                "StringEquals": {"kms:CallerAccount": "000000000000"},
            },
        }
    ]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    identity = kms.create_key(Policy=text)["KeyMetadata"]["KeyId"]
    assert json.loads(kms.get_key_policy(KeyId=identity)["Policy"]) == json.loads(text)


def test_a_grant_is_listed_until_it_is_taken_back(kms: Any, key: str) -> None:
    grant = kms.create_grant(KeyId=key, GranteePrincipal=AUTO_SCALING, Operations=["Decrypt", "GenerateDataKey"])
    (listed,) = kms.list_grants(KeyId=key)["Grants"]
    assert (listed["GrantId"], listed["GranteePrincipal"]) == (grant["GrantId"], AUTO_SCALING)
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_key_that_waits_for_its_end_grants_nothing(kms: Any, dying: str) -> None:
    asked = {"KeyId": dying, "GranteePrincipal": AUTO_SCALING, "Operations": ["Decrypt"]}
    assert code_of(kms.create_grant, **asked) == "KMSInvalidStateException"


def test_an_alias_has_a_name_of_the_account_s_own(kms: Any, key: str) -> None:
    assert code_of(kms.create_alias, AliasName="alias/aws/s3", TargetKeyId=key) == "NotAuthorizedException"
    assert code_of(kms.create_alias, AliasName="alias/a b", TargetKeyId=key) == "InvalidAliasNameException"
    kms.create_alias(AliasName="alias/shop-data", TargetKeyId=key)
    assert kms.describe_key(KeyId="alias/shop-data")["KeyMetadata"]["KeyId"] == key


def test_a_key_that_waits_for_its_end_cannot_be_changed(kms: Any, dying: str) -> None:
    expected = "KMSInvalidStateException"
    assert code_of(kms.create_alias, AliasName="alias/late", TargetKeyId=dying) == expected
    assert code_of(kms.enable_key_rotation, KeyId=dying) == expected
    assert code_of(kms.tag_resource, KeyId=dying, Tags=[{"TagKey": "Name", "TagValue": "x"}]) == expected
    code, message = refusal(kms.schedule_key_deletion, KeyId=dying, PendingWindowInDays=7)
    assert code == expected
    assert message.endswith(f"{dying} is pending deletion.")


def test_a_key_that_waits_for_its_end_can_be_saved(kms: Any, dying: str) -> None:
    kms.cancel_key_deletion(KeyId=dying)
    kms.enable_key(KeyId=dying)
    kms.enable_key_rotation(KeyId=dying, RotationPeriodInDays=365)
    assert kms.get_key_rotation_status(KeyId=dying)["RotationPeriodInDays"] == 365


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
