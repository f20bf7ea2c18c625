"""What every noun of the WAF overlay starts from."""

from __future__ import annotations

from typing import Any

from ministack.services.waf import _web_acls as web_acls

from localcloud.limits import limit_fault
from localcloud.message import Request, Response
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("wafv2")

HOME_REGION = "us-east-1"
BAD_ARN = (
    "The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes."
)


def refuse_form(request: Request) -> Response | None:
    """Refuse what is out of the model's limits, and what is for CloudFront elsewhere than in us-east-1.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html (Scope).
    """
    if request.json.get("Scope") == "CLOUDFRONT" and request.region != HOME_REGION:
        return refuse_parameter(request, "The scope is not valid.", "SCOPE_VALUE", "CLOUDFRONT")
    if fault := limit_fault(request, request.json):
        return refuse(request, "WAFInvalidParameterException", fault)
    return None


def refuse_parameter(request: Request, reason: str, field: str, parameter: str) -> Response:
    """The error that names a field. Pure. Its form: docs.aws.amazon.com/waf/latest/APIReference/
    API_WAFInvalidParameterException.html."""
    message = f"Error reason: {reason}, field: {field}, parameter: {parameter}"
    return refuse(request, "WAFInvalidParameterException", message)


def refuse_absent(request: Request) -> Response:
    """The error for what isn't there. Pure."""
    message = "AWS WAF couldn’t perform the operation because your resource doesn’t exist."
    return refuse(request, "WAFNonexistentItemException", message)


def find_web_acl(request: Request, *, identity: str = "", arn: str = "") -> dict[str, Any] | None:
    """The web ACL with this id in the request's scope, or with this ARN."""
    is_global = ":global/" in arn or request.json.get("Scope") == "CLOUDFRONT"
    held = web_acls.values_scoped(request.account, HOME_REGION if is_global else request.region)
    return next((acl for acl in held if identity == acl["Id"] or arn == acl["ARN"]), None)
