"""Roles of the local cloud take the names and documents that IAM takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


SERVICE = {"Service": "s3.amazonaws.com"}
TRUST = document(Principal=SERVICE, Action="sts:AssumeRole")


@pytest.fixture(scope="module")
def iam(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("iam", "us-east-1")


@pytest.fixture(scope="module")
def role(iam: Any) -> str:
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    return "worker"


@pytest.mark.parametrize("name", ["a" * 65, "a/b", "a b"])
def test_a_role_name_that_iam_does_not_take_is_refused(iam: Any, name: str) -> None:
    assert code_of(iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST) == "ValidationError"


def test_a_role_name_of_64_characters_is_accepted(iam: Any) -> None:
    made = iam.create_role(RoleName="a" * 64, AssumeRolePolicyDocument=TRUST)
    assert made["Role"]["RoleName"] == "a" * 64


@pytest.mark.parametrize(
    "text",
    ["{", document(Action="sts:AssumeRole"), document(Principal=SERVICE, Action="s3:GetObject"),
     document(Principal=SERVICE, Action="sts:AssumeRole", Resource="*")],
    ids=["no JSON", "for nobody", "another action", "with a resource"],
)  # fmt: skip
def test_a_trust_policy_says_who_may_assume_the_role_and_nothing_else(iam: Any, role: str, text: str) -> None:
    assert code_of(iam.create_role, RoleName="new", AssumeRolePolicyDocument=text) == "MalformedPolicyDocument"
    assert code_of(iam.update_assume_role_policy, RoleName=role, PolicyDocument=text) == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    "text",
    ["{", document(Action="s3:GetObject"), document(Action="s3:GetObject", Resource=[]),
     document(Action="s3:GetObject", Resource="*", Principal="*"), document(Resource="*"),
     document(Action="s3:GetObject", NotAction="s3:PutObject", Resource="*")],
    ids=["no JSON", "on nothing", "on an empty list", "for whom", "nothing to do", "both ways"],
)  # fmt: skip
def test_an_identity_s_policy_says_what_on_what_and_not_who(iam: Any, role: str, text: str) -> None:
    arguments = {"RoleName": role, "PolicyName": "work", "PolicyDocument": text}
    assert code_of(iam.put_role_policy, **arguments) == "MalformedPolicyDocument"
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def test_a_well_formed_policy_is_accepted(iam: Any, role: str) -> None:
    text = document(Action=["s3:GetObject"], Resource="arn:aws:s3:::images/*")
    iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=text)
    assert iam.get_role_policy(RoleName=role, PolicyName="work")["PolicyDocument"] == json.loads(text)
    iam.delete_role_policy(RoleName=role, PolicyName="work")


def test_the_role_of_a_service_has_the_name_that_the_service_chose_and_is_made_once(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForAutoScaling"
    assert iam.get_role(RoleName=made["RoleName"])["Role"]["Arn"] == made["Arn"]
    assert made["Arn"].endswith(":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")
    assert code_of(iam.create_service_linked_role, AWSServiceName="autoscaling.amazonaws.com") == "InvalidInput"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
