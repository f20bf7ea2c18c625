"""Client tokens: a request that is sent again, because its reply was lost, makes nothing twice."""

from __future__ import annotations

from functools import wraps

from ministack.core.responses import AccountRegionScopedDict

from localcloud.message import Forward, Handler, Request, Response
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse

# "<operation>/<token>" -> (the request's parameters, then status, headers and body of its reply)
replies = AccountRegionScopedDict()
_KEPT = 500


def idempotent(handler: Handler) -> Handler:
    """Answer a repeated request with its first reply; refuse one that has the token of another.

    Source: docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    """

    @wraps(handler)
    async def handle_once(request: Request, forward: Forward) -> Response:
        token = request.form.get("ClientToken")
        if not token:
            return await handler(request, forward)
        key = f"{request.operation}/{token}"
        if earlier := replies.get(key):
            form, status, headers, body = earlier
            if form == dict(request.form):
                return Response(status, headers, body)
            message = "The request uses the same client token as a previous, but non-identical request."
            return refuse(request, "IdempotentParameterMismatch", message)
        reply = await handler(request, forward)
        if reply.status == 200:
            _remember(key, request, reply)
        return reply

    return handle_once


def _remember(key: str, request: Request, reply: Response) -> None:
    if len(replies) >= _KEPT:
        del replies[next(iter(replies))]
    replies[key] = (dict(request.form), reply.status, dict(reply.headers), reply.body)


@overlay.on("CreateRouteTable", "CreateVpcEndpoint")
@idempotent
async def create_once(request: Request, forward: Forward) -> Response:
    """Creations that ministack answers well but for the token."""
    return await forward(request)
