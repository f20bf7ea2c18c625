"""The local cloud refuses what AWS refuses, in AWS's words, and shows nothing of what it is made of."""

from __future__ import annotations

import socket
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from localcloud.client import LocalCloud
from localcloud.message import Request
from localcloud.models import changes_nothing, operation_of
from support.population import describe, fill


def code_of(call: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "describe_vpcs", "SignatureDoesNotMatch"),
        ("sqs", "list_queues", "InvalidSignatureException"),
        ("s3", "list_buckets", "AuthorizationHeaderMalformed"),
        ("lambda", "list_functions", "SignatureDoesNotMatch"),
    ],
)
def test_a_region_that_aws_does_not_have_is_refused(
    shared_cloud: LocalCloud, service: str, operation: str, code: str
) -> None:
    assert code_of(getattr(shared_cloud.client(service, "eu-middle-1"), operation)) == code


@pytest.mark.parametrize(
    ("service", "operation"),
    [("guardduty", "list_detectors"), ("redshift", "describe_clusters"), ("xray", "get_sampling_rules")],
)
def test_a_service_that_is_not_there_answers_with_an_error_of_aws_s_form(
    shared_cloud: LocalCloud, service: str, operation: str
) -> None:
    code = code_of(getattr(shared_cloud.client(service, "eu-central-1"), operation))
    assert code in {"InvalidAction", "UnknownOperationException"}


def test_the_account_is_that_of_the_key_and_accounts_do_not_see_each_other(shared_cloud: LocalCloud) -> None:
    other = LocalCloud(shared_cloud.endpoint, account="111122223333")
    assert other.client("sts", "eu-west-1").get_caller_identity()["Account"] == "111122223333"
    other.client("sqs", "eu-west-1").create_queue(QueueName="theirs")
    assert not shared_cloud.client("sqs", "eu-west-1").list_queues().get("QueueUrls")


def test_an_unsigned_caller_has_no_identity(shared_cloud: LocalCloud) -> None:
    sts = shared_cloud.client("sts", "eu-west-1", signature_version=UNSIGNED)
    assert code_of(sts.get_caller_identity) == "MissingAuthenticationToken"


@pytest.mark.parametrize("path", ["/_ministack/health", "/_ministack/reset", "/_localstack/health", "/health"])
def test_the_doors_of_the_emulator_inside_are_shut(shared_cloud: LocalCloud, path: str) -> None:
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{shared_cloud.endpoint}{path}")  # noqa: S310 - http to loopback


def test_a_request_cut_off_in_its_body_has_no_effect(shared_cloud: LocalCloud) -> None:
    host, port = shared_cloud.endpoint.removeprefix("http://").split(":")
    credential = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/eu-west-1/sqs/aws4_request"
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {credential}\r\nX-Amz-Target: AmazonSQS.CreateQueue\r\n"
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f'{head}Content-Length: 999\r\n\r\n{{"QueueName": "half"}}'.encode())
    assert not shared_cloud.client("sqs", "eu-west-1").list_queues(QueueNamePrefix="half").get("QueueUrls")


def test_a_bug_inside_reads_as_an_internal_failure_of_the_service(shared_cloud: LocalCloud) -> None:
    kms = shared_cloud.client("kms", "eu-west-1", parameter_validation=False)
    kms.meta.events.register("before-call.kms.CreateKey", lambda params, **_: params.update(body=b"[]"))
    assert code_of(kms.create_key) == "InternalFailure"


def request(method: str, target: str, body: bytes = b"", **headers: str) -> Request:
    path, _, query = target.partition("?")
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, path, query, lower, body)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("service", "arrived", "operation"),
    [
        ("s3", request("GET", "/"), "ListBuckets"),
        ("s3", request("PUT", "/bucket"), "CreateBucket"),
        ("s3", request("PUT", "/bucket?tagging"), "PutBucketTagging"),
        ("s3", request("GET", "/bucket?list-type=2&prefix=a"), "ListObjectsV2"),
        ("s3", request("GET", "/bucket?prefix=a"), "ListObjects"),
        ("s3", request("PUT", "/bucket/a/b?x-id=PutObject"), "PutObject"),
        ("s3", request("PUT", "/bucket/a/b", x_amz_copy_source="/c/d"), "CopyObject"),
        ("s3", request("PUT", "/bucket/a/b?partNumber=1&uploadId=u"), "UploadPart"),
        ("s3", request("GET", "/bucket/a/b?uploadId=u"), "ListParts"),
        ("s3", request("POST", "/bucket?delete"), "DeleteObjects"),
        ("s3", request("HEAD", "/bucket/a"), "HeadObject"),
        ("ec2", request("POST", "/", b"Action=CreateVpc&Version=2016-11-15", content_type=FORM), "CreateVpc"),
        ("kms", request("POST", "/", b"{}", x_amz_target="TrentService.CreateKey"), "CreateKey"),
        ("route53", request("POST", "/2013-04-01/hostedzone"), "CreateHostedZone"),
        ("route53", request("POST", "/2013-04-01/hostedzone/Z1/rrset/"), "ChangeResourceRecordSets"),
        ("lambda", request("GET", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af"), "ListTags"),
        ("s3", request("PATCH", "/bucket"), ""),
    ],
)
def test_an_operation_is_recognised_by_its_protocol(service: str, arrived: Request, operation: str) -> None:
    assert operation_of(service, arrived) == operation


def test_only_reading_changes_nothing() -> None:
    assert changes_nothing("ec2", "DescribeVpcs")
    assert not changes_nothing("ec2", "CreateVpc")
    assert not changes_nothing("sqs", "ReceiveMessage")
    assert not changes_nothing("sts", "GetSessionToken")
    assert not changes_nothing("s3", "")


def test_every_reply_has_the_shape_that_aws_s_models_give_it(cloud: LocalCloud) -> None:
    fill(cloud)
    describe(cloud)
    assert cloud.problems() == ()
