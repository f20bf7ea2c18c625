"""STS: who is calling."""

from __future__ import annotations

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("sts")


@overlay.on("GetCallerIdentity")
async def get_caller_identity(request: Request, forward: Forward) -> Response:
    """An unsigned request has no identity to tell.

    Source: docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html (MissingAuthenticationToken).
    """
    if not request.headers.get("authorization") and "X-Amz-Credential" not in request.query:
        return refuse(request, "MissingAuthenticationToken", "Request is missing Authentication Token", status=403)
    return await forward(request)
