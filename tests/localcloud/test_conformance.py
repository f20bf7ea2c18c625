"""The check of replies tells a wrong one from a right one, in each protocol."""

from __future__ import annotations

import json

import pytest

from localcloud.conformance import check
from localcloud.message import Request
from localcloud.refusal import refuse

XML = {"content-type": "text/xml"}
JSON = {"content-type": "application/x-amz-json-1.1"}
VPCS = "<DescribeVpcsResponse><requestId>r</requestId><vpcSet><item>{}</item></vpcSet></DescribeVpcsResponse>"


def problems(service: str, operation: str, body: str, headers: dict[str, str]) -> list[str]:
    target = {"x-amz-target": f"X.{operation}"} if headers is JSON else {}
    request = Request("POST", "/", "/", "", target, service=service, operation=operation)
    return [problem.text for problem in check(request, 200, headers, body.encode())]


@pytest.mark.parametrize(
    ("service", "operation", "right", "wrong", "said"),
    [
        ("ec2", "DescribeVpcs", VPCS.format("<vpcId>v</vpcId>"), VPCS.format("<vpcID>v</vpcID>"), "vpcID is unknown"),
        ("ec2", "DescribeVpcs", VPCS.format("<state>available</state>"), VPCS.format("<state>fine</state>"), "'fine'"),
        ("kms", "ListKeys", '{"Keys": [{"KeyId": "k"}]}', '{"Keys": [{"Id": "k"}]}', "Id is unknown"),
        ("kms", "ListKeys", '{"Keys": []}', '{"Keys": [{"KeyId": 5}]}', "Invalid type"),
        ("sns", "CreateTopic", "<R><CreateTopicResult><TopicArn>a</TopicArn></CreateTopicResult></R>",
         "<R><CreateTopicResult><Arn>a</Arn></CreateTopicResult></R>", "Arn is unknown"),
        ("s3", "ListBuckets", "<R><Buckets><Bucket><Name>b</Name></Bucket></Buckets></R>",
         "<R><Buckets><Bucket><Nam>b</Nam></Bucket></Buckets></R>", "Nam is unknown"),
        ("s3", "ListBuckets", "<R/>", "<R>", "can't be read"),
        ("s3", "NoSuchThing", "", "", "no such operation"),
    ],
)  # fmt: skip
def test_a_wrong_reply_is_told_from_a_right_one(
    service: str, operation: str, right: str, wrong: str, said: str
) -> None:
    headers = JSON if right.startswith("{") else XML
    if operation != "NoSuchThing":
        assert problems(service, operation, right, headers) == []
    assert said in "\n".join(problems(service, operation, wrong, headers))


@pytest.mark.parametrize(
    ("service", "operation"),
    [("ec2", "CreateVpc"), ("s3", "ListBuckets"), ("sns", "ListTopics"), ("kms", "ListKeys"),
     ("route53", "ListHostedZones"), ("lambda", "ListFunctions"), ("logs", "DescribeLogGroups")],
)  # fmt: skip
def test_a_refusal_reads_as_an_error_in_every_protocol(service: str, operation: str) -> None:
    target = {"x-amz-target": f"X.{operation}"} if service in {"kms", "logs"} else {}
    request = Request("POST", "/", "/", "", target, service=service, operation=operation)
    reply = refuse(request, "AccessDenied", "no & never")
    headers = {name.lower(): str(value) for name, value in reply.headers.items()}
    assert check(request, reply.status, headers, reply.body) == ()
    nothing = json.dumps({}).encode() if target else b"<Response/>"
    assert check(request, reply.status, {"content-type": headers["content-type"]}, nothing) != ()
