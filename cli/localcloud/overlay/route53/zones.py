"""Hosted zones: made once, and gone without a trace."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import fromstring

from ministack.services.route53 import _caller_refs as caller_references
from ministack.services.route53 import _tags as tags

from localcloud.message import Forward, Request, Response
from localcloud.overlay.route53.service import overlay, text_at
from localcloud.refusal import refuse


@overlay.on("CreateHostedZone")
async def create_hosted_zone(request: Request, forward: Forward) -> Response:
    """A caller's reference makes one zone only; the reply says where it is.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html (HostedZoneAlreadyExists,
    Location).
    """
    reference = text_at(request.xml, "CallerReference") if request.xml is not None else ""
    if reference in caller_references:
        message = f"A hosted zone has already been created with the specified caller reference: {reference}"
        return refuse(request, "HostedZoneAlreadyExists", message, status=409)
    reply = await forward(request)
    if reply.status >= 400:
        return reply
    path = text_at(fromstring(reply.body), "HostedZone/Id")  # noqa: S314 - the local cloud's own reply
    return replace(reply, headers={**reply.headers, "Location": f"https://route53.amazonaws.com/2013-04-01{path}"})


@overlay.on("DeleteHostedZone")
async def delete_hosted_zone(request: Request, forward: Forward) -> Response:
    """A zone takes its tags with it; that it must be empty, ministack checks.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html (HostedZoneNotEmpty).
    """
    reply = await forward(request)
    if reply.status == 200:
        tags.pop(("hostedzone", request.path.rstrip("/").rpartition("/")[2]), None)
    return reply
