"""Distributions of the local cloud are such as CloudFront would deploy, and what one uses stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

REGION = "us-east-1"
DOMAIN = "shop.test"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
NEVER = "00000000-0000-4000-8000-000000000000"
READING, ASKING = ["GET", "HEAD"], ["GET", "HEAD", "OPTIONS"]
WRITING = [*ASKING, "DELETE", "PATCH", "POST", "PUT"]

Config = dict[str, Any]


@pytest.fixture(scope="module")
def cloudfront(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("cloudfront", REGION)


@pytest.fixture(scope="module")
def certificate(shared_cloud: LocalCloud) -> str:
    """An issued certificate for the shop's domain and the names right below it."""
    return issued(shared_cloud, REGION, DOMAIN)


@pytest.fixture(scope="module")
def zone(shared_cloud: LocalCloud) -> str:
    made = shared_cloud.client("route53", REGION).create_hosted_zone(Name=DOMAIN, CallerReference=DOMAIN)
    identity: str = made["HostedZone"]["Id"].rpartition("/")[2]
    return identity


@pytest.fixture(autouse=True)
def _names_are_free_again(cloudfront: Any) -> Iterator[None]:
    yield
    for each in cloudfront.list_distributions()["DistributionList"].get("Items", []):
        remove(cloudfront, each["Id"])


