"""From the request of a certificate to its issue: the record that DNS has to show, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from localcloud.overlay.acm import dns
from localcloud.overlay.acm.service import Certificate, certificates

# docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html (Status): 72 hours
_PATIENCE_SECONDS = 72 * 3600
# docs.aws.amazon.com/acm/latest/userguide/acm-concepts.html: 395 days
_VALIDITY_SECONDS = 395 * 86400


def certificate_status(arn: str) -> str | None:
    """Where a certificate stands now, in whichever region: ``ISSUED``, ``PENDING_VALIDATION``, ...

    None when there is no such certificate.
    """
    _, _, _, region, account, _ = arn.split(":", 5)
    certificate = certificates.get_scoped(account, region, arn)
    if certificate is None:
        return None
    settle(certificate)
    return str(certificate["Status"])


def validation_record(account: str, domain: str) -> Mapping[str, str]:
    """The record that proves to ACM whose domain it is. Pure.

    It's the same for a domain and its wildcard, and in every region of an account: "the CNAME validation token
    works for any AWS Region" (docs.aws.amazon.com/acm/latest/userguide/dns-validation.html).
    """
    base = domain.removeprefix("*.").lower()
    token = sha256(f"{account} {base}".encode()).hexdigest()
    return {
        "Name": f"_{token[:32]}.{base}.",
        "Type": "CNAME",
        "Value": f"_{token[32:]}.{token[8:18]}.acm-validations.aws.",
    }


def settle(certificate: Certificate) -> None:
    """Issue a certificate whose records stand, fail one that DNS forbids, give up on one that waited too long."""
    if certificate["Status"] != "PENDING_VALIDATION":
        return
    for option in certificate["DomainValidationOptions"]:
        record = option.get("ResourceRecord")
        if record and dns.points_to(record["Name"], record["Value"]):
            option["ValidationStatus"] = "SUCCESS"
    proven = [option["ValidationStatus"] == "SUCCESS" for option in certificate["DomainValidationOptions"]]
    if all(proven):
        forbidden = [name for name in certificate["SubjectAlternativeNames"] if not dns.lets_amazon_issue(name)]
        certificate |= {"Status": "FAILED", "FailureReason": "CAA_ERROR"} if forbidden else _issued()
    elif time.time() - certificate["CreatedAt"] > _PATIENCE_SECONDS:
        certificate["Status"] = "VALIDATION_TIMED_OUT"


def _issued() -> Mapping[str, Any]:
    now = int(time.time())
    return {"Status": "ISSUED", "IssuedAt": now, "NotBefore": now, "NotAfter": now + _VALIDITY_SECONDS}
