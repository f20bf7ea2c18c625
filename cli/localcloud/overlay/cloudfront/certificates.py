"""The names that a distribution answers to, and the certificate that covers them.

Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-requirements and
cnames-and-https-requirements.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from ministack.services.acm import _certificates as certificates
from ministack.services.cloudfront import _distributions as distributions

from localcloud.overlay.acm import certificate_status
from localcloud.overlay.cloudfront.service import Fault, config_of, text_at, texts_at

HOME_REGION = "us-east-1"
_MOST_NAMES = 100


def name_faults(config: Element, account: str, own_id: str | None) -> Iterator[Fault]:
    """A name belongs to one distribution of all accounts, and the distribution's certificate covers it."""
    names = texts_at(config, "Aliases/Items/CNAME")
    if len(names) > _MOST_NAMES:
        yield Fault("TooManyDistributionCNAMEs", f"Your request contains more than {_MOST_NAMES} CNAMEs.")
    yield from _certificate_faults(names, text_at(config, "ViewerCertificate/ACMCertificateArn"), account)
    if {name.lower() for name in names} & _taken(own_id):
        message = "One or more of the CNAMEs you provided are already associated with a different resource."
        yield Fault("CNAMEAlreadyExists", message, 409)


def _certificate_faults(names: tuple[str, ...], arn: str, account: str) -> Iterator[Fault]:
    if not arn:
        if names:
            message = (
                "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
                "certificate that validates your authorization to use the domain name."
            )
            yield Fault("InvalidViewerCertificate", message)
        return
    certificate = certificates.get_scoped(account, HOME_REGION, arn)
    if certificate is None or certificate_status(arn) != "ISSUED":
        message = (
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a "
            "valid certificate chain."
        )
        yield Fault("InvalidViewerCertificate", message)
    elif not all(_covers(certificate, name.lower()) for name in names):
        message = (
            "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) "
            "that you're trying to add."
        )
        yield Fault("InvalidViewerCertificate", message)


def _covers(certificate: Mapping[str, Any], name: str) -> bool:
    """Whether a certificate is for a name; its wildcard stands for one label."""
    wildcard = "*." + name.partition(".")[2]
    covered = {certificate["DomainName"], *certificate.get("SubjectAlternativeNames", ())}
    return bool({name, wildcard} & {each.lower() for each in covered})


def _taken(own_id: str | None) -> set[str]:
    every = distributions._data.values()  # noqa: SLF001 - of all accounts
    return {
        name.lower()
        for distribution in every
        if distribution["Id"] != own_id
        for name in texts_at(config_of(distribution), "Aliases/Items/CNAME")
    }
