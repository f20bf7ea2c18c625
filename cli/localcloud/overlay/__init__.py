"""Where the local cloud is made as strict as AWS, and taught what ministack lacks.

Each module here but this one is the overlay of one service: it makes ``overlay = Overlay("<service>")`` and
registers a handler for each operation it wants to answer or to check:

    @overlay.on("CreateVpc")
    async def create_vpc(request: Request, forward: Forward) -> Response:
        '''What AWS does here. Source: docs.aws.amazon.com/...'''
        if not request.form.get("CidrBlock"):
            return refuse(request, "MissingParameter", "The request must contain the parameter cidrBlock")
        return await forward(request)

``forward`` hands the request on to ministack (or, for a service that ministack lacks, refuses). Handlers run on
the event loop between two checkpoints: they may read and change ministack's stores, which are scoped to the
request's account and region. State of an overlay's own goes in ``AccountScopedDict`` or ``AccountRegionScopedDict``
globals, which the checkpoint finds by their type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules

from localcloud.message import Forward, Handler, Request, Response


class Overlay:
    """The handlers laid over one service, by operation."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._handlers: dict[str, Handler] = {}

    def on(self, *operations: str) -> Callable[[Handler], Handler]:
        """Register a handler for these operations; a second one for the same operation is a mistake."""

        def register(handler: Handler) -> Handler:
            for operation in operations:
                if operation in self._handlers:
                    raise ValueError(f"{self.service}.{operation} already has a handler")
                self._handlers[operation] = handler
            return handler

        return register

    @property
    def operations(self) -> frozenset[str]:
        """The operations with a handler here."""
        return frozenset(self._handlers)

    async def handle(self, request: Request, forward: Forward) -> Response:
        """Answer with the operation's handler, or forward where it has none."""
        handler = self._handlers.get(request.operation)
        return await (handler(request, forward) if handler else forward(request))


def load_overlays() -> Mapping[str, Overlay]:
    """Import every overlay module and return the overlays by service.

    Imports ministack, whose environment must be set by then.
    """
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    overlays: dict[str, Overlay] = {module.overlay.service: module.overlay for module in modules}
    return overlays