def issued(cloud: LocalCloud, region: str, domain: str) -> str:
    acm, route53 = cloud.client("acm", region), cloud.client("route53", REGION)
    arn: str = acm.request_certificate(
        DomainName=domain, SubjectAlternativeNames=[f"*.{domain}"], ValidationMethod="DNS"
    )["CertificateArn"]
    (zone,) = [each for each in route53.list_hosted_zones()["HostedZones"] if each["Name"] == f"{domain}."]
    option = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
    record = option["ResourceRecord"]
    values = {"TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    wanted = {"Name": record["Name"], "Type": record["Type"], **values}
    route53.change_resource_record_sets(
        HostedZoneId=zone["Id"], ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": wanted}]}
    )
    return arn


def some(*items: Any) -> dict[str, Any]:
    """A list as CloudFront takes it."""
    return {"Quantity": len(items), "Items": list(items)} if items else {"Quantity": 0}


def app_origin(**more: Any) -> Config:
    way = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    return {"Id": "app", "DomainName": "origin.shop.test", "CustomOriginConfig": way, **more}


def bucket_origin(name: str, **more: Any) -> Config:
    place = f"{name}.s3.eu-central-1.amazonaws.com"
    return {"Id": name, "DomainName": place, "S3OriginConfig": {"OriginAccessIdentity": ""}, **more}


def group(*members: str, codes: tuple[int, ...] = (500, 503)) -> Config:
    return {
        "Id": "images",
        "FailoverCriteria": {"StatusCodes": some(*codes)},
        "Members": some(*({"OriginId": member} for member in members)),
    }


def behavior(target: str, methods: list[str], **more: Any) -> Config:
    allowed = {**some(*methods), "CachedMethods": some(*READING)}
    rest = {"ViewerProtocolPolicy": "https-only", "CachePolicyId": CACHING_OPTIMIZED}
    return {"TargetOriginId": target, "AllowedMethods": allowed, **rest, **more}


def config(reference: str, **more: Any) -> Config:
    wanted: Config = {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "Origins": some(app_origin()),
        "DefaultCacheBehavior": behavior("app", WRITING),
    }
    return wanted | more


def named(reference: str, certificate: str, *names: str) -> Config:
    viewer = {
        "ACMCertificateArn": certificate,
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    return config(reference, Aliases=some(*names), ViewerCertificate=viewer)


def made(cloudfront: Any, wanted: Config) -> dict[str, Any]:
    distribution: dict[str, Any] = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
    return distribution


def refused(cloudfront: Any, wanted: Config) -> tuple[str, str]:
    return refusal(cloudfront.create_distribution, DistributionConfig=wanted)


def change(cloudfront: Any, identity: str, **more: Any) -> str:
    """Change a distribution from its latest version; returns the new version."""
    present = cloudfront.get_distribution_config(Id=identity)
    wanted = {**present["DistributionConfig"], **more}
    etag: str = cloudfront.update_distribution(Id=identity, IfMatch=present["ETag"], DistributionConfig=wanted)["ETag"]
    return etag


def remove(cloudfront: Any, identity: str) -> None:
    cloudfront.delete_distribution(Id=identity, IfMatch=change(cloudfront, identity, Enabled=False))


def test_a_distribution_is_read_as_it_was_written(cloudfront: Any) -> None:
    wanted = config(
        "written",
        Origins=some(app_origin(), bucket_origin("here"), bucket_origin("there")),
        OriginGroups=some(group("here", "there")),
        CacheBehaviors=some({"PathPattern": "/images/*", **behavior("images", ASKING)}),
    )
    read = cloudfront.get_distribution(Id=made(cloudfront, deepcopy(wanted))["Id"])["Distribution"]
    assert read["Status"] == "Deployed"
    assert {name: read["DistributionConfig"][name] for name in wanted} == wanted


ORIGINS = some(app_origin(), bucket_origin("here"), bucket_origin("there"))
NO_ACCESS = bucket_origin("here", OriginAccessControlId="E0")
NO_BUCKET = {**bucket_origin("here"), "DomainName": "bucket.example.com"}
GROUPED = {"Origins": ORIGINS, "OriginGroups": some(group("here", "there"))}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"DefaultCacheBehavior": behavior("elsewhere", READING)}, "NoSuchOrigin"),
        ({"Origins": some(app_origin(), app_origin())}, "InvalidArgument"),
        ({"Origins": some(app_origin(ConnectionAttempts=4))}, "InvalidArgument"),
        ({"Origins": some(app_origin(), NO_BUCKET)}, "InvalidArgument"),
        ({"Origins": some(app_origin(), NO_ACCESS)}, "InvalidOriginAccessControl"),
        ({"Origins": ORIGINS, "OriginGroups": some(group("here", "nowhere"))}, "NoSuchOrigin"),
        ({"Origins": ORIGINS, "OriginGroups": some(group("here", "here"))}, "InvalidArgument"),
        ({"Origins": ORIGINS, "OriginGroups": some(group("here", "there", codes=(200,)))}, "InvalidArgument"),
        ({"DefaultCacheBehavior": behavior("app", ["GET", "HEAD", "POST"])}, "InvalidArgument"),
        ({"DefaultCacheBehavior": behavior("app", READING, CachePolicyId=NEVER)}, "NoSuchCachePolicy"),
        ({"DefaultCacheBehavior": behavior("app", READING, OriginRequestPolicyId=NEVER)}, "NoSuchOriginRequestPolicy"),
        (
            {"DefaultCacheBehavior": behavior("app", READING, ResponseHeadersPolicyId=NEVER)},
            "NoSuchResponseHeadersPolicy",
        ),
        (
            {"CacheBehaviors": some(*2 * [{"PathPattern": "/api/*", **behavior("app", WRITING)}])},
            "InvalidArgument",
        ),
        ({"WebACLId": f"arn:aws:wafv2:us-east-1:000000000000:global/webacl/no/{NEVER}"}, "InvalidWebACLId"),
    ],
    ids=["target", "twice", "attempts", "no bucket", "no access control", "no member", "one member", "code 200",
         "some methods", "no cache policy", "no request policy", "no headers policy", "one path twice",
         "no web ACL"],
)  # fmt: skip
def test_what_cloudfront_could_not_deploy_is_refused(cloudfront: Any, more: Mapping[str, Any], code: str) -> None:
    assert refused(cloudfront, config("refused", **more))[0] == code


