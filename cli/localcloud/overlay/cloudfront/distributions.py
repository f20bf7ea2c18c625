"""Distributions: what AWS would deploy. That one is disabled before it goes, ministack checks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from xml.etree.ElementTree import Element

from ministack.services.cloudfront import _distributions as distributions
from ministack.services.waf import _web_acls as web_acls

from localcloud.message import Forward, Request, Response
from localcloud.overlay.cloudfront.behaviors import behavior_faults, origin_faults
from localcloud.overlay.cloudfront.certificates import HOME_REGION, name_faults
from localcloud.overlay.cloudfront.service import Fault, overlay, text_at
from localcloud.refusal import refuse


@overlay.on("CreateDistribution", "CreateDistributionWithTags")
async def create_distribution(request: Request, forward: Forward) -> Response:
    """A caller's reference makes one distribution only.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html (CallerReference:
    DistributionAlreadyExists) and API_CreateDistribution.html.
    """
    config = _config(request)
    if config is None:
        return await forward(request)
    reference = text_at(config, "CallerReference")
    twin = next((each["Id"] for each in distributions.values() if each["CallerReference"] == reference), None)
    if twin is not None:
        message = (
            "The caller reference that you are using to create a distribution is associated with another distribution. "
            f"Already exists: {twin}"
        )
        return refuse(request, "DistributionAlreadyExists", message, status=409)
    return await _keep(request, forward, _faults(config, request.account, None))


@overlay.on("UpdateDistribution")
async def update_distribution(request: Request, forward: Forward) -> Response:
    """A distribution keeps its reference; a change must start from its latest version, which ministack checks.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html (IllegalUpdate, If-Match).
    """
    config, distribution = _config(request), distributions.get(_id(request.path, -2))
    if config is None or distribution is None or request.headers.get("if-match") != distribution["ETag"]:
        return await forward(request)
    if text_at(config, "CallerReference") != distribution["CallerReference"]:
        message = "The update contains modifications that are not allowed: CallerReference."
        return refuse(request, "IllegalUpdate", message)
    return await _keep(request, forward, _faults(config, request.account, distribution["Id"]))


@overlay.on("AssociateDistributionWebACL")
async def associate_web_acl(request: Request, forward: Forward) -> Response:
    """A web ACL must be one of the account's for CloudFront.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_AssociateDistributionWebACL.html.
    """
    arn = text_at(request.xml, "WebACLArn") if request.xml is not None else ""
    if fault := next(_web_acl_faults(arn, request.account), None):
        return refuse(request, "InvalidArgument", fault.message)
    return await forward(request)


async def _keep(request: Request, forward: Forward, faults: Iterator[Fault]) -> Response:
    fault = next(faults, None)
    return refuse(request, *fault) if fault else await forward(request)


def _faults(config: Element, account: str, own_id: str | None) -> Iterator[Fault]:
    return chain(
        origin_faults(config),
        behavior_faults(config),
        name_faults(config, account, own_id),
        _web_acl_faults(text_at(config, "WebACLId"), account),
    )


def _web_acl_faults(arn: str, account: str) -> Iterator[Fault]:
    """Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html (WebACLId)."""
    known = {acl["ARN"] for acl in web_acls.values_scoped(account, HOME_REGION) if acl["Scope"] == "CLOUDFRONT"}
    if arn and arn not in known:
        yield Fault("InvalidWebACLId", "Web ACL is not accessible by the requester.")


def _config(request: Request) -> Element | None:
    root = request.xml
    if root is None or root.tag.endswith("DistributionConfig"):
        return root
    return root.find("{*}DistributionConfig")


def _id(path: str, position: int) -> str:
    return path.rstrip("/").split("/")[position]
