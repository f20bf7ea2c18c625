"""Origins, groups of them, and the behaviors that send requests to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element

from ministack.services.cloudfront import _MANAGED_CACHE_POLICIES as MANAGED_CACHE_POLICIES
from ministack.services.cloudfront import _MANAGED_ORIGIN_REQUEST_POLICIES as MANAGED_ORIGIN_REQUEST_POLICIES
from ministack.services.cloudfront import _MANAGED_RESPONSE_HEADERS_POLICIES as MANAGED_RESPONSE_HEADERS_POLICIES
from ministack.services.cloudfront import _cache_policies as cache_policies
from ministack.services.cloudfront import _oacs as access_controls
from ministack.services.cloudfront import _origin_request_policies as origin_request_policies
from ministack.services.cloudfront import _response_headers_policies as response_headers_policies

from localcloud.overlay.cloudfront.service import Fault, all_at, text_at, texts_at

_S3 = re.compile(r"[a-z0-9][a-z0-9.-]+\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
_MOST_ORIGINS, _MOST_GROUPS = 25, 10
# Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_AllowedMethods.html and API_CachedMethods.html.
_READING = frozenset({"GET", "HEAD"})
_ASKING = _READING | {"OPTIONS"}
_ALLOWED = (_READING, _ASKING, _ASKING | {"DELETE", "PATCH", "POST", "PUT"})
# Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html.
_FAILOVER_CODES = frozenset({"400", "403", "404", "416", "429", "500", "502", "503", "504"})
_POLICIES = (
    ("CachePolicyId", "NoSuchCachePolicy", "cache policy", cache_policies, MANAGED_CACHE_POLICIES),
    (
        "OriginRequestPolicyId",
        "NoSuchOriginRequestPolicy",
        "origin request policy",
        origin_request_policies,
        MANAGED_ORIGIN_REQUEST_POLICIES,
    ),
    (
        "ResponseHeadersPolicyId",
        "NoSuchResponseHeadersPolicy",
        "response headers policy",
        response_headers_policies,
        MANAGED_RESPONSE_HEADERS_POLICIES,
    ),
)


def origin_faults(config: Element) -> Iterator[Fault]:
    """Origins have ids of their own and a place that fits their kind; a group names two of them.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html, API_OriginGroup.html; quotas:
    docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html.
    """
    origins, groups = all_at(config, "Origins/Items/Origin"), all_at(config, "OriginGroups/Items/OriginGroup")
    ids = [text_at(origin, "Id") for origin in origins]
    if len(origins) > _MOST_ORIGINS:
        yield Fault("TooManyOrigins", f"Your request contains more than {_MOST_ORIGINS} origins.")
    if len(groups) > _MOST_GROUPS:
        message = f"Your request contains more than {_MOST_GROUPS} origin groups."
        yield Fault("TooManyOriginGroupsPerDistribution", message)
    if len({*ids, *(text_at(group, "Id") for group in groups)}) < len(origins) + len(groups):
        yield Fault("InvalidArgument", "The ids of origins and origin groups must be unique.")
    for origin in origins:
        yield from _origin_faults(origin)
    for group in groups:
        yield from _group_faults(group, ids)


def _origin_faults(origin: Element) -> Iterator[Fault]:
    identity, domain_name = text_at(origin, "OriginAccessControlId"), text_at(origin, "DomainName")
    if origin.find("{*}S3OriginConfig") is not None and not _S3.fullmatch(domain_name):
        yield Fault("InvalidArgument", "The parameter Origin DomainName does not refer to a valid S3 bucket.")
    if identity:
        yield from _access_faults(origin, identity, domain_name)
    if not 1 <= int(text_at(origin, "ConnectionAttempts") or 3) <= 3:
        yield Fault("InvalidArgument", "The parameter ConnectionAttempts must be between 1 and 3.")
    if not 1 <= int(text_at(origin, "ConnectionTimeout") or 10) <= 10:
        yield Fault("InvalidArgument", "The parameter ConnectionTimeout must be between 1 and 10.")
    if not 1 <= int(text_at(origin, "CustomOriginConfig/OriginReadTimeout") or 30) <= 120:
        yield Fault("InvalidOriginReadTimeout", "The origin read timeout must be between 1 and 120 seconds.")
    if not 1 <= int(text_at(origin, "CustomOriginConfig/OriginKeepaliveTimeout") or 5) <= 120:
        yield Fault("InvalidOriginKeepaliveTimeout", "The origin keep-alive timeout must be between 1 and 120 seconds.")


def _access_faults(origin: Element, identity: str, domain_name: str) -> Iterator[Fault]:
    access = access_controls.get(identity)
    if access is None:
        yield Fault("InvalidOriginAccessControl", "The origin access control is not valid.")
    elif access["OriginAccessControlOriginType"] == "s3" and not _S3.fullmatch(domain_name):
        message = "An origin access control is associated with an origin whose domain name is not supported."
        yield Fault("InvalidDomainNameForOriginAccessControl", message)
    if text_at(origin, "S3OriginConfig/OriginAccessIdentity"):
        message = "An origin cannot contain both an origin access control (OAC) and an origin access identity (OAI)."
        yield Fault("IllegalOriginAccessConfiguration", message)


def _group_faults(group: Element, ids: Collection[str]) -> Iterator[Fault]:
    members = texts_at(group, "Members/Items/OriginGroupMember/OriginId")
    codes = texts_at(group, "FailoverCriteria/StatusCodes/Items/StatusCode")
    if not set(members) <= set(ids):
        yield _no_such_origin()
    if len(set(members)) != 2 or len(members) != 2:
        yield Fault("InvalidArgument", "An origin group must have two members, which are different origins.")
    if not codes or not set(codes) <= _FAILOVER_CODES:
        yield Fault("InvalidArgument", "The parameter StatusCodes of FailoverCriteria contains an invalid status code.")


def behavior_faults(config: Element) -> Iterator[Fault]:
    """A behavior sends to an origin or group that is there, with policies that are there; a group takes no writes.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_CacheBehavior.html; the message on groups is AWS's:
    github.com/aws/aws-cdk/issues/32450.
    """
    groups = texts_at(config, "OriginGroups/Items/OriginGroup/Id")
    targets = {*texts_at(config, "Origins/Items/Origin/Id"), *groups}
    ordered = all_at(config, "CacheBehaviors/Items/CacheBehavior")
    patterns = [text_at(behavior, "PathPattern") for behavior in ordered]
    if len(set(patterns)) < len(patterns):
        yield Fault("InvalidArgument", "The parameter PathPattern contains duplicates.")
    for behavior in (*all_at(config, "DefaultCacheBehavior"), *ordered):
        if text_at(behavior, "TargetOriginId") not in targets:
            yield _no_such_origin()
        yield from _method_faults(behavior, goes_to_group=text_at(behavior, "TargetOriginId") in groups)
        yield from _policy_faults(behavior)


def _method_faults(behavior: Element, *, goes_to_group: bool) -> Iterator[Fault]:
    allowed = frozenset(texts_at(behavior, "AllowedMethods/Items/Method") or _READING)
    cached = frozenset(texts_at(behavior, "AllowedMethods/CachedMethods/Items/Method") or _READING)
    if allowed not in _ALLOWED:
        yield Fault("InvalidArgument", "The parameter AllowedMethods is none of the three sets of methods.")
    if cached not in (_READING, _ASKING) or not cached <= allowed:
        yield Fault("InvalidArgument", "The parameter CachedMethods must be GET and HEAD, with OPTIONS where allowed.")
    if goes_to_group and not allowed <= _ASKING:
        message = (
            "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior associated "
            "with an origin group."
        )
        yield Fault("InvalidArgument", message)


def _policy_faults(behavior: Element) -> Iterator[Fault]:
    for name, code, label, own, managed in _POLICIES:
        identity = text_at(behavior, name)
        if identity and identity not in own and identity not in managed:
            yield Fault(code, f"The {label} does not exist.", 404)
    if not text_at(behavior, "CachePolicyId") and behavior.find("{*}ForwardedValues") is None:
        yield Fault("InvalidArgument", "The parameter ForwardedValues is required.")


def _no_such_origin() -> Fault:
    return Fault("NoSuchOrigin", "One or more of your origins or origin groups do not exist.", 404)
