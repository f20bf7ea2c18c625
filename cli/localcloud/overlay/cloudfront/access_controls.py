"""Origin access controls: one stays while a distribution asks with it."""

from __future__ import annotations

from localcloud.message import Forward, Request, Response
from localcloud.overlay.cloudfront.service import overlay, users_of
from localcloud.refusal import refuse


@overlay.on("DeleteOriginAccessControl")
async def delete_access_control(request: Request, forward: Forward) -> Response:
    """An access control that a distribution uses can't be deleted.

    Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_DeleteOriginAccessControl.html
    (OriginAccessControlInUse).
    """
    identity = request.path.rstrip("/").rpartition("/")[2]
    if users_of("Origins/Items/Origin/OriginAccessControlId", identity):
        message = "Cannot delete the origin access control because it's in use by one or more distributions."
        return refuse(request, "OriginAccessControlInUse", message, status=409)
    return await forward(request)
