"""A certificate of the local cloud is issued when DNS proves the domain, and stays while somebody uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

REGION, OTHER, EDGE = "eu-central-1", "eu-west-1", "us-east-1"


@pytest.fixture(scope="module")
def acm(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("acm", REGION)


def make_zone(cloud: LocalCloud, domain: str) -> str:
    zone: str = cloud.client("route53", EDGE).create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"][
        "Id"
    ]
    return zone.rpartition("/")[2]


def put_record(cloud: LocalCloud, zone: str, name: str, kind: str, value: str) -> None:
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    cloud.client("route53", EDGE).change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)


def ask_for(acm: Any, domain: str, **more: Any) -> str:
    wanted = {"DomainName": domain, "ValidationMethod": "DNS", "SubjectAlternativeNames": [f"*.{domain}"]}
    arn: str = acm.request_certificate(**wanted | more)["CertificateArn"]
    return arn


def describe(acm: Any, arn: str) -> Mapping[str, Any]:
    detail: Mapping[str, Any] = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    return detail


def record_of(acm: Any, arn: str) -> Mapping[str, str]:
    """The one record that validates a domain and its wildcard."""
    options = describe(acm, arn)["DomainValidationOptions"]
    records: list[Mapping[str, str]] = [option["ResourceRecord"] for option in options]
    assert all(record == records[0] for record in records)
    return records[0]


def test_a_certificate_waits_for_its_record_and_is_issued_with_it(shared_cloud: LocalCloud, acm: Any) -> None:
    zone = make_zone(shared_cloud, "waits.test")
    arn = ask_for(acm, "waits.test")
    waiting = describe(acm, arn)
    assert (waiting["Status"], waiting["Type"]) == ("PENDING_VALIDATION", "AMAZON_ISSUED")
    assert waiting.keys().isdisjoint({"IssuedAt", "NotBefore", "NotAfter", "Issuer"})
    assert [option["DomainName"] for option in waiting["DomainValidationOptions"]] == ["waits.test", "*.waits.test"]
    assert {option["ValidationStatus"] for option in waiting["DomainValidationOptions"]} == {"PENDING_VALIDATION"}

    record = record_of(acm, arn)
    assert record["Name"].endswith(".waits.test.")
    assert record["Value"].endswith(".acm-validations.aws.")
    put_record(shared_cloud, zone, record["Name"], "CNAME", record["Value"])
    issued = describe(acm, arn)
    assert issued["Status"] == "ISSUED"
    assert {option["ValidationStatus"] for option in issued["DomainValidationOptions"]} == {"SUCCESS"}
    assert (issued["NotAfter"] - issued["NotBefore"]).days == 395
    assert describe(acm, arn) == issued  # and stays as it is


def test_a_record_with_another_value_proves_nothing(shared_cloud: LocalCloud, acm: Any) -> None:
    zone, arn = make_zone(shared_cloud, "wrong.test"), ask_for(acm, "wrong.test")
    put_record(shared_cloud, zone, record_of(acm, arn)["Name"], "CNAME", "_other.acm-validations.aws.")
    assert describe(acm, arn)["Status"] == "PENDING_VALIDATION"


def test_one_record_is_for_all_regions_of_an_account(shared_cloud: LocalCloud, acm: Any) -> None:
    zone = make_zone(shared_cloud, "regions.test")
    clients = [acm, shared_cloud.client("acm", OTHER), shared_cloud.client("acm", EDGE)]
    arns = [ask_for(client, "regions.test") for client in clients]
    records = [record_of(client, arn) for client, arn in zip(clients, arns, strict=True)]
    assert all(record == records[0] for record in records)
    put_record(shared_cloud, zone, records[0]["Name"], "CNAME", records[0]["Value"])
    states = {describe(client, arn)["Status"] for client, arn in zip(clients, arns, strict=True)}
    assert states == {"ISSUED"}


def test_a_certificate_whose_record_stands_already_is_issued_at_once(shared_cloud: LocalCloud, acm: Any) -> None:
    zone, first = make_zone(shared_cloud, "again.test"), ask_for(acm, "again.test")
    put_record(shared_cloud, zone, record_of(acm, first)["Name"], "CNAME", record_of(acm, first)["Value"])
    acm.delete_certificate(CertificateArn=first)
    assert describe(acm, ask_for(acm, "again.test"))["Status"] == "ISSUED"


def test_another_domain_has_another_record(acm: Any) -> None:
    assert record_of(acm, ask_for(acm, "one.test"))["Value"] != record_of(acm, ask_for(acm, "two.test"))["Value"]


@pytest.mark.parametrize(
    ("authority", "status"), [('0 issue "letsencrypt.org"', "FAILED"), ('0 issue "amazon.com"', "ISSUED")]
)
def test_dns_says_who_may_issue(shared_cloud: LocalCloud, acm: Any, authority: str, status: str) -> None:
    domain = f"caa-{status.lower()}.test"
    zone, arn = make_zone(shared_cloud, domain), ask_for(acm, f"shop.{domain}")
    put_record(shared_cloud, zone, domain, "CAA", authority)
    put_record(shared_cloud, zone, record_of(acm, arn)["Name"], "CNAME", record_of(acm, arn)["Value"])
    detail = describe(acm, arn)
    assert detail["Status"] == status
    assert detail.get("FailureReason") == ("CAA_ERROR" if status == "FAILED" else None)


def test_the_same_token_asks_for_the_same_certificate(acm: Any) -> None:
    first = ask_for(acm, "token.test", IdempotencyToken="once")
    assert ask_for(acm, "token.test", IdempotencyToken="once") == first
    assert ask_for(acm, "token.test", IdempotencyToken="twice") != first


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"DomainName": "no domain"}, "ValidationException"),
        ({"DomainName": f"{'a' * 60}.test"}, "InvalidDomainValidationOptionsException"),
        ({"SubjectAlternativeNames": [f"{number}.limit.test" for number in range(10)]}, "LimitExceededException"),
        ({"KeyAlgorithm": "RSA_4096"}, "InvalidParameterException"),
    ],
    ids=["no domain", "too long", "too many names", "a key that ACM does not make"],
)
def test_a_request_that_acm_does_not_take_is_refused(acm: Any, wanted: dict[str, Any], code: str) -> None:
    asked = {"DomainName": "limit.test", "ValidationMethod": "DNS", **wanted}
    assert code_of(acm.request_certificate, **asked) == code


def test_certificates_are_listed_by_status_and_key(shared_cloud: LocalCloud) -> None:
    acm = shared_cloud.client("acm", "eu-west-3")
    zone, issued = make_zone(shared_cloud, "listed.test"), ask_for(acm, "listed.test")
    waiting, elliptic = ask_for(acm, "other.test"), ask_for(acm, "ec.test", KeyAlgorithm="EC_prime256v1")
    put_record(shared_cloud, zone, record_of(acm, issued)["Name"], "CNAME", record_of(acm, issued)["Value"])

    def arns(**filters: Any) -> set[str]:
        return {one["CertificateArn"] for one in acm.list_certificates(**filters)["CertificateSummaryList"]}

    assert arns() == {issued, waiting}
    assert arns(CertificateStatuses=["ISSUED"]) == {issued}
    assert arns(Includes={"keyTypes": ["EC_prime256v1"]}) == {elliptic}
    assert len(arns(MaxItems=1)) == 1


def test_tags_come_with_the_request_and_change_later(acm: Any) -> None:
    arn = ask_for(acm, "tags.test", Tags=[{"Key": "Name", "Value": "shop"}])
    acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "Team", "Value": "shop"}])
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "Name"}])
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "Team", "Value": "shop"}]


def test_there_is_nothing_to_get_before_it_is_issued(acm: Any) -> None:
    assert code_of(acm.get_certificate, CertificateArn=ask_for(acm, "early.test")) == "RequestInProgressException"


def test_a_certificate_that_a_load_balancer_uses_stays(shared_cloud: LocalCloud, acm: Any) -> None:
    arn = issue(shared_cloud, acm, "balancer.test")
    elb, ec2 = shared_cloud.client("elbv2", REGION), shared_cloud.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    balancer = elb.create_load_balancer(Name="users", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}
    listener = elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": arn}],
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06", DefaultActions=[fixed],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    assert describe(acm, arn)["InUseBy"] == [balancer]
    code, message = refusal(acm.delete_certificate, CertificateArn=arn)
    assert (code, message) == ("ResourceInUseException", f"Certificate {arn} in account 000000000000 is in use.")
    elb.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)
    assert code_of(acm.describe_certificate, CertificateArn=arn) == "ResourceNotFoundException"


def test_a_certificate_that_a_distribution_uses_stays(shared_cloud: LocalCloud) -> None:
    acm, cloudfront = shared_cloud.client("acm", EDGE), shared_cloud.client("cloudfront", EDGE)
    arn = issue(shared_cloud, acm, "edge.test")
    origin = {"Id": "app", "DomainName": "origin.edge.test", "CustomOriginConfig": {
        "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
        "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}}}  # fmt: skip
    behavior = {"TargetOriginId": "app", "ViewerProtocolPolicy": "https-only",
                "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}  # fmt: skip
    viewer = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
    config: Any = {"CallerReference": "acm", "Comment": "", "Enabled": False, "DefaultCacheBehavior": behavior,
                   "Origins": {"Quantity": 1, "Items": [origin]}, "ViewerCertificate": viewer}  # fmt: skip
    distribution = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["ARN"]
    assert describe(acm, arn)["InUseBy"] == [distribution]
    assert code_of(acm.delete_certificate, CertificateArn=arn) == "ResourceInUseException"


def issue(cloud: LocalCloud, acm: Any, domain: str) -> str:
    zone, arn = make_zone(cloud, domain), ask_for(acm, domain)
    put_record(cloud, zone, record_of(acm, arn)["Name"], "CNAME", record_of(acm, arn)["Value"])
    assert describe(acm, arn)["Status"] == "ISSUED"
    return arn


def test_a_waiting_certificate_waits_on_after_a_kill(server: Any) -> None:
    cloud = server.start()
    zone, arn = make_zone(cloud, "killed.test"), ask_for(cloud.client("acm", REGION), "killed.test")
    record = record_of(cloud.client("acm", REGION), arn)
    server.kill()
    cloud = server.start(port=int(cloud.endpoint.rpartition(":")[2]))
    acm = cloud.client("acm", REGION)
    assert record_of(acm, arn) == record
    assert describe(acm, arn)["Status"] == "PENDING_VALIDATION"
    put_record(cloud, zone, record["Name"], "CNAME", record["Value"])
    assert describe(acm, arn)["Status"] == "ISSUED"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
