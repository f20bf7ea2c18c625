"""Requests for certificates."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.limits import limit_fault
from localcloud.message import Forward, Request, Response
from localcloud.overlay.acm.service import Certificate, certificates, overlay
from localcloud.overlay.acm.validation import settle, validation_record
from localcloud.question import asked
from localcloud.refusal import refuse

_LONGEST_FIRST_NAME = 64
_MOST_NAMES = 10  # docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
_TOKEN_SECONDS = 3600
_MADE_BY_ACM = frozenset({"RSA_2048", "EC_prime256v1", "EC_secp384r1"})


@overlay.on("RequestCertificate")
async def request_certificate(request: Request, forward: Forward) -> Response:
    """A certificate waits for its validation; the same token within an hour asks for the same certificate.

    Source: docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html.
    """
    wanted = asked(request)
    if fault := limit_fault(request, wanted):
        return refuse(request, "ValidationException", fault)
    if refusal := next(_refusals(request, wanted), None):
        return refusal
    if known := _asked_before(wanted):
        return Response(200, _JSON, json.dumps({"CertificateArn": known["CertificateArn"]}).encode())
    response = await forward(request)
    if response.status == 200 and "CertificateAuthorityArn" not in wanted:
        certificate = certificates[json.loads(response.body)["CertificateArn"]]
        _await_validation(request, wanted, certificate)
        settle(certificate)  # where the record stands already, nobody has to wait
    return response


_JSON = {"Content-Type": "application/x-amz-json-1.1"}


def _refusals(request: Request, wanted: Mapping[str, Any]) -> Iterator[Response]:
    names = {wanted["DomainName"], *wanted.get("SubjectAlternativeNames", ())}
    if len(wanted["DomainName"]) > _LONGEST_FIRST_NAME:
        message = f"The first domain name can be no longer than {_LONGEST_FIRST_NAME} characters."
        yield refuse(request, "InvalidDomainValidationOptionsException", message)
    if len(names) > _MOST_NAMES:
        yield refuse(request, "LimitExceededException", f"Error: Domain quota of {_MOST_NAMES} exceeded.")
    if wanted.get("KeyAlgorithm", "RSA_2048") not in _MADE_BY_ACM and "CertificateAuthorityArn" not in wanted:
        message = f"{wanted['KeyAlgorithm']} is not a valid key algorithm for a public certificate."
        yield refuse(request, "InvalidParameterException", message)


def _asked_before(wanted: Mapping[str, Any]) -> Certificate | None:
    token, now = wanted.get("IdempotencyToken"), time.time()
    for certificate in certificates.values():
        if token and certificate.get("_token") == (token, wanted["DomainName"]):
            return certificate if now - certificate["CreatedAt"] < _TOKEN_SECONDS else None
    return None


def _await_validation(request: Request, wanted: Mapping[str, Any], certificate: Certificate) -> None:
    """Take back what ministack gives at once."""
    for field in ("IssuedAt", "NotBefore", "NotAfter"):
        certificate.pop(field, None)
    names = list(dict.fromkeys((wanted["DomainName"], *wanted.get("SubjectAlternativeNames", ()))))
    method = wanted.get("ValidationMethod", "EMAIL")
    certificate |= {
        "CreatedAt": int(time.time()),
        "DomainValidationOptions": [_option(request.account, name, method) for name in names],
        "KeyAlgorithm": wanted.get("KeyAlgorithm", "RSA_2048"),
        "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", **wanted.get("Options", {})},
        "Status": "PENDING_VALIDATION",
        "SubjectAlternativeNames": names,
        "_token": (wanted.get("IdempotencyToken"), wanted["DomainName"]),
    }


def _option(account: str, name: str, method: str) -> dict[str, Any]:
    option: dict[str, Any] = {"DomainName": name, "ValidationMethod": method, "ValidationStatus": "PENDING_VALIDATION"}
    base = name.removeprefix("*.")
    if method == "DNS":
        option["ResourceRecord"] = dict(validation_record(account, name))
    else:
        option |= {"ValidationDomain": base, "ValidationEmails": [f"{who}@{base}" for who in _READERS]}
    return option


# docs.aws.amazon.com/acm/latest/userguide/email-validation.html
_READERS = ("administrator", "hostmaster", "postmaster", "webmaster", "admin")
