"""Certificates that stand: what is told of them, who uses them, and their end."""

# ruff: noqa: SLF001 - ministack's stores have no public door

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import acm, alb, cloudfront

from localcloud.answer import answer
from localcloud.limits import limit_fault
from localcloud.message import Forward, Request, Response
from localcloud.overlay.acm.service import Certificate, certificates, overlay
from localcloud.overlay.acm.validation import settle
from localcloud.question import asked
from localcloud.refusal import refuse

_DEFAULT_PAGE = 1000
# What a list holds unless other kinds are asked for.
# Source: docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html (keyTypes)
_LISTED_KEYS = ("RSA_1024", "RSA_2048")


@overlay.on("DescribeCertificate")
async def describe_certificate(request: Request, forward: Forward) -> Response:
    """A certificate, with the records that validate it, and with its users.

    Source: docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html.
    """
    certificate = _find(request)
    if certificate is None:
        return await forward(request)
    settle(certificate)
    users = list(_users(certificate["CertificateArn"]))
    is_renewed = bool(users) and certificate["Status"] == "ISSUED" and certificate["Type"] == "AMAZON_ISSUED"
    detail = {
        **_known(certificate, _DETAIL),
        "InUseBy": users,
        "KeyAlgorithm": certificate.get("KeyAlgorithm", "RSA_2048"),
        "RenewalEligibility": "ELIGIBLE" if is_renewed else "INELIGIBLE",
        "SignatureAlgorithm": "SHA256WITHRSA",
        "Subject": f"CN={certificate['DomainName']}",
    }
    if certificate["Status"] == "ISSUED":
        detail["Issuer"] = "Amazon"
    return answer(request, {"Certificate": detail})


_DETAIL = (
    "CertificateArn", "CreatedAt", "DomainName", "DomainValidationOptions", "FailureReason", "IssuedAt", "NotAfter",
    "NotBefore", "Options", "Status", "SubjectAlternativeNames", "Type",
)  # fmt: skip
_SUMMARY = ("CertificateArn", "CreatedAt", "DomainName", "IssuedAt", "NotAfter", "NotBefore", "Status", "Type")


@overlay.on("ListCertificates")
async def list_certificates(request: Request, _: Forward) -> Response:
    """Certificates by status and kind of key, a page at a time.

    Source: docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html.
    """
    wanted = asked(request)
    if fault := limit_fault(request, wanted):
        return refuse(request, "ValidationException", fault)
    for certificate in certificates.values():
        settle(certificate)
    keys = wanted.get("Includes", {}).get("keyTypes") or _LISTED_KEYS
    found = [
        _summary(certificate)
        for _, certificate in sorted(certificates.items())
        if certificate.get("KeyAlgorithm", "RSA_2048") in keys
        and certificate["Status"] in wanted.get("CertificateStatuses", (certificate["Status"],))
    ]
    start = int(wanted.get("NextToken", "0")) if wanted.get("NextToken", "0").isdigit() else 0
    end = start + wanted.get("MaxItems", _DEFAULT_PAGE)
    rest = {"NextToken": str(end)} if end < len(found) else {}
    return answer(request, {"CertificateSummaryList": found[start:end], **rest})


@overlay.on("GetCertificate")
async def get_certificate(request: Request, forward: Forward) -> Response:
    """There is nothing to give before the certificate is issued.

    Source: docs.aws.amazon.com/acm/latest/APIReference/API_GetCertificate.html (RequestInProgressException).
    """
    certificate = _find(request)
    if certificate is not None:
        settle(certificate)
    if certificate is not None and certificate["Status"] == "PENDING_VALIDATION":
        message = "The certificate request is in process and the certificate in your account has not yet been issued."
        return refuse(request, "RequestInProgressException", message)
    return await forward(request)


@overlay.on("DeleteCertificate")
async def delete_certificate(request: Request, forward: Forward) -> Response:
    """What a load balancer or a distribution uses stays.

    Source: docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html (ResourceInUseException).
    """
    certificate = _find(request)
    if certificate is not None and any(_users(certificate["CertificateArn"])):
        message = f"Certificate {certificate['CertificateArn']} in account {request.account} is in use."
        return refuse(request, "ResourceInUseException", message)
    return await forward(request)


def _find(request: Request) -> Certificate | None:
    found: Certificate | None = certificates.get(request.json.get("CertificateArn", ""))
    return found


def _known(certificate: Certificate, fields: tuple[str, ...]) -> dict[str, Any]:
    known: dict[str, Any] = {field: certificate[field] for field in fields if field in certificate}
    return known | {field: _seconds(known[field]) for field in known if field.endswith(("At", "Before", "After"))}


def _seconds(moment: Any) -> float:
    seconds: float = acm._epoch(moment)
    return seconds


def _summary(certificate: Certificate) -> Mapping[str, Any]:
    names = certificate["SubjectAlternativeNames"]
    return {
        **_known(certificate, _SUMMARY),
        "HasAdditionalSubjectAlternativeNames": False,
        "InUse": any(_users(certificate["CertificateArn"])),
        "KeyAlgorithm": certificate.get("KeyAlgorithm", "RSA_2048"),
        "SubjectAlternativeNameSummaries": names,
    }


def _users(arn: str) -> Iterator[str]:
    """The ARNs of the load balancers and distributions that answer with a certificate."""
    balancers = {
        listener["LoadBalancerArn"] for listener in alb._listeners.values() if arn in listener.get("Certificates", ())
    }
    yield from sorted(balancers)
    for distribution in cloudfront._distributions.values():
        if arn in distribution["config_xml"]:
            yield distribution["ARN"]