def test_a_group_of_origins_takes_no_writes(cloudfront: Any) -> None:
    code, message = refused(cloudfront, config("writes", **GROUPED, DefaultCacheBehavior=behavior("images", WRITING)))
    assert code == "InvalidArgument"
    assert "cannot include POST, PUT, PATCH, or DELETE" in message
    reading = config("reads", **GROUPED, DefaultCacheBehavior=behavior("images", ASKING))
    assert made(cloudfront, reading)["Status"] == "Deployed"


def test_a_caller_s_reference_makes_one_distribution_only(cloudfront: Any) -> None:
    made(cloudfront, config("once"))
    assert refused(cloudfront, config("once"))[0] == "DistributionAlreadyExists"


@pytest.mark.parametrize("name", ["www.eu.shop.test", "shop.example", "*.eu.shop.test"])
def test_a_name_that_the_certificate_does_not_cover_is_refused(
    cloudfront: Any, zone: str, certificate: str, name: str
) -> None:
    assert zone
    code, message = refused(cloudfront, named("uncovered", certificate, name))
    assert (code, "doesn't cover" in message) == ("InvalidViewerCertificate", True)


def test_names_that_the_certificate_covers_are_accepted(cloudfront: Any, zone: str, certificate: str) -> None:
    assert zone
    made(cloudfront, named("covered", certificate, DOMAIN, f"www.{DOMAIN}", f"*.{DOMAIN}"))


def test_a_name_without_a_certificate_is_refused(cloudfront: Any) -> None:
    code, message = refused(cloudfront, config("bare", Aliases=some(DOMAIN)))
    assert (code, "attach a trusted certificate" in message) == ("InvalidViewerCertificate", True)


def test_a_certificate_counts_when_it_is_issued_and_in_us_east_1(
    shared_cloud: LocalCloud, cloudfront: Any, zone: str
) -> None:
    assert zone
    elsewhere = issued(shared_cloud, "eu-central-1", DOMAIN)
    acm = shared_cloud.client("acm", REGION)
    waiting = acm.request_certificate(DomainName="unproven.test", ValidationMethod="DNS")["CertificateArn"]
    for arn, name in ((elsewhere, DOMAIN), (waiting, "unproven.test")):
        code, message = refused(cloudfront, named("certificate", arn, name))
        assert (code, "isn't in us-east-1" in message) == ("InvalidViewerCertificate", True)


def test_a_name_belongs_to_one_distribution(cloudfront: Any, zone: str, certificate: str) -> None:
    assert zone
    first = made(cloudfront, named("first", certificate, DOMAIN))["Id"]
    code, _ = refused(cloudfront, named("second", certificate, DOMAIN.upper()))
    assert code == "CNAMEAlreadyExists"
    second = made(cloudfront, named("second", certificate, f"www.{DOMAIN}"))["Id"]
    taking = {"Aliases": some(DOMAIN)}
    assert code_of(change, cloudfront=cloudfront, identity=second, **taking) == "CNAMEAlreadyExists"
    change(cloudfront, first, Aliases=some(f"m.{DOMAIN}"))
    change(cloudfront, second, **taking)


def test_a_change_starts_from_the_latest_version(cloudfront: Any) -> None:
    identity = made(cloudfront, config("versions"))["Id"]
    first = cloudfront.get_distribution_config(Id=identity)
    change(cloudfront, identity, Comment="later")
    late = {"Id": identity, "DistributionConfig": first["DistributionConfig"]}
    assert code_of(cloudfront.update_distribution, **late, IfMatch=first["ETag"]) == "PreconditionFailed"
    assert code_of(cloudfront.update_distribution, **late) == "InvalidIfMatchVersion"
    assert code_of(change, cloudfront=cloudfront, identity=identity, CallerReference="other") == "IllegalUpdate"


def test_a_change_that_cloudfront_could_not_deploy_is_refused(cloudfront: Any) -> None:
    identity = made(cloudfront, config("unchanged"))["Id"]
    wrong = {"DefaultCacheBehavior": behavior("elsewhere", READING)}
    assert code_of(change, cloudfront=cloudfront, identity=identity, **wrong) == "NoSuchOrigin"


