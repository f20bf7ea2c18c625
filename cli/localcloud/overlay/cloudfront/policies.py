"""Policies: what one doesn't say, it isn't asked about; and one stays while a distribution goes by it."""

from __future__ import annotations

from ministack.services.cloudfront import _cache_policies as cache_policies
from ministack.services.cloudfront import _origin_request_policies as origin_request_policies
from ministack.services.cloudfront import _response_headers_policies as response_headers_policies

from localcloud.message import Forward, Request, Response
from localcloud.overlay.cloudfront.service import overlay, users_of
from localcloud.refusal import refuse

_EMPTY = tuple(
    f"<{name}><Quantity>0</Quantity></{name}>".encode() for name in ("CustomHeadersConfig", "RemoveHeadersConfig")
)
_KINDS = {
    "DeleteCachePolicy": ("CachePolicy", "cache policy", cache_policies),
    "DeleteOriginRequestPolicy": ("OriginRequestPolicy", "origin request policy", origin_request_policies),
    "DeleteResponseHeadersPolicy": ("ResponseHeadersPolicy", "response headers policy", response_headers_policies),
}


@overlay.on(
    "CreateResponseHeadersPolicy",
    "GetResponseHeadersPolicy",
    "GetResponseHeadersPolicyConfig",
    "ListResponseHeadersPolicies",
    "UpdateResponseHeadersPolicy",
)
async def describe_policy(request: Request, forward: Forward) -> Response:
    """A policy without headers of its own or headers to remove has no such sections.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_ResponseHeadersPolicyConfig.html; the provider
    takes a section that is there for one that somebody added
    (github.com/hashicorp/terraform-provider-aws, internal/service/cloudfront/response_headers_policy.go).
    """
    reply = await forward(request)
    body: bytes = reply.body
    for section in _EMPTY:
        body = body.replace(section, b"")
    return reply.with_body(body)


@overlay.on(*_KINDS)
async def delete_policy(request: Request, forward: Forward) -> Response:
    """A policy that a behavior names can't be deleted; that it is deleted from its latest version, ministack checks.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_DeleteResponseHeadersPolicy.html
    (ResponseHeadersPolicyInUse), API_DeleteCachePolicy.html, API_DeleteOriginRequestPolicy.html.
    """
    kind, label, held = _KINDS[request.operation]
    identity = request.path.rstrip("/").rpartition("/")[2]
    is_latest = held.get(identity, {}).get("ETag") == request.headers.get("if-match")
    behaviors = ("DefaultCacheBehavior", "CacheBehaviors/Items/CacheBehavior")
    if is_latest and any(users_of(f"{behavior}/{kind}Id", identity) for behavior in behaviors):
        message = f"The {label} cannot be deleted because it is attached to one or more cache behaviors."
        return refuse(request, f"{kind}InUse", message, status=409)
    return await forward(request)