def test_a_distribution_is_disabled_before_it_goes_and_leaves_no_tags(
    shared_cloud: LocalCloud, cloudfront: Any
) -> None:
    wanted = {"DistributionConfig": config("goes"), "Tags": {"Items": [{"Key": "Name", "Value": "goes"}]}}
    reply = cloudfront.create_distribution_with_tags(DistributionConfigWithTags=wanted)
    identity = reply["Distribution"]["Id"]
    removal = {"Id": identity, "IfMatch": reply["ETag"]}
    assert code_of(cloudfront.delete_distribution, **removal) == "DistributionNotDisabled"
    remove(cloudfront, identity)
    assert code_of(cloudfront.get_distribution, Id=identity) == "NoSuchDistribution"
    tagging = shared_cloud.client("resourcegroupstaggingapi", REGION)
    assert tagging.get_resources(TagFilters=[{"Key": "Name", "Values": ["goes"]}])["ResourceTagMappingList"] == []


def test_a_web_acl_stays_before_its_distribution(shared_cloud: LocalCloud, cloudfront: Any) -> None:
    wafv2 = shared_cloud.client("wafv2", REGION)
    visible = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "requests"}
    acl = wafv2.create_web_acl(
        Name="front", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, Rules=[], VisibilityConfig=visible
    )["Summary"]
    reply = cloudfront.create_distribution(DistributionConfig=config("behind"))
    identity, absent = reply["Distribution"]["Id"], f"{acl['ARN'][:-36]}{NEVER}"
    behind = {"Id": identity, "IfMatch": reply["ETag"]}
    assert code_of(cloudfront.associate_distribution_web_acl, **behind, WebACLArn=absent) == "InvalidArgument"
    cloudfront.associate_distribution_web_acl(**behind, WebACLArn=acl["ARN"])
    removal = {"Name": "front", "Scope": "CLOUDFRONT", "Id": acl["Id"], "LockToken": acl["LockToken"]}
    assert code_of(wafv2.delete_web_acl, **removal) == "WAFAssociatedItemException"
    remove(cloudfront, identity)
    wafv2.delete_web_acl(**removal)


def test_an_access_control_stays_while_a_distribution_asks_with_it(cloudfront: Any) -> None:
    wanted = {"Name": "buckets", "OriginAccessControlOriginType": "s3"}
    reply = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={**wanted, "SigningBehavior": "always", "SigningProtocol": "sigv4"}
    )
    identity = reply["OriginAccessControl"]["Id"]
    origin = bucket_origin("signed", OriginAccessControlId=identity)
    distribution = made(cloudfront, config("signed", Origins=some(app_origin(), origin)))["Id"]
    removal = {"Id": identity, "IfMatch": reply["ETag"]}
    assert code_of(cloudfront.delete_origin_access_control, **removal) == "OriginAccessControlInUse"
    remove(cloudfront, distribution)
    assert code_of(cloudfront.delete_origin_access_control, Id=identity) == "InvalidIfMatchVersion"
    cloudfront.delete_origin_access_control(**removal)


def test_a_headers_policy_says_what_it_was_told_and_stays_while_it_is_used(cloudfront: Any) -> None:
    wanted = {
        "Name": "secure",
        "Comment": "",
        "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
    }
    reply = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=wanted)
    identity = reply["ResponseHeadersPolicy"]["Id"]
    assert reply["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"] == wanted
    read = cloudfront.get_response_headers_policy(Id=identity)["ResponseHeadersPolicy"]
    assert read["ResponseHeadersPolicyConfig"] == wanted
    using = behavior("app", READING, ResponseHeadersPolicyId=identity)
    distribution = made(cloudfront, config("headers", DefaultCacheBehavior=using))["Id"]
    removal = {"Id": identity, "IfMatch": reply["ETag"]}
    assert code_of(cloudfront.delete_response_headers_policy, **removal) == "ResponseHeadersPolicyInUse"
    remove(cloudfront, distribution)
    cloudfront.delete_response_headers_policy(**removal)


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
